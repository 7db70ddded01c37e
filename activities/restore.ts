/** The way back: absolute and idempotent; tried until it is done. Served on the rollback queue. */
import { ApplicationFailure } from '@temporalio/common';
import type { MoveAliasInput, Restored, RestoreInput } from '../workflows/contract/activities.js';
import { checkCaller } from './actuator/caller.js';
import { pinnedAlias, pinnedTarget } from './actuator/way-back.js';
import type { ActivityDeps } from './deps.js';
import { failure, isFailure } from './failures.js';

/**
 * Always writes, whatever it finds: the write closes the store for this rollout, so a late raise is refused. Anybody may ask,
 * since it leads nowhere but to the baseline that was pinned.
 */
export function restoreBaseline(deps: ActivityDeps): (input: RestoreInput) => Promise<Restored> {
  return forEver(async (input) => {
    const { ref, writeId } = input;
    const target = await pinnedTarget(deps, input);
    const store = deps.connections(ref.tenant).exposure(target.store);
    const before = await store.read(target).then(
      (read) => read.served,
      () => null,
    );
    await deps.reached('restore.beforeWrite');
    const state = await store.restoreToZero(target, writeId);
    await deps.reached('restore.afterWrite');
    const verified = await store.verify(target, { share: 0, cohorts: [] });
    if (!verified.ok) throw failure('exposureUnverified', verified.sentence);
    return { state, before, safeAtMs: deps.now() + store.describe().propagationMs };
  });
}

/** On the way back nothing is final: a platform file that lost a name, a store that refuses, all may be mended meanwhile. */
export function forEver<I, O>(work: (input: I) => Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    try {
      return await work(input);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable !== true) throw error;
      throw ApplicationFailure.create({ message: error.message, type: error.type ?? 'bug', nonRetryable: false });
    }
  };
}

/** Only while it points at our candidate: somebody else's later promotion is not undone. Only the rollout itself may ask. */
export function restoreAlias(
  deps: ActivityDeps,
): (input: MoveAliasInput) => Promise<{ moved: boolean; sentence: string }> {
  return forEver(async (input) => {
    checkCaller(input);
    const { tenant, model, registry: name, alias, from, to } = await pinnedAlias(deps, input);
    const { registry } = deps.connections(tenant).registry(name);
    const holder = await registry.resolveAlias(model, alias);
    if (holder !== from)
      return { moved: false, sentence: `Alias ${alias} points at ${holder}, not at ${from}; left alone.` };
    try {
      await registry.moveAlias(model, alias, from, to);
      return { moved: true, sentence: `Alias ${alias} is back on ${to}.` };
    } catch (error) {
      if (!isFailure(error, 'registryConflict')) throw error;
      return { moved: false, sentence: error.message };
    }
  });
}
