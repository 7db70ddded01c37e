/**
 * The organisation's rules (policy.yaml): who may decide and with which keys, what binds a model, the least that every plan
 * must ask for, when nothing is raised. Loaded by the worker and pinned by digest at admission; a start order may state the
 * digest, never supply it. Pure.
 */
import { digestOf } from '../plan/canonical.js';
import { readYaml } from '../plan/document.js';
import type { Problem } from '../plan/problem.js';
import { secretsIn } from '../plan/secrets.js';
import { placed, typed } from '../plan/typed.js';
import type { Person } from '../workflows/contract/activities.js';
import type { Assurance } from '../workflows/contract/decisions.js';
import type { ApprovalRule, Digest, RiskTier } from '../workflows/contract/plan.js';
import { fillPolicy } from './policy-fill.js';
import { lintPolicy } from './policy-lint.js';
import { policySchema } from './policy-schema.js';

export interface PolicyKey {
  /** `type base64`, without a comment. */
  key: string;
  /** `SHA256:...`, as ssh-keygen prints it. */
  fingerprint: string;
  /** On a security key (`sk-`). */
  hardware: boolean;
  validFromMs: number | null;
  validToMs: number | null;
  revokedAtMs: number | null;
  revokedWhy: string | null;
}

export interface PolicyPerson extends Person {
  /** Public keys, for signed decisions. */
  keys: PolicyKey[];
}

/** What a model is bound to; `target` is `<store>/<flag>`, or `<flag>` in whatever store. */
export interface ModelBinding {
  model: string;
  tier: RiskTier;
  tenant: string;
  target: string;
  registry: string;
  /** Gates every plan must have, by the digest of their definition. */
  gates: Record<string, Digest>;
}

/** Least approval rules by stage, in the order of the file. */
export type StageFloor = Record<string, ApprovalRule[]>;

/** What a risk tier asks for beside approvals. */
export interface TierRules {
  assurance: Assurance;
  /** By stage: kinds of metric its gates must ask, or `slices`. */
  requiredKinds: Record<string, string[]>;
  /** Largest share before the first stage that asks for approval, 0..1; 1: no cap. */
  capBeforeApproval: number;
  evidenceMaxAgeMs: number | null;
}

/** A span of local time, each week or once. */
export type FreezeTime =
  | { kind: 'weekly'; from: { weekday: number; minute: number }; to: { weekday: number; minute: number } }
  /** Wall time of the zone, `YYYY-MM-DDTHH:MM`. */
  | { kind: 'dates'; from: string; to: string };

export interface FreezeWindow {
  name: string;
  /** IANA. */
  zone: string;
  deny: FreezeTime[];
  allow: FreezeTime[];
  /** Null: all. */
  tenants: string[] | null;
  reason: string;
}

export interface BreakGlassRules {
  rules: ApprovalRule[];
  reasonCodes: string[];
  /** Largest share at which waived gates need not pass, 0..1. */
  cap: number;
  reviewWithinMs: number;
  reviewRole: string;
}

/** A log whose key signs checkpoints. */
export interface PolicyLog {
  name: string;
  key: string;
  fingerprint: string;
}

export interface Policy {
  version: 1;
  serial: number;
  /** Made for a demonstration: no worker in production mode takes it. */
  demo: boolean;
  /** Of the policy before this one. */
  prev: Digest | null;
  people: PolicyPerson[];
  models: ModelBinding[];
  floor: Record<RiskTier, StageFloor>;
  tiers: Record<RiskTier, TierRules>;
  freezes: FreezeWindow[];
  breakGlass: BreakGlassRules | null;
  logs: PolicyLog[];
}

export type PolicyReading =
  | { kind: 'policy'; policy: Policy; digest: Digest }
  | { kind: 'problems'; problems: Problem[] };

/** Reads and checks a policy file; all problems at once. */
export function readPolicy(text: string, file: string): PolicyReading {
  const source = readYaml(text, file);
  if (source.data === undefined) return { kind: 'problems', problems: source.problems };
  const { value, findings, removed } = typed(policySchema, source.data);
  const filled = value && fillPolicy(value);
  const own = filled
    ? placed({ ...source, problems: [] }, [...filled.findings, ...lintPolicy(filled.policy)], removed)
    : [];
  const problems = placed({ ...source, problems: [...source.problems, ...own] }, [
    ...findings,
    ...secretsIn(source.data),
  ]);
  if (problems.length > 0 || !filled) return { kind: 'problems', problems };
  return { kind: 'policy', policy: filled.policy, digest: digestOf(filled.policy) };
}
