/**
 * What a rollout remembers: one plain JSON value that survives continue-as-new, and the questions asked of it.
 * Pure and sandbox-safe: no Temporal, no clock; time comes in as an argument.
 */
import { matchQuorum } from '../approvals/quorum.js';
import type { Admission, Conditions } from './contract/activities.js';
import type { JournalEntry } from './contract/journal.js';
import type { Answer } from './contract/messages.js';
import type { Digest, Exposure, Plan, StageSpec } from './contract/plan.js';
import type { RolloutInput } from './contract/start.js';
import type { StepVerdict } from './contract/verdicts.js';
import type { Decision, Hold, Lowering, Request, Status } from './contract/view.js';

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

export interface State {
  version: 1;
  tenant: string;
  model: string;
  rolloutId: string;
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
  decisions: Decision[];
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
}

export const CLEAR: Conditions = {
  blind: [],
  splitBroken: false,
  labelsBroken: false,
  armWrong: null,
  editedDown: null,
};

export function begin(input: RolloutInput, runId: string, nowMs: number): State {
  const { plan } = input;
  return {
    version: 1,
    tenant: plan.tenant,
    model: plan.model,
    rolloutId: input.rolloutId,
    runId,
    startedBy: input.by,
    startedAtMs: nowMs,
    planDigest: input.planDigest,
    status: 'admitting',
    phase: 'admit',
    stageIndex: 0,
    stepIndex: 0,
    attempt: 1,
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

/** Slots nobody has filled yet, as roles; empty when the quorum stands or no decision is needed. */
export function awaitedRoles(state: State): string[] {
  const { request } = state;
  if (!request || !state.admission) return [];
  return matchQuorum(request.rules, approvers(state)).open;
}

function approvers(state: State): { id: string; roles: string[] }[] {
  const yes = state.decisions.filter((d) => d.decision === 'approve' && d.requestId === state.request?.requestId);
  return yes.flatMap((d) => state.admission?.people.filter((p) => p.id === d.by) ?? []);
}

/** A request does not age while the rollout is held. */
export function expiryMs(state: State, request: Request, nowMs: number): number {
  return request.expiresAtMs + (state.heldSinceMs === null ? 0 : nowMs - state.heldSinceMs);
}

/** The open request belongs to this stage and attempt, is unexpired and has its quorum. */
export function quorumStands(state: State, plan: Plan, nowMs: number): boolean {
  const stage = stageOf(state, plan);
  const { request } = state;
  if (!stage?.approval) return true;
  if (!request || request.stage !== stage.name || request.attempt !== state.attempt) return false;
  return nowMs < expiryMs(state, request, nowMs) && awaitedRoles(state).length === 0;
}

/**
 * May exposure rise to the step the state points at? The one place that says so (promise 1): nothing lowers or blocks,
 * every step before has passed, and where people decide their quorum stands for exactly this attempt.
 */
export function mayRaise(state: State, plan: Plan, nowMs: number): boolean {
  if (state.lowering || isHeld(state) || blocked(state.conditions)) return false;
  const first = state.stageIndex === 0 && state.stepIndex === 0;
  if (!first && state.bake?.passed !== true) return false;
  return state.stepIndex > 0 || quorumStands(state, plan, nowMs);
}

/** May the candidate become the baseline? */
export function mayPromote(state: State, plan: Plan): boolean {
  if (state.lowering || isHeld(state) || blocked(state.conditions)) return false;
  return state.stageIndex >= plan.stages.length && state.bake?.passed === true;
}

export function blocked(conditions: Conditions): boolean {
  return (
    conditions.blind.length > 0 ||
    conditions.splitBroken ||
    conditions.labelsBroken ||
    conditions.armWrong !== null ||
    conditions.editedDown !== null
  );
}
