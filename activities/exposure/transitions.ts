/**
 * What may be written over what: pure decisions of the store, from the flag as found, the order and the clock.
 * Refusals are failures typed by the error table. Lowering is never refused.
 */
import type { DesiredExposure, ExposureState, ExposureTarget } from '../../workflows/contract/exposure.js';
import { failure } from '../failures.js';
import type { ApplyOrder } from './adapter.js';
import { type Found, flagFor, hasTargeting, type Json, servesAsRecorded } from './flag-document.js';
import type { FlagRecord, Versions } from './flag-metadata.js';
import { defaultVersion, moveLease, weightOf } from './flag-targeting.js';

/** `done`: the flag is already as asked, or is none of this rollout's business. */
export type Transition = { kind: 'done'; state: ExposureState } | { kind: 'write'; flag: Json; state: ExposureState };

/** Plan names are stricter; this is what variant names and evaluators can carry. */
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const COHORT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const ATTRIBUTE = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** State of a flag nobody of ours has written. */
export const UNTOUCHED: ExposureState = {
  mode: 'serving',
  share: 0,
  cohorts: [],
  holdBack: 0,
  leaseUntilMs: null,
  onSilence: 'baseline',
  rolloutId: null,
  revision: 0,
  writeId: null,
  closedFor: null,
};

export function stateOf({ reading }: Found): ExposureState {
  if (reading.kind === 'ours') return reading.record.state;
  return reading.kind === 'damaged' ? { ...UNTOUCHED, revision: reading.revision } : UNTOUCHED;
}

/** True when another rollout has taken the flag since: whatever this one wrote is gone, and undoing it would hit the other. */
export function supersedes({ reading }: Found, target: ExposureTarget): boolean {
  if (reading.kind !== 'ours' || reading.record.state.rolloutId === target.rolloutId) return false;
  return isLive(reading.record.state) || defaultVersion(reading.record) !== target.baselineVersion;
}

/** An exposure or promotion; throws why not. */
export function applied(found: Found, order: ApplyOrder, nowMs: number): Transition {
  const { target, desired, writeId } = order;
  const state = stateOf(found);
  if (state.writeId === writeId && state.rolloutId === target.rolloutId) return { kind: 'done', state };
  refuseNotOurs(state, order);
  refuseLapsed(state, target, nowMs);
  refuseUnsupported(found, order);
  const next = desired.mode === 'promoted' ? promoted(state, order, desired) : exposing(state, order, desired, nowMs);
  return write(found, { state: next, versions: versionsOf(target) });
}

/** Zero for this rollout, closed for it. A no-op only when it is done already or the flag is another rollout's now. */
export function restored(found: Found, target: ExposureTarget, writeId: string): Transition {
  const state = stateOf(found);
  const done = state.writeId === writeId && state.closedFor === target.rolloutId && servesAsRecorded(found);
  if (done || supersedes(found, target)) return { kind: 'done', state };
  const zero = {
    ...UNTOUCHED,
    rolloutId: target.rolloutId,
    revision: state.revision + 1,
    writeId,
    closedFor: target.rolloutId,
  };
  return write(found, { state: zero, versions: versionsOf(target) });
}

/** Moves the lease only: what people changed by hand stays as they left it, and shows as such in the next read. */
export function renewed(
  found: Found,
  order: { target: ExposureTarget; revision: number; leaseUntilMs: number },
  nowMs: number,
): Transition {
  const { target } = order;
  const state = stateOf(found);
  if (state.closedFor === target.rolloutId) throw closed(target);
  if (state.rolloutId !== target.rolloutId || state.mode !== 'exposing' || state.revision !== order.revision)
    throw conflict(target, order.revision, state);
  refuseLapsed(state, target, nowMs);
  const untilMs = wholeSeconds(order.leaseUntilMs);
  if (state.leaseUntilMs === null || untilMs <= state.leaseUntilMs) return { kind: 'done', state };
  const next = { ...state, leaseUntilMs: untilMs };
  const { metadata } = flagFor(found.flag, { state: next, versions: versionsOf(target) });
  const moved = moveLease(found.flag?.['targeting'], state.leaseUntilMs, untilMs, target.baselineVersion);
  return {
    kind: 'write',
    state: next,
    flag: { ...found.flag, ...(moved === null ? {} : { targeting: moved }), metadata },
  };
}

/** Evaluators compare whole seconds; the state says what they do. */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function exposing(
  state: ExposureState,
  { target, writeId }: ApplyOrder,
  desired: Extract<DesiredExposure, { mode: 'exposing' }>,
  nowMs: number,
): ExposureState {
  const untilMs = desired.onSilence === 'keep' ? null : wholeSeconds(desired.leaseUntilMs);
  if (untilMs !== null && untilMs <= nowMs) {
    const why = 'the lease asked for had run out before the write; order it again with a later end';
    throw failure('leaseLapsed', `${target.flag}: ${why}.`);
  }
  if (state.mode === 'promoted' && state.rolloutId === target.rolloutId)
    throw failure(
      'exposureConflict',
      `${target.flag}: ${target.rolloutId} is promoted already and cannot expose again.`,
    );
  const { share, cohorts, onSilence } = desired;
  const { rolloutId } = target;
  const { closedFor } = state;
  const revision = state.revision + 1;
  return {
    mode: 'exposing',
    share,
    cohorts: [...cohorts],
    holdBack: 0,
    leaseUntilMs: untilMs,
    onSilence,
    rolloutId,
    revision,
    writeId,
    closedFor,
  };
}

/** Cohorts go on through a hold-back: nobody who had the candidate loses it. */
function promoted(state: ExposureState, order: ApplyOrder, { holdBack }: { holdBack: number }): ExposureState {
  const { target, writeId } = order;
  if (state.rolloutId !== target.rolloutId || state.mode === 'serving')
    throw failure(
      'exposureConflict',
      `${target.flag}: ${target.rolloutId} exposes nothing here, so it cannot be promoted.`,
    );
  const cohorts = weightOf(holdBack) === 0 ? [] : state.cohorts;
  const { rolloutId } = target;
  return {
    ...UNTOUCHED,
    mode: 'promoted',
    holdBack,
    cohorts,
    rolloutId,
    revision: state.revision + 1,
    writeId,
    closedFor: state.closedFor,
  };
}

function refuseNotOurs(state: ExposureState, { target, expectedRevision }: ApplyOrder): void {
  if (state.closedFor === target.rolloutId) throw closed(target);
  if (state.rolloutId !== target.rolloutId && isLive(state)) {
    const what = `${target.flag} belongs to rollout ${state.rolloutId} (revision ${state.revision})`;
    throw failure('targetTaken', `${what}; wait for it, roll it back, or reconcile if it no longer exists.`);
  }
  if (state.revision !== expectedRevision) throw conflict(target, expectedRevision, state);
}

function refuseLapsed(state: ExposureState, target: ExposureTarget, nowMs: number): void {
  const mine = state.mode === 'exposing' && state.rolloutId === target.rolloutId;
  if (!mine || state.leaseUntilMs === null || nowMs < state.leaseUntilMs) return;
  const when = new Date(state.leaseUntilMs).toISOString();
  const what = `${target.flag}: the lease of ${target.rolloutId} ran out at ${when}`;
  throw failure('leaseLapsed', `${what}; users are on ${target.baselineVersion} and the rollout must roll back.`);
}

function refuseUnsupported(found: Found, { target, desired }: ApplyOrder): void {
  const say = (what: string) => failure('unsupported', `${target.flag}: ${what}.`);
  const { baselineVersion, candidateVersion, cohortAttribute, flag } = target;
  for (const version of [baselineVersion, candidateVersion])
    if (!VERSION.test(version))
      throw say(`version ${JSON.stringify(version)} cannot name a variant; use letters, digits and . _ + -`);
  if (baselineVersion === candidateVersion) throw say(`candidate and baseline are both ${baselineVersion}`);
  if (!ATTRIBUTE.test(cohortAttribute))
    throw say(`cohort attribute ${JSON.stringify(cohortAttribute)} must be one plain name`);
  if (found.flag === null)
    throw failure(
      'exposureConflict',
      `${flag} is not in the flag file; add it with ${baselineVersion} as default variant.`,
    );
  if (found.flag['state'] === 'DISABLED')
    throw failure('exposureConflict', `${flag} is disabled in the flag file; enable it first.`);
  if (found.reading.kind === 'theirs' && hasTargeting(found.flag))
    throw failure('exposureConflict', `${flag} has targeting of its own; Sluice needs a flag to itself.`);
  if (desired.mode === 'promoted') return refuseShare(desired.holdBack, say);
  refuseShare(desired.share, say);
  for (const cohort of desired.cohorts)
    if (!COHORT.test(cohort) || cohort === 'none') throw say(`cohort ${JSON.stringify(cohort)} cannot name a variant`);
}

function refuseShare(share: number, say: (what: string) => Error): void {
  if (!(share >= 0 && share <= 1)) throw say(`share ${share} is not between 0 and 1`);
  if (share > 0 && weightOf(share) === 0) throw say(`share ${share} is below the smallest step, 0.001 %`);
}

function isLive({ mode, holdBack }: ExposureState): boolean {
  return mode === 'exposing' || (mode === 'promoted' && holdBack > 0);
}

function versionsOf({ baselineVersion, candidateVersion, cohortAttribute }: ExposureTarget): Versions {
  return { baseline: baselineVersion, candidate: candidateVersion, cohortAttribute };
}

function write({ flag }: Found, record: FlagRecord): Transition {
  return { kind: 'write', flag: flagFor(flag, record), state: record.state };
}

function closed({ flag, rolloutId }: ExposureTarget): Error {
  return failure('exposureClosed', `${flag} was closed for ${rolloutId} by its rollback; start a new rollout.`);
}

function conflict({ flag, rolloutId }: ExposureTarget, expected: number, state: ExposureState): Error {
  const holds = `revision ${state.revision} of ${state.rolloutId ?? 'nobody'}`;
  return failure(
    'exposureConflict',
    `${flag} holds ${holds}, but ${rolloutId} expected revision ${expected}; read it again.`,
  );
}
