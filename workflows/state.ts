/**
 * What a rollout remembers: one plain JSON value that survives continue-as-new; what it allows is in allowed.ts.
 * Pure and sandbox-safe: no Temporal, no clock; time comes in as an argument.
 */
import type { Admission, Conditions } from './contract/activities.js';
import { type DecisionKind, GENESIS, type Mandate, type Request, type Signed } from './contract/decisions.js';
import type { JournalEntry } from './contract/journal.js';
import type { Answer } from './contract/messages.js';
import type { Digest, Exposure, Plan, StageSpec } from './contract/plan.js';
import type { RolloutInput } from './contract/start.js';
import type { StepVerdict } from './contract/verdicts.js';
import type { Decision, Hold, Lowering, Status } from './contract/view.js';

/** Where the story stands; together with the indexes it says what comes next after a continue-as-new. */
export type Phase = 'admit' | 'decide' | 'raise' | 'bake' | 'promote' | 'after' | 'settle' | 'close';

export interface BakeState {
  sinceMs: number;
  deadlineMs: number;
  /** The verdict of this step was pass; only this lets the next step or stage begin. */
  passed: boolean;
  /** Judged enough while something holds the rollout: the judge is asked again when it is let go. */
  parked: boolean;
  /** Bumped when the deadline moves, so that the running activity is replaced. */
  epoch: number;
}

/** A decision as the workflow keeps it: with what proves it, and when its author says it was made. */
export interface KeptDecision extends Decision {
  issuedAtMs: number;
  /** Null under identity assurance. */
  signed: Signed | null;
}

/** A signed answer that has come in and is not checked yet: nothing rises while one is waiting. */
export interface Unchecked extends Signed {
  messageId: string;
  verb: DecisionKind;
  by: string;
  atMs: number;
}

export interface State {
  version: 1;
  tenant: string;
  model: string;
  rolloutId: string;
  /** Of the first run, whatever continue-as-new made of it. */
  firstRunId: string;
  runId: string;
  startedBy: string;
  startedAtMs: number;
  planDigest: Digest;
  status: Status;
  phase: Phase;
  stageIndex: number;
  stepIndex: number;
  /** Which request of this stage, from 1. */
  attempt: number;
  /** A step is baked anew because its evidence had aged: the request to come is the next attempt, not the first. */
  remeasuring: boolean;
  /** How often this step has been raised; each time is judged on windows of its own. */
  tries: number;
  admission: Admission | null;
  asked: Exposure;
  /** Of the last exposure write this workflow knows of; the next write must find it. */
  revision: number;
  writes: number;
  observed: { share: number | null; how: 'traffic' | 'configuration' } | null;
  bake: BakeState | null;
  verdict: StepVerdict | null;
  conditions: Conditions;
  holds: Hold[];
  /** Since when at least one hold has stood without a break. */
  heldSinceMs: number | null;
  request: Request | null;
  decisions: KeptDecision[];
  /** Signed answers to the open request whose signatures are not checked yet, oldest first. */
  unchecked: Unchecked[];
  /** What allowed the stage that is being raised or baked; null where nobody was asked. */
  mandate: Mandate | null;
  /** In force before the raise that has begun, in case the actuator refuses it. */
  before: { asked: Exposure; bake: BakeState | null } | null;
  lowering: Lowering | null;
  /** Steps judged so far, oldest first, as bake keys. */
  judged: string[];
  /** Somebody resumed after an edit by hand: the approved exposure is to be written again. */
  redo: boolean;
  /** A write was attempted, so the way back must run. */
  touched: boolean;
  aliasMoved: boolean;
  promotedAtMs: number | null;
  afterUntilMs: number | null;
  supersededBy: string | null;
  answers: Answer[];
  refused: Record<string, number>;
  refusals: number;
  messages: number;
  journal: JournalEntry[];
  seq: number;
  /** Hash of the newest entry. */
  head: Digest;
  /** Senders whose repeated decision is in the journal already. */
  repeaters: string[];
}

export const CLEAR: Conditions = {
  blind: [],
  splitBroken: false,
  labelsBroken: false,
  armWrong: null,
  editedDown: null,
};

export function begin(input: RolloutInput, runId: string, firstRunId: string, nowMs: number): State {
  const { plan } = input;
  return {
    version: 1,
    tenant: plan.tenant,
    model: plan.model,
    rolloutId: input.rolloutId,
    firstRunId,
    runId,
    startedBy: input.by,
    startedAtMs: nowMs,
    planDigest: input.planDigest,
    status: 'admitting',
    phase: 'admit',
    stageIndex: 0,
    stepIndex: 0,
    attempt: 1,
    remeasuring: false,
    tries: 0,
    admission: null,
    asked: { share: 0, cohorts: [] },
    revision: 0,
    writes: 0,
    observed: null,
    bake: null,
    verdict: null,
    conditions: CLEAR,
    holds: [],
    heldSinceMs: null,
    request: null,
    decisions: [],
    unchecked: [],
    mandate: null,
    before: null,
    lowering: null,
    judged: [],
    redo: false,
    touched: false,
    aliasMoved: false,
    promotedAtMs: null,
    afterUntilMs: null,
    supersededBy: null,
    answers: [],
    refused: {},
    refusals: 0,
    messages: 0,
    journal: [],
    seq: 0,
    head: GENESIS,
    repeaters: [],
  };
}

export function stageOf(state: State, plan: Plan): StageSpec | null {
  return plan.stages[state.stageIndex] ?? null;
}

/** Anybody on the candidate by our doing: then guards run and the lease is renewed. */
export function exposed(state: State): boolean {
  return state.asked.share > 0 || state.asked.cohorts.length > 0;
}

export function isHeld(state: State): boolean {
  return state.holds.length > 0;
}
