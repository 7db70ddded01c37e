/**
 * What a message does: an effect or a recorded refusal, never an exception. One pure reducer for every verb, whatever
 * arrives: late, twice, malformed, misspelt, undecodable, for an earlier rollout. Sandbox-safe.
 */
import { SIGNATURE_LIMIT, STATEMENT_LIMIT } from './contract/decisions.js';
import { VERBS, type Verb } from './contract/messages.js';
import type { Plan } from './contract/plan.js';
import { answered, note } from './journal.js';
import { type Letter, type Refusal, refuse } from './letters.js';
import type { State } from './state.js';
import { act } from './verbs.js';

/** Refusals of one sender, and of everybody, that are still written down; further ones are only counted. */
const NOTED_PER_SENDER = 50;
const NOTED_IN_ALL = 500;
const SENDERS_COUNTED = 50;
const ID_LIMIT = 128;
const REASON_LIMIT = 1_000;

export interface Incoming {
  /** Signal name as it came. */
  name: string;
  payload: unknown;
}

/** Takes any signal. The same message id twice changes nothing but the count. */
export function receive(state: State, plan: Plan, incoming: Incoming, nowMs: number): State {
  const counted = { ...state, messages: state.messages + 1 };
  const messageId = idOf(incoming);
  const known = [...counted.answers, ...counted.unchecked];
  if (known.some((one) => one.messageId === messageId)) return counted;
  const letter = open(counted, plan, incoming, messageId);
  if ('code' in letter) return refused(counted, letter, messageId, senderOf(incoming.payload), incoming.name, nowMs);
  const outcome = act(counted, plan, letter, nowMs);
  if ('code' in outcome) return refused(counted, outcome, messageId, letter.by, letter.verb, nowMs);
  if (outcome.sentence === null) return outcome.state;
  const noted = note(outcome.state, nowMs, 'messageAccepted', details(letter), letter.by);
  return answered(noted, { messageId, state: 'accepted', code: 'accepted', sentence: outcome.sentence });
}

function details(letter: Letter): { [key: string]: string } {
  const { verb, messageId, reason, requestId } = letter;
  return { verb, messageId, reason, ...(requestId === undefined ? {} : { requestId }) };
}

function refused(state: State, why: Refusal, messageId: string, by: string, name: string, nowMs: number): State {
  // Senders choose their names: they are counted one by one only while they are few.
  const sender =
    Object.hasOwn(state.refused, by) || Object.keys(state.refused).length < SENDERS_COUNTED ? by : 'others';
  const times = (Object.hasOwn(state.refused, sender) ? (state.refused[sender] ?? 0) : 0) + 1;
  const counted = { ...state, refusals: state.refusals + 1, refused: { ...state.refused, [sender]: times } };
  if (times > NOTED_PER_SENDER || counted.refusals > NOTED_IN_ALL) return counted;
  if (why.code === 'duplicate' && counted.repeaters.includes(sender)) {
    return answered(counted, { messageId, state: 'refused', code: why.code, sentence: why.sentence });
  }
  const limited = times === NOTED_PER_SENDER;
  const code = limited ? 'rateLimited' : why.code;
  const sentence = limited ? `${why.sentence} Further refused messages of this sender are only counted.` : why.sentence;
  const repeaters = why.code === 'duplicate' ? [...counted.repeaters, sender] : counted.repeaters;
  const noted = note(
    { ...counted, repeaters },
    nowMs,
    'messageRefused',
    { verb: clip(name, 64), messageId, code, sentence },
    by,
  );
  return answered(noted, { messageId, state: 'refused', code, sentence });
}

function open(state: State, plan: Plan, incoming: Incoming, messageId: string): Letter | Refusal {
  const verb = VERBS.find((known) => known === incoming.name);
  if (!verb) {
    return refuse('unknownMessage', `There is no message "${clip(incoming.name, 64)}"; there are ${VERBS.join(', ')}.`);
  }
  const bare = incoming.payload === undefined || incoming.payload === null;
  if (!isPlain(incoming.payload) && !(bare && verb === 'rollback')) {
    return refuse(
      'undecodable',
      `The ${verb} message carries no readable object; send {version: 1, rolloutId, by, ...}.`,
    );
  }
  const fields = isPlain(incoming.payload) ? incoming.payload : {};
  if (fields['version'] !== undefined && fields['version'] !== 1) {
    return refuse('undecodable', 'The message has a version other than 1.');
  }
  const address = checkAddress(state, plan, verb, fields['rolloutId']);
  if (address) return address;
  const by = fields['by'];
  if ((typeof by !== 'string' || by === '') && verb !== 'rollback') {
    return refuse('byMissing', 'The message does not say who sent it; set "by".');
  }
  return {
    version: 1,
    verb,
    messageId,
    by: senderOf(fields),
    reason: typeof fields['reason'] === 'string' ? clip(fields['reason'], REASON_LIMIT) : '',
    ...(typeof fields['requestId'] === 'string' ? { requestId: clip(fields['requestId'], ID_LIMIT) } : {}),
    ...signedFields(fields),
    ...(typeof fields['rolloutId'] === 'string' ? { rolloutId: clip(fields['rolloutId'], ID_LIMIT) } : {}),
  };
}

/** Kept letter by letter: a signature covers every one of them. What is too long to be real is cut, and refused for it. */
function signedFields({ statement, signature }: Record<string, unknown>): Pick<Letter, 'statement' | 'signature'> {
  return {
    ...(typeof statement === 'string' ? { statement: statement.slice(0, STATEMENT_LIMIT + 1) } : {}),
    ...(typeof signature === 'string' ? { signature: signature.slice(0, SIGNATURE_LIMIT + 1) } : {}),
  };
}

/** A signal by workflow id alone reaches the successor of the rollout it was meant for; hence the id in each message. */
function checkAddress(state: State, plan: Plan, verb: Verb, rolloutId: unknown): Refusal | null {
  if (rolloutId === undefined || rolloutId === null || rolloutId === '') {
    if (lowers(state, plan, verb)) return null;
    return refuse('rolloutIdMissing', `Set rolloutId: "${state.rolloutId}"; only lowering exposure goes without.`);
  }
  return rolloutId === state.rolloutId ? null : wrongRollout(state);
}

function wrongRollout(state: State): Refusal {
  return refuse('wrongRollout', `This is rollout ${state.rolloutId}; the message was meant for another one.`);
}

function lowers(state: State, plan: Plan, verb: Verb): boolean {
  if (verb === 'rollback') return true;
  return verb === 'reject' && plan.stages[state.stageIndex]?.approval?.onReject === 'rollback';
}

function idOf(incoming: Incoming): string {
  const given = isPlain(incoming.payload) ? incoming.payload['messageId'] : undefined;
  if (typeof given === 'string' && given !== '' && given.length <= ID_LIMIT) return clip(given, ID_LIMIT);
  return `content-${hash(`${incoming.name} ${stable(incoming.payload)}`)}`;
}

function senderOf(payload: unknown): string {
  const by = isPlain(payload) ? payload['by'] : undefined;
  return typeof by === 'string' && by !== '' ? clip(by, 64) : 'unknown';
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('undecodable' in value);
}

/** No control or bidirectional characters reach journal, details or terminal. */
function clip(text: string, limit: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '?');
  return plain.length > limit ? `${plain.slice(0, limit - 1)}…` : plain;
}

function stable(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      isPlain(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    );
    return (text ?? 'undefined').slice(0, 10_000);
  } catch {
    return 'unreadable';
  }
}

/** FNV-1a over two offsets: tells hand-typed messages apart; proves nothing about who sent them. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (let i = 0; i < text.length; i += 1) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
