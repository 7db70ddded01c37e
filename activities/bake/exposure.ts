/**
 * What the exposure store says at a look: is it still ours, still at the approved level, still leased? An edit upwards
 * is put back at once; one downwards is a question for people; a lapsed lease is never renewed.
 */

import type { ExposureRead, ExposureState } from '../../workflows/contract/exposure.js';
import { isSameExposure } from '../actuator/next-step.js';
import type { ExposureStore } from '../exposure/adapter.js';
import { isFailure } from '../failures.js';
import type { Look } from './bake.js';
import { noteDisturbance } from './disturbance.js';

type Over = { kind: 'leaseLapsed' } | { kind: 'closed' } | { kind: 'editedUp'; found: string };

export type Finding =
  | { kind: 'over'; result: Over; state: ExposureState }
  | { kind: 'standing'; state: ExposureState; editedDown: string | null; renewLease: () => Promise<number | null> };

/** Golden keys tell a share to better than this. */
const TOLERANCE = 0.005;

export async function lookAtExposure(look: Look): Promise<Finding> {
  const { input, deps, nowMs } = look;
  const store = deps.connections(input.tenant).exposure(input.target.store);
  const read = await store.read(input.target);
  const { state } = read;
  const editedDown = misread(look, read);
  if (state.closedFor === input.rolloutId) return { kind: 'over', result: { kind: 'closed' }, state };
  if (editedDown !== null) await noteDisturbance(look);
  if (input.mode === 'after') return { kind: 'standing', state, editedDown, renewLease: async () => null };
  if (lapsed(state, input.rolloutId, nowMs)) return { kind: 'over', result: { kind: 'leaseLapsed' }, state };
  const found = describe(read);
  if (exceeds(look, read)) {
    const back = await putBack(look, store, state);
    // Again after the write; killed in between, the next look finds a revision it does not know and comes here again.
    await noteDisturbance(look);
    return { kind: 'over', result: { kind: 'editedUp', found }, state: back };
  }
  return { kind: 'standing', state, editedDown, renewLease: () => renew(look, store, state) };
}

function lapsed(state: ExposureState, rolloutId: string, nowMs: number): boolean {
  if (state.rolloutId !== rolloutId || state.onSilence === 'keep') return false;
  return state.leaseUntilMs !== null && nowMs >= state.leaseUntilMs;
}

/** Edited, and not downwards: more users, or the same without their lease. Either way it goes back to what was approved. */
function exceeds(look: Look, read: ExposureRead): boolean {
  const asWritten = read.intact && read.state.revision === look.input.revision;
  return !asWritten && read.state.rolloutId === look.input.rolloutId && !servesLess(look, read);
}

function servesLess({ input }: Look, { served }: ExposureRead): boolean {
  const uninvited = served.cohorts.some((cohort) => !input.exposure.cohorts.includes(cohort));
  const missing = input.exposure.cohorts.some((cohort) => !served.cohorts.includes(cohort));
  return (
    !uninvited &&
    served.share <= input.exposure.share + TOLERANCE &&
    (missing || served.share < input.exposure.share - TOLERANCE)
  );
}

/** Served less than approved, or owned by somebody else: nobody is put back up without a person saying so. */
function misread({ input }: Look, read: ExposureRead): string | null {
  const { state, intact } = read;
  // A bake is of what is in force by the store's own record, so nothing can be baked ahead of its raise.
  const isBaked = input.mode !== 'bake' || isSameExposure(state, input.exposure);
  if (intact && isBaked && state.revision === input.revision && state.rolloutId === input.rolloutId) return null;
  return `The flag was changed by hand: ${describe(read)}, revision ${state.revision} where ${input.revision} was written.`;
}

function describe({ served, defaultVersion }: ExposureRead): string {
  const cohorts = served.cohorts.length > 0 ? ` and cohorts ${served.cohorts.join(', ')}` : '';
  return `it serves the candidate to ${(served.share * 100).toFixed(1)} %${cohorts}, ${defaultVersion} by default`;
}

/**
 * Lowering needs no leave, so this gives nobody more than the last write of this rollout did, as the store itself recorded it,
 * whatever the order says. Fenced like every write: refused once the rollout is closed.
 */
async function putBack(look: Look, store: ExposureStore, found: ExposureState): Promise<ExposureState> {
  const { input, plan, nowMs } = look;
  const leaseUntilMs = nowMs + plan.lease.forMs;
  const share = Math.min(input.exposure.share, found.share);
  const cohorts = input.exposure.cohorts.filter((cohort) => found.cohorts.includes(cohort));
  return store.apply({
    target: input.target,
    desired: { mode: 'exposing', share, cohorts, onSilence: plan.lease.onSilence, leaseUntilMs },
    expectedRevision: found.revision,
    writeId: `${input.rolloutId}/put-back/${found.revision}/${nowMs}`,
  });
}

async function renew(look: Look, store: ExposureStore, state: ExposureState): Promise<number | null> {
  const { input, plan, nowMs } = look;
  if (plan.lease.onSilence === 'keep' || state.rolloutId !== input.rolloutId) return null;
  try {
    return (await store.renewLease(input.target, state.revision, nowMs + plan.lease.forMs)).leaseUntilMs;
  } catch (error) {
    // It ran out or was closed between the read and the write: the next look finds it so.
    if (isFailure(error, 'leaseLapsed') || isFailure(error, 'exposureConflict') || isFailure(error, 'exposureClosed'))
      return null;
    throw error;
  }
}
