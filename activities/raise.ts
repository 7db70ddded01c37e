/**
 * Raises exposure: one write, then the evaluation plane must show it. The actuator asks for itself whether it may.
 * Expected revision and write id are arguments from the workflow and never re-read: an attempt that stalled before its
 * write and wakes after a rollback is refused.
 */
import type { Raised, RaiseInput } from '../workflows/contract/activities.js';
import { mayRaise } from './actuator/allowed.js';
import { noteInForce } from './bake/in-force.js';
import type { ActivityDeps } from './deps.js';
import type { ExposureStore } from './exposure/adapter.js';
import { failure, isFailure } from './failures.js';

/** Failures: those of actuator/allowed.ts, of the store, and exposureUnverified while evaluators do not show it. */
export function raiseExposure(deps: ActivityDeps): (input: RaiseInput) => Promise<Raised> {
  return async (input) => {
    const store = deps.connections(input.tenant).exposure(input.target.store);
    const done = await mayRaise(deps, store, input);
    await deps.reached('raise.beforeWrite');
    const state = done ?? (await write(deps, store, input));
    await deps.reached('raise.afterWrite');
    const verified = await store.verify(input.target, input.exposure);
    if (!verified.ok) throw failure('exposureUnverified', verified.sentence);
    const verifiedAtMs = deps.now() + store.describe().propagationMs;
    const evidence = await deps.connections(input.tenant).evidence().open(input.tenant, input.rolloutId);
    await noteInForce(evidence, verifiedAtMs);
    return { state, served: verified.served, verifiedAtMs };
  };
}

async function write(deps: ActivityDeps, store: ExposureStore, input: RaiseInput): Promise<Raised['state']> {
  const { target, exposure, expectedRevision, writeId, onSilence, leaseForMs } = input;
  const desired = { mode: 'exposing' as const, ...exposure, onSilence, leaseUntilMs: deps.now() + leaseForMs };
  try {
    return await store.apply({ target, desired, expectedRevision, writeId });
  } catch (error) {
    if (!isFailure(error, 'exposureConflict')) throw error;
    const { state } = await store.read(target);
    throw failure('exposureConflict', error.message, [state.revision]);
  }
}
