/** A request, the people who may answer it, and their signed answers. */
import {
  checkDecision,
  type DecidingPolicy,
  type PinnedRequest,
  recheckMandate,
} from '../../../approvals/decision-check.js';
import type { PolicyKey, PolicyPerson } from '../../../approvals/policy.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import type { Person } from '../../../workflows/contract/activities.js';
import {
  type DecisionKind,
  type DecisionStatement,
  GENESIS,
  type Mandate,
  NAMESPACES,
  type Request,
  type Signed,
} from '../../../workflows/contract/decisions.js';
import type { Digest } from '../../../workflows/contract/plan.js';
import { type ForgedKey, forgeKey, type Kind } from './forge.js';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const OPENED = Date.UTC(2027, 2, 1, 12);
export const NOW = OPENED + 10 * MINUTE;

export function digest(letter: string): Digest {
  return `sha256:${letter.repeat(64)}`;
}

export function aRequest(change: Partial<Request> = {}): Request {
  return {
    version: 1,
    requestId: 'q-1',
    tenant: 'mail',
    model: 'spam-filter',
    rolloutId: 'r-aaaaaaaaaaaaaaaaaaaaaaaaaa',
    firstRunId: 'run-1',
    runId: 'run-1',
    stage: 'general',
    attempt: 1,
    candidateVersion: 'nb-2',
    baselineVersion: 'nb-1',
    digests: {
      plan: digest('a'),
      policy: digest('b'),
      candidate: digest('c'),
      baseline: digest('d'),
      evidence: digest('e'),
    },
    exposureBefore: { share: 0.25, cohorts: ['staff'] },
    steps: [
      { share: 0.5, cohorts: ['staff'] },
      { share: 1, cohorts: ['staff'] },
    ],
    exposureCap: { share: 1, cohorts: ['staff'] },
    rules: [
      { role: 'modelOwner', min: 1 },
      { role: 'risk', min: 1 },
    ],
    excluded: ['p-eve'],
    shown: [
      { gate: 'errors', slice: null, verdict: 'pass', estimate: 0.01, lower: null, upper: 0.02, sentence: 'Fine.' },
    ],
    openedAtMs: OPENED,
    expiresAtMs: OPENED + 3 * DAY,
    challenge: 'c-1',
    journalSeq: 12,
    journalHead: GENESIS,
    ...change,
  };
}

export interface Approver {
  person: PolicyPerson;
  keys: ForgedKey[];
}

export function anApprover(id: string, roles: string[], ...kinds: Kind[]): Approver {
  const keys = (kinds.length > 0 ? kinds : (['ed25519'] as const)).map((kind) => forgeKey(kind));
  return { person: { id, kind: 'human', roles, keys: keys.map((key) => listed(key)) }, keys };
}

export function listed(key: ForgedKey, change: Partial<PolicyKey> = {}): PolicyKey {
  const open = { validFromMs: null, validToMs: null, revokedAtMs: null, revokedWhy: null };
  return { key: key.line, fingerprint: key.fingerprint, hardware: key.type.startsWith('sk-'), ...open, ...change };
}

export const ada = anApprover('p-ada', ['modelOwner'], 'ed25519', 'ecdsa');
export const rex = anApprover('p-rex', ['risk'], 'sk-ed25519');
/** Starts the rollouts of these tests. */
export const eve = anApprover('p-eve', ['modelOwner', 'risk']);
export const PEOPLE = [ada.person, rex.person, eve.person];

export function aPolicy(people: PolicyPerson[] = PEOPLE, hardwareTiers: string[] = []): DecidingPolicy {
  const rules = (tier: string) => ({
    assurance: hardwareTiers.includes(tier) ? ('hardware' as const) : ('signed' as const),
    requiredKinds: {},
    capBeforeApproval: 1,
    evidenceMaxAgeMs: null,
  });
  const bound = {
    model: 'spam-filter',
    tier: 'medium',
    tenant: 'mail',
    target: 'flags/spam',
    registry: 'models',
  } as const;
  return {
    people,
    models: [{ ...bound, gates: {} }],
    tiers: { low: rules('low'), medium: rules('medium'), high: rules('high') },
  };
}

export interface Answer {
  by?: Approver;
  /** Which of their keys signs. */
  nth?: number;
  decision?: DecisionKind;
  request?: Request;
  issuedAtMs?: number;
  namespace?: string;
  mirrored?: boolean;
  change?: Partial<DecisionStatement>;
  /** Whose it is said to be by whoever passes it on; the signer's own, otherwise. */
  passedOnAs?: string;
}

export function signedAnswer(answer: Answer = {}): Signed {
  const { by = ada, nth = 0, decision = 'approve', request = aRequest(), issuedAtMs = NOW, mirrored = false } = answer;
  const key = by.keys[nth];
  if (!key) throw new Error(`${by.person.id} has no key ${nth}`);
  const said = { version: 1, decision, request, by: by.person.id, key: key.fingerprint, reason: null, issuedAtMs };
  const statement = canonicalStatement({ ...said, ...answer.change });
  return { statement, signature: key.sign(statement, answer.namespace ?? NAMESPACES[decision], { mirrored }) };
}

export interface Asked {
  verb?: DecisionKind;
  request?: Request;
  tenant?: string;
  atMs?: number;
  policy?: DecidingPolicy;
  risk?: 'low' | 'medium' | 'high';
}

/** `valid`, or the code of the refusal. */
export function codeOf(signed: Signed, asked: Asked = {}): string {
  const {
    verb = 'approve',
    request = aRequest(),
    tenant = 'mail',
    atMs = NOW,
    policy = aPolicy(),
    risk = 'low',
  } = asked;
  const check = checkDecision({ input: { ...signed, tenant, verb, request, risk, atMs }, policy });
  return check.kind === 'valid' ? 'valid' : check.code;
}

export interface Rechecked {
  request?: Request;
  pinned?: Partial<PinnedRequest>;
  policy?: DecidingPolicy;
  people?: Person[];
  atMs?: number;
}

/** The mandate of these answers, each accepted at NOW, checked again a minute later. */
export function recheck(answers: Answer[], asked: Rechecked = {}): ReturnType<typeof recheckMandate> {
  const { request = aRequest(), policy = aPolicy(), people = PEOPLE, atMs = NOW + MINUTE } = asked;
  const decisions = answers.map((answer): Mandate['decisions'][number] => {
    return {
      ...signedAnswer({ request, ...answer }),
      by: answer.passedOnAs ?? (answer.by ?? ada).person.id,
      atMs: NOW,
    };
  });
  return recheckMandate({
    mandate: { request, decisions },
    pinned: { ...pinnedBy(aRequest()), ...asked.pinned },
    policy,
    people,
    atMs,
  });
}

export function pinnedBy({ tenant, model, rolloutId, stage, steps, rules, excluded, digests }: Request): PinnedRequest {
  const { plan, policy, candidate, baseline } = digests;
  return { tenant, model, rolloutId, stage, steps, rules, excluded, digests: { plan, policy, candidate, baseline } };
}
