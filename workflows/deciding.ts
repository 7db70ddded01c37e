/**
 * Decisions at the door: who may answer the open request, what an answer does, and what waits for its signature to be
 * checked. Pure and sandbox-safe; the check itself is an activity (asking.ts).
 */
import type { DecisionCheck, DecisionKind, Request, Signed } from './contract/decisions.js';
import { SIGNATURE_LIMIT, STATEMENT_LIMIT } from './contract/decisions.js';
import type { Plan } from './contract/plan.js';
import { addHold } from './holds.js';
import { answered, note } from './journal.js';
import { type Letter, type Outcome, type Refusal, refuse } from './letters.js';
import { lower } from './lowering.js';
import { assuranceOf, expiryMs, standing } from './allowed.js';
import { type KeptDecision, stageOf, type State, type Unchecked } from './state.js';

/** Answers waiting for their check; a real quorum is far smaller. */
const UNCHECKED_LIMIT = 20;

/** Takes an answer in: decided at once under identity assurance, put aside for its check where decisions are signed. */
export function decide(state: State, plan: Plan, letter: Letter, kind: DecisionKind, nowMs: number): Outcome {
  if (kind === 'revoke' && !state.request) return holdInstead(state, letter, nowMs);
  const unfit = closedTo(state, letter.requestId, nowMs);
  if (unfit) return unfit;
  if (assuranceOf(state) !== 'identity') return putAside(state, letter, kind, nowMs);
  const made = { messageId: letter.messageId, by: letter.by, decision: kind, reason: letter.reason || null };
  return take(state, plan, { ...made, atMs: nowMs, issuedAtMs: nowMs, assurance: 'identity', key: null, signed: null });
}

/** What became of an answer that was put aside; everything else is asked again, since time has passed. */
export function settled(state: State, plan: Plan, waiting: Unchecked, check: DecisionCheck, nowMs: number): State {
  const rest = { ...state, unchecked: state.unchecked.filter(({ messageId }) => messageId !== waiting.messageId) };
  if (check.kind === 'refused') return turnedAway(rest, waiting, check, nowMs);
  const unfit = closedTo(rest, undefined, nowMs);
  if (unfit) return turnedAway(rest, waiting, unfit, nowMs);
  const { messageId, verb, statement, signature } = waiting;
  const { by, reason, issuedAtMs, assurance, key } = check;
  const signed = { statement, signature };
  const made = { messageId, by, decision: verb, reason, atMs: nowMs, issuedAtMs, assurance, key, signed };
  const outcome = take(rest, plan, made);
  if ('code' in outcome) return turnedAway(rest, waiting, outcome, nowMs);
  return answered(outcome.state, {
    messageId,
    state: 'accepted',
    code: 'accepted',
    sentence: outcome.sentence ?? '',
  });
}

/** Refused after its check: in the journal with its code, and answered. */
export function turnedAway(state: State, { messageId, verb, by }: Unchecked, why: Refusal, nowMs: number): State {
  const { code, sentence } = why;
  const noted = note(state, nowMs, 'messageRefused', { verb, messageId, code, sentence }, by);
  return answered(noted, { messageId, state: 'refused', code, sentence });
}

function closedTo(state: State, requestId: string | undefined, nowMs: number): Refusal | null {
  const { request } = state;
  if (!request) return refuse('noRequest', 'No decision is being asked for at present.');
  if (requestId !== undefined && requestId !== request.requestId) return stale(request);
  if (nowMs >= expiryMs(state, request, nowMs)) return refuse('expired', `Request ${request.requestId} has expired.`);
  return requestId === undefined && assuranceOf(state) === 'identity' ? stale(request) : null;
}

function stale(request: Request): Refusal {
  return refuse('staleRequest', `The open request is ${request.requestId}, for stage ${request.stage}.`);
}

function putAside(state: State, letter: Letter, verb: DecisionKind, nowMs: number): Outcome {
  const { statement, signature, messageId, by } = letter;
  if (statement === undefined || signature === undefined) {
    const how = `sluice ${verb} ${state.model} --key FILE`;
    return refuse('unsigned', `Decisions of this rollout are signed, and this one is not; use \`${how}\`.`);
  }
  if (statement.length > STATEMENT_LIMIT || signature.length > SIGNATURE_LIMIT) {
    return refuse('tooLarge', 'The statement or its signature is larger than any real one.');
  }
  const known: Signed[] = [...state.unchecked, ...state.decisions.flatMap(({ signed }) => signed ?? [])];
  if (known.some((signed) => signed.statement === statement)) {
    return refuse('duplicate', `${by} has sent this very decision already.`);
  }
  if (state.unchecked.length >= UNCHECKED_LIMIT) {
    return refuse('rateLimited', 'Too many decisions wait for their check; send it again in a moment.');
  }
  const waiting: Unchecked = { messageId, verb, by, atMs: nowMs, statement, signature };
  return { state: { ...state, unchecked: [...state.unchecked, waiting] }, sentence: null };
}

function take(state: State, plan: Plan, made: Omit<KeptDecision, 'requestId'>): Outcome {
  const { request } = state;
  if (!request) return refuse('noRequest', 'No decision is being asked for at present.');
  const unfit = unfitToDecide(state, request, made);
  if (unfit) return unfit;
  const { decision, assurance, key, signed, by, atMs } = made;
  const { requestId, stage, attempt } = request;
  const proof = signed === null ? {} : { key, statement: signed.statement, signature: signed.signature };
  const kept = { ...state, decisions: [...state.decisions, { ...made, requestId }] };
  const details = { stage, attempt, requestId, decision, assurance, ...proof };
  const decided = note(kept, atMs, 'decided', details, by);
  switch (decision) {
    case 'approve':
      return { state: decided, sentence: `Approved stage ${stage}.` };
    case 'revoke':
      return { state: decided, sentence: `Revoked: your yes to stage ${stage} does not count.` };
    case 'reject':
      return reject(decided, plan, request, made);
  }
}

function unfitToDecide(state: State, request: Request, made: Omit<KeptDecision, 'requestId'>): Refusal | null {
  const { by, decision } = made;
  const person = state.admission?.people.find((p) => p.id === by);
  if (!person) return refuse('unknownPerson', `The policy knows nobody called ${by}.`);
  if (person.kind !== 'human') return refuse('notAPerson', `${by} is a service; people decide.`);
  const asked = request.rules.map((rule) => rule.role);
  if (!person.roles.some((role) => asked.includes(role))) {
    return refuse('roleNotHeld', `${by} holds none of the roles asked for: ${asked.join(', ')}.`);
  }
  if (decision === 'approve' && request.excluded.includes(by)) {
    return refuse('selfApproval', `${by} started this rollout and is excluded from this decision.`);
  }
  const before = standing(
    state.decisions.filter((d) => d.requestId === request.requestId),
    by,
  );
  if (before?.decision === decision || before?.decision === 'reject') {
    return refuse('duplicate', `${by} has decided this request already.`);
  }
  if (decision === 'approve' && before?.decision === 'revoke' && made.issuedAtMs <= before.issuedAtMs) {
    return refuse('staleRequest', `${by} revoked this yes afterwards.`);
  }
  // Signed answers carry their date, so a revocation may overtake the yes it takes back.
  if (decision === 'revoke' && !before && made.signed === null) {
    return refuse('nothingToRevoke', `${by} has approved nothing that could be revoked.`);
  }
  return null;
}

function reject(state: State, plan: Plan, request: Request, made: Omit<KeptDecision, 'requestId'>): Outcome {
  const { by, atMs } = made;
  const why = made.reason ?? 'no reason given';
  if (stageOf(state, plan)?.approval?.onReject === 'rollback') {
    const lowered = lower(state, atMs, { cause: 'veto', by, reason: `${by} rejected stage ${request.stage}: ${why}` });
    return { state: lowered, sentence: 'Rejected; rolling back.' };
  }
  const closed = note({ ...state, request: null }, atMs, 'requestClosed', { why: 'rejected' }, by);
  const held = addHold(closed, atMs, {
    class: 'policy',
    owner: by,
    cause: 'rejected',
    reason: `${by} rejected stage ${request.stage}: ${why}. Exposure stays; resume opens the next request.`,
  });
  return { state: held, sentence: 'Rejected; exposure stays where it is.' };
}

/** Too late to take a yes back: the exposure it allowed is being raised. What is left is to stop there. */
function holdInstead(state: State, letter: Letter, nowMs: number): Outcome {
  const allowed = state.mandate?.decisions.some(({ by }) => by === letter.by) ?? false;
  const identity = state.decisions.some(
    ({ by, requestId }) => by === letter.by && requestId === state.mandate?.request.requestId,
  );
  if (!allowed && !identity) return refuse('nothingToRevoke', `${letter.by} has approved nothing that is in force.`);
  const why = letter.reason === '' ? '' : `: ${letter.reason}`;
  const reason = `${letter.by} revoked the approval of stage ${state.mandate?.request.stage} after it took effect${why}`;
  const held = addHold(state, nowMs, { class: 'operator', owner: letter.by, cause: 'operator', reason });
  return { state: held, sentence: 'Too late to revoke: the exposure is in force. The rollout is held instead.' };
}
