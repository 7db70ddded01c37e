/**
 * Who starts a rollout, proven: the start order, and the approvals of an emergency start, which sign the same statement
 * under a namespace of their own. Pure and sandbox-safe.
 */
import { type BreakGlass, NAMESPACES, type Signed, type StartStatement } from '../workflows/contract/decisions.js';
import type { ErrorCode } from '../workflows/contract/errors.js';
import type { Digest, RiskTier } from '../workflows/contract/plan.js';
import type { Policy, PolicyKey, PolicyPerson } from './policy.js';
import { quoted, type Refused, refused } from './refused.js';
import { checkSigner, dated, readSigned, unfitAssurance } from './signer.js';
import { hasKeys, isObject, isSame } from './statement.js';

/** An order is not kept for another day: what was signed for one situation must not start a rollout in another. */
export const START_ORDER_AGE_MS = 24 * 3_600_000;

export interface StartFacts {
  tenant: string;
  model: string;
  rolloutId: string;
  plan: Digest;
  /** Who the start says it is; null takes whoever signed (approvals of an emergency start). */
  by: string | null;
  /** What the order waives, when the statement must say the same; absent: not compared. */
  breakGlass?: BreakGlass | null;
}

export type StartOrderCheck =
  | { kind: 'valid'; person: PolicyPerson; key: PolicyKey; statement: StartStatement }
  | Refused;

/**
 * Checks a start order or an emergency approval as of `atMs` (when admission took it). A service may start a rollout;
 * only people approve an emergency, with keys of the assurance their tier demands. Roles and quorum are the caller's to ask.
 */
export function checkStartOrder(asked: {
  signed: Signed;
  policy: Pick<Policy, 'people' | 'models' | 'tiers'>;
  facts: StartFacts;
  namespace: typeof NAMESPACES.start | typeof NAMESPACES.breakGlass;
  atMs: number;
  tier?: RiskTier | null;
}): StartOrderCheck {
  const { signed, policy, facts, namespace, atMs, tier = null } = asked;
  const read = readSigned<StartStatement>(signed, KEYS, isStart);
  if (read.kind === 'refused') return read;
  const times = { acceptedAtMs: atMs, nowMs: atMs };
  const made = checkSigner<StartStatement>(signed, read.statement, namespace, policy.people, times);
  if (made.kind === 'refused') return made;
  const { person, key, statement } = made;
  const differs = mismatch(statement, facts);
  if (differs) return differs;
  if (statement.issuedAtMs < atMs - START_ORDER_AGE_MS) {
    return refused('expired', `The order is dated ${dated(statement.issuedAtMs)}; sign a new one.`);
  }
  const unfit = namespace === NAMESPACES.breakGlass ? unfitEmergency(person, key, statement, policy, tier) : null;
  return unfit ?? { kind: 'valid', person, key, statement };
}

function unfitEmergency(
  person: PolicyPerson,
  key: PolicyKey,
  { breakGlass, model }: StartStatement,
  policy: Pick<Policy, 'models' | 'tiers'>,
  tier: RiskTier | null,
): Refused | null {
  if (person.kind !== 'human') return refused('notAPerson', `${person.id} is a service; people decide.`);
  if (breakGlass === null) return refused('breakGlassRefused', `The approval of ${person.id} waives nothing.`);
  return unfitAssurance(policy, model, key, tier);
}

const COMPARED: readonly (readonly [ErrorCode, 'tenant' | 'model' | 'rolloutId' | 'plan'])[] = [
  ['wrongTenant', 'tenant'],
  ['wrongRollout', 'model'],
  ['wrongRollout', 'rolloutId'],
  ['planMismatch', 'plan'],
];

function mismatch(statement: StartStatement, facts: StartFacts): Refused | null {
  for (const [code, field] of COMPARED) {
    if (statement[field] === facts[field]) continue;
    return refused(code, `The order is for ${field} ${quoted(statement[field])}, and this is ${quoted(facts[field])}.`);
  }
  if (facts.by !== null && statement.by !== facts.by) {
    return refused(
      'requestMismatch',
      `${quoted(statement.by)} signed the order, and the start says ${quoted(facts.by)}.`,
    );
  }
  if (facts.breakGlass === undefined || isSame(statement.breakGlass, facts.breakGlass)) return null;
  return refused('breakGlassRefused', `${quoted(statement.by)} approved another emergency than the order asks for.`);
}

const KEYS = ['version', 'tenant', 'model', 'rolloutId', 'plan', 'by', 'key', 'issuedAtMs', 'breakGlass'];

function isStart({ tenant, model, rolloutId, plan, breakGlass }: Record<string, unknown>): boolean {
  const areTexts = [tenant, model, rolloutId, plan].every((value) => typeof value === 'string');
  return areTexts && (breakGlass === null || isBreakGlass(breakGlass));
}

function isBreakGlass(value: unknown): boolean {
  if (!isObject(value) || !hasKeys(value, ['reasonCode', 'reason', 'waive'])) return false;
  const { reasonCode, reason, waive } = value;
  const areTexts = typeof reasonCode === 'string' && typeof reason === 'string';
  return areTexts && Array.isArray(waive) && waive.every((gate) => typeof gate === 'string');
}
