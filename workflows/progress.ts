/** What the story does to the state, event by event. Pure and sandbox-safe. */
import type { Admission, BakeResult, Raised } from './contract/activities.js';
import { stepKey } from './contract/ids.js';
import type { Json } from './contract/journal.js';
import type { Plan, StageSpec } from './contract/plan.js';
import type { StepVerdict } from './contract/verdicts.js';
import type { Request } from './contract/view.js';
import { addHold, liftHolds } from './holds.js';
import { note } from './journal.js';
import { lower } from './lowering.js';
import { mayRaise, type State, stageOf } from './state.js';

export function admitted(state: State, admission: Admission, nowMs: number): State {
  const { candidateVersion, baselineVersion, digests } = admission;
  const next = { ...state, admission, revision: admission.before.state.revision, phase: 'decide' as const };
  return note(next, nowMs, 'admitted', {
    candidateVersion,
    baselineVersion,
    ...digests,
    notes: admission.notes,
    assurance: 'identity',
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
  return note(next, nowMs, 'requested', { requestId, stage, attempt, expiresAtMs, evidence: request.digests.evidence });
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
    touched: true,
    asked: step,
    bake: null,
    verdict: null,
    writes: state.writes + 1,
    tries: state.tries + 1,
  };
  return note(begun, nowMs, 'raising', {
    stage: stage.name,
    step: state.stepIndex,
    share: step.share,
    cohorts: step.cohorts,
  });
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
    ? { stageIndex: state.stageIndex + 1, stepIndex: 0, attempt: 1 }
    : { stepIndex: state.stepIndex + 1 };
  return { ...state, ...moved, phase: 'decide', tries: 0, judged: [...state.judged, bakeKey(state, plan)] };
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

/** Takes in what a bake or a guard came back with. Lowering causes win over everything else it says. */
export function observed(state: State, plan: Plan, result: BakeResult, nowMs: number): State {
  const seen: State = {
    ...state,
    observed: result.observed,
    verdict: result.verdict ?? state.verdict,
    revision: result.state.rolloutId === state.rolloutId ? result.state.revision : state.revision,
  };
  if (result.kind === 'fail' && result.verdict) return failed(seen, result.verdict, result.detectedAtMs, nowMs);
  if (result.kind === 'leaseLapsed') return lapsed(seen, nowMs);
  if (result.kind === 'closed') return closedDirectly(seen, nowMs);
  const judged = conditions(seen, plan, result.conditions, nowMs);
  if (result.kind === 'editedUp') return note(judged, nowMs, 'edited', { direction: 'up', found: result.found });
  if (result.kind === 'pass' && judged.bake && result.verdict) return passed(judged, result.verdict, nowMs);
  if (result.kind === 'timeout' && judged.phase === 'bake') return timedOut(judged, plan, nowMs);
  return judged;
}

function failed(state: State, verdict: StepVerdict, detectedAtMs: number | null, nowMs: number): State {
  const gate = verdict.decidedBy?.gate ?? null;
  const slice = verdict.decidedBy?.slice ?? null;
  const noted = note(state, nowMs, 'verdict', summary(verdict));
  return lower(noted, nowMs, { cause: 'gate', by: null, reason: verdict.sentence, gate, slice, verdict, detectedAtMs });
}

function lapsed(state: State, nowMs: number): State {
  const reason = 'The lease ran out unrenewed: users went back to the baseline by themselves.';
  return lower(state, nowMs, { cause: 'leaseLapsed', by: null, reason });
}

/** `rollback --direct` has been here: the workflow adopts it and finishes the job. */
function closedDirectly(state: State, nowMs: number): State {
  const reason = 'Somebody rolled back directly at the exposure store.';
  return lower(state, nowMs, { cause: 'operator', by: null, reason });
}

function passed(state: State, verdict: StepVerdict, nowMs: number): State {
  const noted = note(state, nowMs, 'verdict', summary(verdict));
  const parked = noted.holds.length > 0;
  return { ...noted, bake: noted.bake && { ...noted.bake, passed: !parked, parked } };
}

function timedOut(state: State, plan: Plan, nowMs: number): State {
  // A hold stops the clock too: the deadline moves on when it is lifted.
  if (state.holds.length > 0) return { ...state, bake: state.bake && { ...state.bake, parked: true } };
  const stage = stageOf(state, plan);
  const waited = state.verdict?.sentence ?? 'no window could be judged';
  const reason = `The bake of ${stage?.name ?? 'this stage'} ran out of time undecided: ${waited}`;
  const noted = note(state, nowMs, 'verdict', { verdict: 'timeout', sentence: reason });
  if (stage?.bake.onTimeout === 'rollback')
    return lower(noted, nowMs, { cause: 'timeout', by: null, reason, verdict: state.verdict });
  return addHold(noted, nowMs, { class: 'judge', owner: 'judge', cause: 'timeout', reason });
}

/** Holds follow conditions: each stands while its condition does. */
function conditions(state: State, plan: Plan, now: State['conditions'], nowMs: number): State {
  if (JSON.stringify(now) === JSON.stringify(state.conditions)) return state;
  const noted = note({ ...state, conditions: now }, nowMs, 'conditions', { ...now });
  const standing = reasons(now);
  const cleared = liftHolds(
    noted,
    nowMs,
    'judge',
    (h) => h.class === 'judge' && h.cause !== 'timeout' && !(h.cause in standing),
  );
  const held = Object.entries(standing).reduce(
    (sum, [cause, reason]) =>
      addHold(sum, nowMs, { class: cause === 'edited' ? 'operator' : 'judge', owner: 'judge', cause, reason }),
    cleared,
  );
  const stage = stageOf(state, plan);
  if (now.splitBroken || now.labelsBroken || now.armWrong) return held;
  if (now.blind.length > 0 && stage?.bake.onBlind === 'rollback' && stage.bake.blindDeadlineMs === 0)
    return blindTooLong(held, nowMs);
  return held;
}

/** The monitoring stayed blind past its deadline and the plan wants users back. */
export function blindTooLong(state: State, nowMs: number): State {
  const reason = `Gates ${state.conditions.blind.join(', ')} stayed blind past their deadline.`;
  return lower(state, nowMs, { cause: 'blind', by: null, reason });
}

function reasons(now: State['conditions']): Record<string, string> {
  return {
    ...(now.blind.length > 0 ? { blind: `No numbers for ${now.blind.join(', ')}: their source does not answer.` } : {}),
    ...(now.splitBroken ? { splitBroken: 'Users are not split as planned, so no comparison is valid.' } : {}),
    ...(now.labelsBroken ? { labelsBroken: 'Outcomes are complete in one arm only, so no comparison is valid.' } : {}),
    ...(now.armWrong ? { armChanged: now.armWrong } : {}),
    ...(now.editedDown ? { edited: `${now.editedDown} Resume puts the approved exposure back.` } : {}),
  };
}

/** What the journal keeps of a verdict: every gate with its sentence; the windows themselves are in the evidence store. */
function summary(verdict: StepVerdict): { [key: string]: Json } {
  return {
    verdict: verdict.verdict,
    gate: verdict.decidedBy?.gate ?? null,
    slice: verdict.decidedBy?.slice ?? null,
    asOfMs: verdict.asOfMs,
    sentence: verdict.sentence,
    gates: verdict.gates.map(({ gate, slice, verdict: said, sentence }) => ({ gate, slice, verdict: said, sentence })),
  };
}
