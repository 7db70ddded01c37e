/** What the story does to the state, event by event. Pure and sandbox-safe. */
import type { Admission, Raised } from './contract/activities.js';
import type { Request } from './contract/decisions.js';
import { stepKey } from './contract/ids.js';
import type { Json } from './contract/journal.js';
import type { Plan, StageSpec } from './contract/plan.js';
import { note } from './journal.js';
import { mayRaise } from './allowed.js';
import { type State, stageOf } from './state.js';

export function admitted(state: State, admission: Admission, nowMs: number): State {
  const { candidateVersion, baselineVersion, digests } = admission;
  const next = { ...state, admission, revision: admission.before.state.revision, phase: 'decide' as const };
  return note(next, nowMs, 'admitted', {
    candidateVersion,
    baselineVersion,
    ...digests,
    notes: admission.notes,
    assurance: admission.assurance,
    actuator: admission.actuator,
    breakGlass: admission.breakGlass,
  });
}

export function stageOpened(state: State, stage: StageSpec, nowMs: number): State {
  const status = stage.approval ? 'awaitingApproval' : state.status;
  return note({ ...state, status }, nowMs, 'stageOpened', {
    stage: stage.name,
    steps: stage.steps.map((s) => s.share),
  });
}

export function requested(state: State, request: Request, nowMs: number): State {
  const { requestId, stage, attempt, expiresAtMs } = request;
  const next = { ...state, request, status: 'awaitingApproval' as const };
  return note(next, nowMs, 'requested', {
    requestId,
    stage,
    attempt,
    expiresAtMs,
    evidence: request.digests.evidence,
    request: plain(request),
  });
}

/**
 * Begins a raise; null when it may not begin. The request is spent here: its decisions count for this raise only.
 * A raise that has begun but not been confirmed may be begun again.
 */
export function raising(state: State, plan: Plan, nowMs: number): State | null {
  const again = state.phase === 'raise' && !state.lowering && state.holds.length === 0;
  if (!again && !mayRaise(state, plan, nowMs)) return null;
  const stage = stageOf(state, plan);
  const step = stage?.steps[state.stepIndex];
  if (!stage || !step) return null;
  const begun: State = {
    ...state,
    status: 'raising',
    phase: 'raise',
    request: null,
    mandate: again ? state.mandate : mandateOf(state, stage),
    before: again ? state.before : { asked: state.asked, bake: state.bake },
    touched: true,
    asked: step,
    bake: null,
    verdict: null,
    writes: state.writes + 1,
    tries: Math.max(state.tries, triesOf(state, stepKey(stage.name, state.stepIndex, 0))) + 1,
  };
  return note(begun, nowMs, 'raising', {
    stage: stage.name,
    step: state.stepIndex,
    share: step.share,
    cohorts: step.cohorts,
  });
}

/** Why the stage may rise: kept for all of its steps, for whoever checks again. */
function mandateOf(state: State, stage: StageSpec): State['mandate'] {
  if (!stage.approval) return null;
  const { request } = state;
  if (!request) return state.mandate;
  const own = state.decisions.filter(({ requestId }) => requestId === request.requestId);
  return {
    request,
    decisions: own.flatMap(({ signed, by, atMs }) => (signed === null ? [] : [{ ...signed, by, atMs }])),
  };
}

/** The actuator refused and wrote nothing: back to deciding, on the same answers unless it is those that do not hold. */
export function stoodDown(state: State, anew: boolean, nowMs: number): State {
  const { before, mandate, stepIndex } = state;
  const asked = anew || stepIndex > 0 ? null : (mandate?.request ?? null);
  const back: State = {
    ...state,
    phase: 'decide',
    status: asked === null ? 'raising' : 'awaitingApproval',
    asked: before?.asked ?? state.asked,
    bake: before?.bake ?? null,
    request: asked,
    mandate: anew ? null : mandate,
    stepIndex: anew ? 0 : stepIndex,
  };
  return anew ? note(back, nowMs, 'decisionVoid', { stage: mandate?.request.stage ?? '' }) : back;
}

function plain(value: Request): Json {
  return value as unknown as Json;
}

export function raised(state: State, plan: Plan, done: Raised, nowMs: number): State {
  const stage = stageOf(state, plan);
  const bake = freshBake(state, plan, Math.max(nowMs, done.verifiedAtMs));
  const next = { ...state, status: 'baking' as const, phase: 'bake' as const, revision: done.state.revision, bake };
  return note(next, nowMs, 'raised', {
    stage: stage?.name ?? '',
    step: state.stepIndex,
    revision: done.state.revision,
    served: done.served.share,
  });
}

/** The step is judged: on to the next step, or the next stage. */
export function advanced(state: State, plan: Plan): State {
  const stage = stageOf(state, plan);
  const last = !stage || state.stepIndex + 1 >= stage.steps.length;
  const moved = last
    ? {
        stageIndex: state.stageIndex + 1,
        stepIndex: 0,
        attempt: state.remeasuring ? state.attempt : 1,
        remeasuring: false,
      }
    : { stepIndex: state.stepIndex + 1 };
  return { ...state, ...moved, phase: 'decide', tries: 0, judged: [...state.judged, bakeKey(state, plan)] };
}

/**
 * The evidence people were asked to decide on is older than the policy allows: the step before is baked anew, in windows
 * of its own, and only its pass asks again.
 */
export function remeasured(state: State, plan: Plan, nowMs: number): State {
  const closed = note({ ...state, request: null }, nowMs, 'requestClosed', { why: 'evidenceAged' });
  const before = plan.stages[state.stageIndex - 1];
  if (!before) return { ...closed, attempt: state.attempt + 1 };
  const at = { stageIndex: state.stageIndex - 1, stepIndex: before.steps.length - 1 };
  const tries = 1 + triesOf(state, stepKey(before.name, at.stepIndex, 0));
  const back: State = { ...closed, ...at, phase: 'bake', status: 'baking', tries, remeasuring: true };
  return { ...back, attempt: state.attempt + 1, bake: freshBake(back, plan, nowMs) };
}

/** The last try of a step that was judged; `key` is that of its try 0. */
function triesOf({ judged }: State, key: string): number {
  const step = key.slice(0, -1);
  const tries = judged.filter((one) => one.startsWith(step)).map((one) => Number(one.slice(step.length)));
  return Math.max(0, ...tries.filter(Number.isInteger));
}

/** Somebody resumed after a lowering by hand: the exposure that was approved is written once more. */
export function rewritten(state: State, plan: Plan, nowMs: number): State {
  const again = { ...state, redo: false, writes: state.writes + 1 };
  const stage = stageOf(state, plan)?.name ?? '';
  return note(again, nowMs, 'raising', {
    stage,
    step: state.stepIndex,
    share: state.asked.share,
    cohorts: state.asked.cohorts,
  });
}

/** It is in force again. What was seen before does not judge it: a bake begins anew, in windows of its own. */
export function confirmed(state: State, plan: Plan, done: Raised, nowMs: number): State {
  const next = { ...state, revision: done.state.revision };
  const details = { step: state.stepIndex, revision: done.state.revision, served: done.served.share };
  if (state.phase !== 'bake') return note(next, nowMs, 'raised', details);
  const afresh = { ...next, judged: [...state.judged, bakeKey(state, plan)], tries: state.tries + 1 };
  return note({ ...afresh, bake: freshBake(state, plan, nowMs) }, nowMs, 'raised', details);
}

function freshBake(state: State, plan: Plan, sinceMs: number): State['bake'] {
  const bake = stageOf(state, plan)?.bake;
  return {
    sinceMs,
    deadlineMs: sinceMs + (bake?.warmupMs ?? 0) + (bake?.maxMs ?? 0),
    passed: false,
    parked: false,
    epoch: 0,
  };
}

/** Directory of the windows that judge the step the state points at. */
export function bakeKey(state: State, plan: Plan): string {
  return stepKey(stageOf(state, plan)?.name ?? 'after', state.stepIndex, state.tries);
}
