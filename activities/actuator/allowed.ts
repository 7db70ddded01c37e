/**
 * What the actuator asks before it lets exposure rise (governance 7.5): who asks, what was pinned, what is in force, what
 * comes next, whether the step before has passed, whether people still stand behind it, and whether nothing is frozen. No
 * argument is believed. Lowering asks for nothing.
 */
import { placesOf } from '../../evidence/walk.js';
import type { PromoteInput, RaiseInput, SettleInput } from '../../workflows/contract/activities.js';
import type { ExposureRead, ExposureState } from '../../workflows/contract/exposure.js';
import type { ActivityDeps } from '../deps.js';
import type { ExposureStore } from '../exposure/adapter.js';
import { failure } from '../failures.js';
import { checkCaller } from './caller.js';
import { checkFreeze } from './freeze.js';
import { checkMandate } from './mandate.js';
import { aimOf, exceeds, isSameExposure, written } from './next-step.js';
import { type Pinned, pinnedFor, planMismatch } from './pinned.js';
import { checkProof } from './proof.js';

/** State of the store when this very write is in force already, so that nothing is left to do; null: it may be made. */
export type Leave = ExposureState | null;

/** Golden keys tell a share to better than this. */
const TOLERANCE = 0.005;

export async function mayRaise(deps: ActivityDeps, store: ExposureStore, input: RaiseInput): Promise<Leave> {
  checkCaller(input);
  const pinned = await pinnedFor(deps, input);
  const { plan } = pinned;
  if (input.leaseForMs !== plan.lease.forMs || input.onSilence !== plan.lease.onSilence) {
    throw planMismatch('The order asks for another lease than the pinned plan.');
  }
  const read = await store.read(input.target);
  if (isDone(read.state, input)) return read.state;
  refuseStale(read.state, input);
  const aim = aimOf(plan, read.state, input);
  if (aim.kind === 'lower') return null;
  if (aim.kind === 'again') {
    if (servesMore(input, read)) checkFreeze(deps, input.tenant);
    return null;
  }
  checkFreeze(deps, input.tenant);
  const stage = plan.stages.find(({ name }) => name === aim.to.stage);
  if (stage) await checkMandate(deps, pinned, stage, input.mandate);
  const before = placesOf(plan)[aim.to.index - 1];
  if (before) await checkProof(deps, pinned, before, aim.to);
  return null;
}

/** Moving the registry's alias counts as a raise. */
export async function mayPromote(deps: ActivityDeps, store: ExposureStore, input: PromoteInput): Promise<Leave> {
  checkCaller(input);
  const pinned = await pinnedFor(deps, input);
  refuseOther(pinned, input);
  const { state } = await store.read(input.target);
  if (state.mode === 'promoted' && isDone(state, input)) return state;
  refuseStale(state, input);
  const { plan } = pinned;
  const last = placesOf(plan).at(-1);
  const stage = plan.stages.at(-1);
  const isExposing = state.rolloutId === input.rolloutId && state.mode === 'exposing';
  if (!last || !stage || !isExposing || !isSameExposure(state, last.exposure)) {
    const inForce = isExposing ? written(state) : 'nothing of this rollout';
    throw failure('notNextStep', `Promotion comes after the last step of the plan, and ${inForce} is in force.`);
  }
  checkFreeze(deps, input.tenant);
  await checkMandate(deps, pinned, stage, input.mandate);
  await checkProof(deps, pinned, last, null);
  return null;
}

/** Ends the hold-back, or writes the promoted state again: of a rollout that was promoted, and of no other. */
export async function maySettle(deps: ActivityDeps, store: ExposureStore, input: SettleInput): Promise<Leave> {
  checkCaller(input);
  const { plan } = await pinnedFor(deps, input);
  if (input.holdBack !== 0 && input.holdBack !== plan.after?.holdBack) {
    throw planMismatch('The order asks for another hold-back than the pinned plan.');
  }
  const { state } = await store.read(input.target);
  if (isDone(state, input)) return state;
  refuseStale(state, input);
  if (state.rolloutId === input.rolloutId && state.mode === 'promoted') return null;
  throw failure('notNextStep', `${input.rolloutId} has not been promoted, so its hold-back cannot end.`);
}

function isDone({ rolloutId, writeId }: ExposureState, input: SettleInput | RaiseInput): boolean {
  return rolloutId === input.rolloutId && writeId === input.writeId;
}

/** The store would refuse these too; but only what was read here may be what is written over. */
function refuseStale(state: ExposureState, { target, rolloutId, expectedRevision }: SettleInput | RaiseInput): void {
  if (state.closedFor === rolloutId) {
    throw failure('exposureClosed', `${target.flag} was closed for ${rolloutId} by its rollback; start a new rollout.`);
  }
  if (state.revision === expectedRevision) return;
  const holds = `${target.flag} holds revision ${state.revision} of ${state.rolloutId ?? 'nobody'}`;
  const message = `${holds}, but ${rolloutId} expected revision ${expectedRevision}; read it again.`;
  throw failure('exposureConflict', message, [state.revision]);
}

function servesMore({ exposure }: RaiseInput, { served }: ExposureRead): boolean {
  return exceeds(exposure, { ...served, share: served.share + TOLERANCE });
}

function refuseOther({ plan, admission }: Pinned, { registry, alias, from, to, holdBack }: PromoteInput): void {
  const { baselineVersion, candidateVersion, digests } = admission;
  const isPinned =
    registry === plan.candidate.registry &&
    alias === admission.alias &&
    from.version === baselineVersion &&
    from.digest === digests.baseline &&
    to.version === candidateVersion &&
    to.digest === digests.candidate &&
    holdBack === (plan.after?.holdBack ?? 0);
  if (!isPinned) throw planMismatch('The order promotes something else than was admitted.');
}
