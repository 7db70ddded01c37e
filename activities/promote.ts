/** The candidate becomes the baseline: the alias first, since it can still be refused; then the flag, in one write. */
import type { Promoted, PromoteInput, SettleInput } from '../workflows/contract/activities.js';
import { type Leave, mayPromote, maySettle } from './actuator/allowed.js';
import type { ActivityDeps } from './deps.js';
import { failure } from './failures.js';

export function promote(deps: ActivityDeps): (input: PromoteInput) => Promise<Promoted> {
  return async (input) => {
    const connections = deps.connections(input.tenant);
    const done = await mayPromote(deps, connections.exposure(input.target.store), input);
    const { registry } = connections.registry(input.registry);
    const digest = await registry.digest(input.model, input.to.version);
    if (digest !== input.to.digest) {
      const message = `${input.model} ${input.to.version} is ${digest} in the registry, but ${input.to.digest} was judged.`;
      throw failure('registryConflict', message);
    }
    await registry.moveAlias(input.model, input.alias, input.from.version, input.to.version);
    await deps.reached('promote.betweenWrites');
    return serveCandidate(deps, input, done);
  };
}

export function settle(deps: ActivityDeps): (input: SettleInput) => Promise<Promoted> {
  return async (input) => {
    const store = deps.connections(input.tenant).exposure(input.target.store);
    return serveCandidate(deps, input, await maySettle(deps, store, input));
  };
}

async function serveCandidate(deps: ActivityDeps, order: SettleInput, done: Leave): Promise<Promoted> {
  const { tenant, target, expectedRevision, writeId, holdBack } = order;
  const store = deps.connections(tenant).exposure(target.store);
  const desired = { mode: 'promoted' as const, holdBack };
  const state = done ?? (await store.apply({ target, desired, expectedRevision, writeId }));
  const { intact, defaultVersion } = await store.read(target);
  if (intact && defaultVersion === target.candidateVersion) return { state };
  throw failure(
    'exposureUnverified',
    `Flag ${target.flag} serves ${defaultVersion} by default after the promotion to ${target.candidateVersion}.`,
  );
}
