/** What a bake or a guard came back with, taken into the state. Pure and sandbox-safe. */
import type { BakeResult } from './contract/activities.js';
import type { Json } from './contract/journal.js';
import type { Plan } from './contract/plan.js';
import type { StepVerdict } from './contract/verdicts.js';
import { addHold, liftHolds } from './holds.js';
import { note } from './journal.js';
import { lower } from './lowering.js';
import { type State, stageOf } from './state.js';

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
