/**
 * Does a signed decision count? The same check at the workflow's door, by the actuator before exposure rises, and by
 * verify, years later. Pure and sandbox-safe.
 */
import type { Person } from '../workflows/contract/activities.js';
import {
  type CheckDecisionInput,
  CLOCK_SKEW_MS,
  type DecisionCheck,
  type DecisionKind,
  type DecisionStatement,
  type Mandate,
  NAMESPACES,
  type Request,
  type Signed,
} from '../workflows/contract/decisions.js';
import type { ErrorCode } from '../workflows/contract/errors.js';
import type { Digest, RiskTier } from '../workflows/contract/plan.js';
import type { Policy } from './policy.js';
import { type Decider, matchQuorum, type QuorumMatch } from './quorum.js';
import { quoted, type Refused, refused } from './refused.js';
import { requestMismatch } from './request-match.js';
import { checkSigner, dated, type KeyTimes, readSigned, type Signer, unfitAssurance } from './signer.js';
import { isObject, statementDigest } from './statement.js';

export type DecidingPolicy = Pick<Policy, 'people' | 'models' | 'tiers'>;

/**
 * Checks one decision against the open request as of `input.atMs`. Roles, exclusions and what the person said before are
 * the caller's to ask.
 */
export function checkDecision(asked: { input: CheckDecisionInput; policy: DecidingPolicy }): DecisionCheck {
  const { input, policy } = asked;
  const { tenant, request, verb, atMs, risk: tier } = input;
  if (tenant !== request.tenant) {
    return refused('wrongTenant', `The request is of tenant ${quoted(request.tenant)}, and ${quoted(tenant)} asks.`);
  }
  const read = readDecision(input);
  if (read.kind === 'refused') return read;
  if (read.statement.decision !== verb) {
    return refused('wrongNamespace', `The statement says ${read.statement.decision}, and it was sent as ${verb}.`);
  }
  const times = { acceptedAtMs: atMs, nowMs: atMs };
  const made = checkAnswer({ signed: input, read: read.statement, request, policy, times, tier });
  if (made.kind === 'refused') return made;
  const { by, reason, issuedAtMs } = made.statement;
  const { fingerprint, hardware } = made.key;
  return {
    kind: 'valid',
    by,
    key: fingerprint,
    assurance: hardware ? 'hardware' : 'signed',
    reason,
    issuedAtMs,
    statementDigest: statementDigest(input.statement),
  };
}

const KEYS = ['version', 'decision', 'request', 'by', 'key', 'reason', 'issuedAtMs'];
const KINDS: readonly DecisionKind[] = ['approve', 'reject', 'revoke'];

/** What a decision says, before anything about it is believed. */
export function readDecision(signed: Signed): { kind: 'read'; statement: DecisionStatement } | Refused {
  return readSigned<DecisionStatement>(
    signed,
    KEYS,
    ({ decision, request, reason }) =>
      KINDS.some((kind) => kind === decision) && isObject(request) && (reason === null || typeof reason === 'string'),
  );
}

interface Answer {
  signed: Signed;
  read: DecisionStatement;
  request: Request;
  policy: DecidingPolicy;
  times: KeyTimes;
  tier: RiskTier | null;
}

function checkAnswer({ signed, read, request, policy, times, tier }: Answer): Signer<DecisionStatement> | Refused {
  const made = checkSigner(signed, read, NAMESPACES[read.decision], policy.people, times);
  if (made.kind === 'refused') return made;
  if (made.person.kind !== 'human') return refused('notAPerson', `${made.person.id} is a service; people decide.`);
  const differs = requestMismatch({ ...read.request }, request);
  if (differs) return differs;
  if (read.issuedAtMs < request.openedAtMs - CLOCK_SKEW_MS) {
    const opened = dated(request.openedAtMs);
    return refused('clockSkew', `The decision is dated ${dated(read.issuedAtMs)}; its request opened ${opened}.`);
  }
  if (times.acceptedAtMs >= request.expiresAtMs) {
    return refused('expired', `The request had expired ${dated(request.expiresAtMs)}.`);
  }
  return unfitAssurance(policy, request.model, made.key, tier) ?? made;
}

/**
 * What the plan that the caller pinned says its request must be, and whatever else the caller knows of it: a request that
 * asks for less is somebody's invention.
 */
export type PinnedRequest = Pick<Request, PinnedField> &
  Partial<Omit<Request, PinnedField | 'digests'>> & {
    digests: Omit<Request['digests'], 'evidence'> & { evidence?: Digest };
  };
type PinnedField = 'tenant' | 'model' | 'rolloutId' | 'stage' | 'steps' | 'rules' | 'excluded';

export type MandateCheck =
  | { kind: 'stands'; assignment: QuorumMatch['assignment']; refused: Void[] }
  | { kind: 'lost'; code: 'planMismatch' | 'quorumLost'; sentence: string; refused: Void[] };

/** A decision that does not count (any more). */
export interface Void {
  by: string;
  code: ErrorCode;
  sentence: string;
}

/**
 * Whether a stage may rise on the decisions it was given. Each is checked again, as of its acceptance for the dates of its
 * key, as of `atMs` for revocations; then distinct people are counted. `policy` is the newest, `people` are those that
 * admission pinned: a role counts when both give it. Nothing of the mandate itself is believed.
 */
export function recheckMandate(asked: {
  mandate: Mandate;
  pinned: PinnedRequest;
  policy: DecidingPolicy;
  people: readonly Person[];
  tier?: RiskTier | null;
  atMs: number;
}): MandateCheck {
  const { mandate, pinned, policy, people, atMs } = asked;
  const { request } = mandate;
  const digests = { ...request.digests, ...pinned.digests };
  const differs = requestMismatch({ ...request }, { ...request, ...pinned, digests });
  if (differs) {
    return { kind: 'lost', code: 'planMismatch', sentence: `Not the plan's request: ${differs.sentence}`, refused: [] };
  }
  const checks = mandate.decisions.map((decision) => recheckAnswer(asked, decision));
  const answers = checks.flatMap((check) => (check.kind === 'signer' ? [check.statement] : []));
  const voided = checks.flatMap((check): Void[] => (check.kind === 'void' ? [check.why] : []));
  const deciders = people.flatMap((person): Decider[] => {
    const roles = policy.people.find(({ id }) => id === person.id)?.roles ?? [];
    const counts = !pinned.excluded.includes(person.id) && standing(answers, person.id) === 'approve';
    return counts ? [{ id: person.id, roles: roles.filter((role) => person.roles.includes(role)) }] : [];
  });
  const vetoed = answers.find(({ decision }) => decision === 'reject');
  const { satisfied, open, assignment } = matchQuorum(pinned.rules, deciders);
  if (satisfied && !vetoed) return { kind: 'stands', assignment, refused: voided };
  const reasons = voided.map(({ by, sentence }) => `${quoted(by)}: ${sentence}`).join(' ');
  const lacking = vetoed ? `${vetoed.by} rejected it.` : `Nobody is left for ${open.join(', ')}.`;
  const sentence = `The decisions behind stage ${pinned.stage} do not hold at ${dated(atMs)}. ${lacking} ${reasons}`;
  return { kind: 'lost', code: 'quorumLost', sentence: sentence.trim(), refused: voided };
}

type Recheck = Parameters<typeof recheckMandate>[0];

/** What takes a yes away counts even if its key was revoked since; a yes does not. */
function recheckAnswer(
  { mandate, policy, tier = null, atMs }: Recheck,
  { by, atMs: acceptedAtMs, ...signed }: Mandate['decisions'][number],
): Signer<DecisionStatement> | { kind: 'void'; why: Void } {
  const voided = ({ code, sentence }: Refused) => ({ kind: 'void' as const, why: { by, code, sentence } });
  const reading = readDecision(signed);
  if (reading.kind === 'refused') return voided(reading);
  const read = reading.statement;
  if (read.by !== by) return voided(refused('badSignature', `The statement was made by ${quoted(read.by)}.`));
  if (acceptedAtMs > atMs + CLOCK_SKEW_MS) {
    return voided(refused('clockSkew', `It was accepted ${dated(acceptedAtMs)}, in the future.`));
  }
  const nowMs = read.decision === 'approve' ? atMs : acceptedAtMs;
  const times = { acceptedAtMs, nowMs };
  const made = checkAnswer({ signed, read, request: mandate.request, policy, times, tier });
  return made.kind === 'refused' ? voided(made) : made;
}

/** What a person means in the end: their answer of the latest date; of one date, the one that is no yes. */
function standing(answers: readonly DecisionStatement[], by: string): DecisionKind | null {
  const own = answers.filter((answer) => answer.by === by);
  const latest = Math.max(...own.map(({ issuedAtMs }) => issuedAtMs));
  const last = own.filter(({ issuedAtMs }) => issuedAtMs === latest).map(({ decision }) => decision);
  return last.find((decision) => decision !== 'approve') ?? last[0] ?? null;
}
