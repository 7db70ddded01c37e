/** What the `view` query answers: everything a person needs to know where a rollout stands. Sandbox-safe. */
import type { Conditions } from './activities.js';
import type { Assurance, DecisionKind, Request } from './decisions.js';
import type { Digest, Exposure, RiskTier } from './plan.js';
import type { StepVerdict } from './verdicts.js';

export type Status =
  | 'admitting'
  | 'awaitingApproval'
  | 'raising'
  | 'baking'
  | 'held'
  | 'after'
  | 'rollingBack'
  | 'rollbackIncomplete'
  | 'completed'
  | 'rolledBack'
  | 'cancelled'
  | 'refused';

/** Who may lift a hold: its owner's class. The judge lifts its own when the condition clears. */
export type HoldClass = 'operator' | 'judge' | 'policy';

export interface Hold {
  class: HoldClass;
  owner: string;
  /**
   * Stable: `operator`, `blind`, `splitBroken`, `armChanged`, `edited`, `timeout`, `approvalTimeout`, `rejected`, `frozen`,
   * `quorumLost`.
   */
  cause: string;
  reason: string;
  sinceMs: number;
  /** Lifts by itself at this time; absent: it does not. */
  untilMs?: number;
}

export interface Decision {
  messageId: string;
  requestId: string;
  by: string;
  decision: DecisionKind;
  reason: string | null;
  atMs: number;
  assurance: Assurance;
  /** Fingerprint of the key that signed it; null under identity assurance. */
  key: string | null;
}

export interface Times {
  /** Close of the first window that proved it, when the verdict reached the workflow, when zero was in force and when it was observed. */
  detectedAtMs: number | null;
  decidedAtMs: number;
  safeAtMs: number | null;
  zeroObservedAtMs: number | null;
}

/** Why a rollout lowers exposure. */
export interface Lowering {
  cause:
    | 'gate'
    | 'operator'
    | 'veto'
    | 'cancel'
    | 'leaseLapsed'
    | 'blind'
    | 'timeout'
    | 'approvalTimeout'
    | 'digest'
    | 'failure';
  by: string | null;
  /** One sentence, with the numbers. */
  reason: string;
  gate: string | null;
  slice: string | null;
  verdict: StepVerdict | null;
  times: Times;
}

export interface RolloutView {
  version: 1;
  rolloutId: string;
  tenant: string;
  model: string;
  risk: RiskTier;
  status: Status;
  /** Before the rollout was held, what it was doing. */
  heldWhile: Status | null;
  startedBy: string;
  startedAtMs: number;
  planDigest: Digest;
  candidateVersion: string;
  baselineVersion: string | null;
  stage: string | null;
  stageIndex: number;
  step: number;
  steps: Exposure[];
  /** When the running step's bake began and when it times out; the latter moves with holds and extensions. */
  bakeSinceMs: number | null;
  bakeDeadlineMs: number | null;
  asked: Exposure;
  observed: { share: number | null; how: 'traffic' | 'configuration' } | null;
  revision: number;
  verdict: StepVerdict | null;
  conditions: Conditions | null;
  holds: Hold[];
  request: Request | null;
  decisions: Decision[];
  /** Role slots still open, e.g. `risk`. */
  awaited: string[];
  lowering: Lowering | null;
  promotedAtMs: number | null;
  afterUntilMs: number | null;
  assurance: Assurance;
  /** Approvals are as good as the name given with them. */
  unproven: boolean;
  refusedMessages: Record<string, number>;
  journalSeq: number;
  /** What happens by itself next, and when. */
  next: { what: string; atMs: number | null };
}

export type { Request };
