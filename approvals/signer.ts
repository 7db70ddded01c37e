/**
 * Who signed a statement: somebody the policy lists, with a key of theirs that was good at the time. Decisions, start
 * orders and reviews share it. Pure and sandbox-safe.
 */
import { CLOCK_SKEW_MS, SIGNATURE_LIMIT, type Signed, STATEMENT_LIMIT } from '../workflows/contract/decisions.js';
import type { RiskTier } from '../workflows/contract/plan.js';
import type { Policy, PolicyKey, PolicyPerson } from './policy.js';
import { quoted, type Refused, refused } from './refused.js';
import { verifySshsig } from './sshsig.js';
import { hasKeys, isObject, readStatement } from './statement.js';

/** What every statement of a person says of its signer. */
export interface SignedBy {
  by: string;
  key: string;
  issuedAtMs: number;
}

export interface Signer<T> {
  kind: 'signer';
  person: PolicyPerson;
  key: PolicyKey;
  statement: T & SignedBy;
}

/** Two times: a key that has run out since was still good, a key revoked since never was. */
export interface KeyTimes {
  /** When the statement was accepted, unix milliseconds: the key must have been within its dates. */
  acceptedAtMs: number;
  /** Revocations up to this time count. */
  nowMs: number;
}

/** Reads a statement with exactly these keys, of a shape that `isShape` confirms; refused: tooLarge, notCanonical. */
export function readSigned<T extends object>(
  { statement, signature }: Signed,
  keys: readonly string[],
  isShape: (value: Record<string, unknown>) => boolean,
): { kind: 'read'; statement: T & SignedBy } | Refused {
  if (signature.length > SIGNATURE_LIMIT) return refused('tooLarge', 'The signature is larger than any real one.');
  const reading = readStatement(statement, STATEMENT_LIMIT);
  if (reading.kind === 'refused') return reading;
  const { value } = reading;
  if (isObject(value) && hasKeys(value, keys) && value['version'] === 1 && saysWho(value) && isShape(value)) {
    return { kind: 'read', statement: value as T & SignedBy };
  }
  return refused('notCanonical', 'The signed text is canonical JSON, but not a statement of this kind.');
}

/** Checks the signature over a statement that was read, and that its key was the person's at those times. */
export function checkSigner<T extends object>(
  { statement, signature }: Signed,
  read: T & SignedBy,
  namespace: string,
  people: readonly PolicyPerson[],
  times: KeyTimes,
): Signer<T> | Refused {
  const check = verifySshsig({ message: statement, armored: signature, namespace });
  if (check.kind === 'refused') return check;
  const { fingerprint } = check.key;
  if (fingerprint !== read.key) {
    return refused('badSignature', `The statement names key ${quoted(read.key)}, and ${fingerprint} signed it.`);
  }
  const person = people.find(({ id }) => id === read.by);
  if (!person) return refused('unknownPerson', `The policy knows nobody called ${quoted(read.by)}.`);
  const key = person.keys.find((listed) => listed.fingerprint === fingerprint);
  if (!key) return refused('unknownKey', `The policy lists no key ${fingerprint} for ${person.id}.`);
  const unfit = unfitKey(person.id, key, times);
  if (unfit) return unfit;
  if (read.issuedAtMs > times.acceptedAtMs + CLOCK_SKEW_MS) {
    return refused('clockSkew', `The statement of ${person.id} is dated ${dated(read.issuedAtMs)}, in the future.`);
  }
  return { kind: 'signer', person, key, statement: read };
}

function unfitKey(id: string, key: PolicyKey, { acceptedAtMs, nowMs }: KeyTimes): Refused | null {
  const { fingerprint, validFromMs, validToMs, revokedAtMs, revokedWhy } = key;
  const named = `Key ${fingerprint} of ${id}`;
  if (revokedAtMs !== null && revokedAtMs <= nowMs) {
    const why = revokedWhy === null ? '' : `: ${quoted(revokedWhy)}`;
    return refused('keyRevoked', `${named} was revoked ${dated(revokedAtMs)}${why}.`);
  }
  if (validFromMs !== null && acceptedAtMs < validFromMs) {
    return refused('keyNotYetValid', `${named} is valid from ${dated(validFromMs)} only.`);
  }
  if (validToMs !== null && acceptedAtMs >= validToMs) {
    return refused('keyExpired', `${named} was valid until ${dated(validToMs)}.`);
  }
  return null;
}

/** Why a key is not good enough for a model's risk tier; `tier` is the rollout's own where its plan raised it. */
export function unfitAssurance(
  policy: Pick<Policy, 'models' | 'tiers'>,
  model: string,
  key: PolicyKey,
  tier: RiskTier | null,
): Refused | null {
  const bound = policy.models.find((binding) => binding.model === model);
  if (!bound) return refused('modelUnknown', `The policy does not list ${quoted(model)} any more.`);
  const asking = [bound.tier, tier ?? bound.tier].find((each) => policy.tiers[each].assurance === 'hardware');
  if (asking === undefined || key.hardware) return null;
  return refused('weakKey', `Decisions at risk ${asking} need a security key (sk-), and ${key.fingerprint} is none.`);
}

export function dated(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `at ${atMs}` : date.toISOString();
}

function saysWho({ by, key, issuedAtMs }: Record<string, unknown>): boolean {
  return typeof by === 'string' && by !== '' && typeof key === 'string' && Number.isSafeInteger(issuedAtMs);
}
