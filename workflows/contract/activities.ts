/**
 * The activities a rollout calls, by name, with their one argument and their result. Sandbox-safe: types only.
 * Every input names the rollout; what an activity needs beyond it is in the evidence store under that id.
 */
import type { Assurance, CheckDecisionInput, DecisionCheck, Mandate, Signed } from './decisions.js';
import type { DesiredExposure, ExposureRead, ExposureState, ExposureTarget } from './exposure.js';
import type { JournalEntry } from './journal.js';
import type { Digest, Exposure, OnSilence, Plan } from './plan.js';
import type { StepVerdict } from './verdicts.js';

/** Names the rollout in every call. */
export interface RolloutRef {
  tenant: string;
  model: string;
  rolloutId: string;
}

export interface AdmitInput extends RolloutRef {
  plan: Plan;
  planDigest: Digest;
  by: string;
  /** Stated by the start order; a mismatch refuses. */
  statedPolicyDigest: Digest | null;
  order: Signed | null;
  breakGlass: Signed[];
}

export interface Person {
  id: string;
  kind: 'human' | 'service';
  roles: string[];
}

/** What admission pins for the life of the rollout. */
export interface Admission {
  target: ExposureTarget;
  baselineVersion: string;
  candidateVersion: string;
  digests: { plan: Digest; policy: Digest; platform: Digest; candidate: Digest; baseline: Digest };
  /** People who may decide, as the policy had them. */
  people: Person[];
  /** How decisions are proven: `signed` where the worker has trust roots, else `identity`, in development mode only. */
  assurance: Assurance;
  /** `separate`: exposure is written by a process of its own user, which alone holds the credentials of the store. */
  actuator: 'in-process' | 'separate';
  /** An emergency start: what is waived up to which share; null otherwise. */
  breakGlass: { waive: string[]; cap: number; reviewDueMs: number } | null;
  /** Older evidence is measured anew before anybody may decide on it; null: as old as the request. */
  evidenceMaxAgeMs: number | null;
  /** State of the flag before anything was touched. */
  before: ExposureRead;
  propagationMs: number;
  /** Registry alias that moves at promotion. */
  alias: string;
  notes: string[];
}

export interface FreezeInput extends RolloutRef {
  stage: string;
  attempt: number;
  verdict: StepVerdict | null;
  journal: JournalEntry[];
  notify: string[];
}
export interface Frozen {
  evidence: Digest;
  exportedSeq: number;
}

export interface RaiseInput extends RolloutRef {
  target: ExposureTarget;
  stage: string;
  step: number;
  exposure: Exposure;
  leaseForMs: number;
  onSilence: OnSilence;
  expectedRevision: number;
  writeId: string;
  /** Of the stage; null where no decision is asked for. */
  mandate: Mandate | null;
  /** Workflow time, unix milliseconds. */
  atMs: number;
}
export interface Raised {
  state: ExposureState;
  verifiedAtMs: number;
  served: { share: number; cohorts: string[] };
}

/** Facts that park a rollout whatever the numbers say. Compared field by field with what the workflow knows. */
export interface Conditions {
  /** Gates whose source has been silent past its budget. */
  blind: string[];
  splitBroken: boolean;
  /** One arm's labels complete, the other's not. */
  labelsBroken: boolean;
  /** Sentence naming the arm, what it should serve or be, and what it is; null when fine. */
  armWrong: string | null;
  /** Somebody lowered the exposure by hand; sentence, null when fine. */
  editedDown: string | null;
}

export type BakeMode = 'bake' | 'guard' | 'after';

export interface BakeInput extends RolloutRef {
  target: ExposureTarget;
  planDigest: Digest;
  digests: { candidate: Digest; baseline: Digest };
  /** `bake` may pass, fail or time out; `guard` and `after` can only fail, and end at the deadline. */
  mode: BakeMode;
  /** Stage whose gates and bake rules apply. */
  stage: string;
  step: number;
  attempt: number;
  /** Directory of this step's windows: `<stage>-<step>-<attempt>`; under windows/, guard/ or after/ by mode. */
  key: string;
  exposure: Exposure;
  revision: number;
  /** Workflow time of the start of this bake; windows that begin before it plus the warm-up are not judged. */
  sinceMs: number;
  /** Absolute; null: none (a guard while people decide). */
  deadlineMs: number | null;
  /** Conditions the workflow already acts on; a difference makes the activity return. */
  known: Conditions;
  /** Steps judged before, oldest first: their windows feed the rollback processes. */
  earlier: string[];
  /** Gates an emergency start waived at this exposure: they need not pass, and may still fail. */
  waive: string[];
}

interface BakeCommon {
  verdict: StepVerdict | null;
  conditions: Conditions;
  observed: { share: number | null; how: 'traffic' | 'configuration' } | null;
  state: ExposureState;
  /** Close of the window that decided; null when no window did. */
  detectedAtMs: number | null;
  windows: number;
}
export type BakeResult = BakeCommon &
  (
    | { kind: 'pass' }
    | { kind: 'fail' }
    | { kind: 'timeout' }
    | { kind: 'conditions' }
    /** Somebody raised it; it has been put back to the approved level already. */
    | { kind: 'editedUp'; found: string }
    | { kind: 'leaseLapsed' }
    /** The store was closed for this rollout behind the workflow's back: `rollback --direct`. */
    | { kind: 'closed' }
  );

/** One heartbeat per attempt: a cache for the next attempt and the live numbers of `watch`. At most 32 kB. */
export interface BakeHeartbeat {
  version: 1;
  /** Of which bake this is the memory: key, mode and start. Another's is not used. */
  of: string;
  /** Next window index per source. */
  cursor: Record<string, number>;
  /** Since when a source has not answered. */
  silentSinceMs: Record<string, number>;
  /** A wrong arm is believed at the second look. */
  suspect: string | null;
  /** Windows judged so far. */
  windows: number;
  /** Compact judge state; absent: rebuilt from the evidence store. */
  judge: unknown;
  verdict: StepVerdict | null;
  conditions: Conditions;
  observed: { share: number | null; how: 'traffic' | 'configuration' } | null;
  leaseUntilMs: number | null;
  atMs: number;
}

export interface RestoreInput {
  ref: RolloutRef;
  target: ExposureTarget;
  writeId: string;
  reason: string;
}
export interface Restored {
  state: ExposureState;
  /** When the evaluation plane showed zero. */
  safeAtMs: number;
  /** What was served before, e.g. a lapsed lease already meant zero. */
  before: { share: number; cohorts: string[] } | null;
}

export interface ConfirmZeroInput extends RolloutRef {
  target: ExposureTarget;
  planDigest: Digest;
  sinceMs: number;
  /** Give up on traffic and answer "by configuration" at this time. */
  deadlineMs: number;
}
export interface ZeroConfirmed {
  how: 'traffic' | 'configuration';
  atMs: number;
  sentence: string;
}

export interface PromoteInput extends RolloutRef {
  target: ExposureTarget;
  registry: string;
  alias: string;
  from: { version: string; digest: Digest };
  to: { version: string; digest: Digest };
  holdBack: number;
  expectedRevision: number;
  writeId: string;
  /** Of the last stage; null where no decision was asked for. */
  mandate: Mandate | null;
  atMs: number;
}
export interface Promoted {
  state: ExposureState;
}

export interface MoveAliasInput extends RolloutRef {
  registry: string;
  alias: string;
  /** Only while it points here. */
  from: string;
  to: string;
}

export interface SettleInput extends RolloutRef {
  target: ExposureTarget;
  /** 0 ends the hold-back; more writes the promoted state again after an edit by hand. */
  holdBack: number;
  expectedRevision: number;
  writeId: string;
}

export interface CloseInput extends RolloutRef {
  journal: JournalEntry[];
  outcome: 'completed' | 'rolledBack' | 'cancelled' | 'refused';
  sentence: string;
  notify: string[];
}

export interface AnnounceInput extends RolloutRef {
  /** Stable over retries: rollout id and journal sequence. */
  eventId: string;
  type: string;
  urgent: boolean;
  sentence: string;
  notify: string[];
}

/** Served on the activities queue. */
export interface RolloutActivities {
  admit(input: AdmitInput): Promise<Admission>;
  freezeEvidence(input: FreezeInput): Promise<Frozen>;
  raiseExposure(input: RaiseInput): Promise<Raised>;
  bake(input: BakeInput): Promise<BakeResult>;
  promote(input: PromoteInput): Promise<Promoted>;
  /** Writes the promoted state with the hold-back given; at 0 everyone is on the candidate and no rule is left in the flag. */
  settle(input: SettleInput): Promise<Promoted>;
  announce(input: AnnounceInput): Promise<void>;
  closeRollout(input: CloseInput): Promise<void>;
}

/** Served beside the workflow, as local activities: the answer is in the history, and no later library can change it. */
export interface DoorActivities {
  checkDecision(input: CheckDecisionInput): Promise<DecisionCheck>;
}

/** Served on the rollback queue. Each is absolute and idempotent and tries for ever. */
export interface RollbackActivities {
  restoreBaseline(input: RestoreInput): Promise<Restored>;
  restoreAlias(input: MoveAliasInput): Promise<{ moved: boolean; sentence: string }>;
  confirmZero(input: ConfirmZeroInput): Promise<ZeroConfirmed>;
}

export type { DesiredExposure, ExposureRead, ExposureState, ExposureTarget };
