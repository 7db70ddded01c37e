/** Finds flags exposed by rollouts that no longer run, and puts them back. The net under terminate, delete and reset. */
import type { Platform } from '../plan/platform-types.js';
import type { ExposureTarget } from '../workflows/contract/exposure.js';
import { workflowId } from '../workflows/contract/ids.js';
import { restore } from './direct.js';
import { connections, type FlagName, keptOf, lookAtFlag, ownerOf } from './local.js';
import { Problem } from './problem.js';
import type { Rollouts } from './rollouts.js';

export interface Reconciled {
  target: ExposureTarget;
  did: 'runs' | 'nothing' | 'restored' | 'wouldRestore' | 'unreadable';
  sentence: string;
}

export interface ReconcileOrder {
  tenant: string | undefined;
  by: string;
  dryRun: boolean;
}

/** Looks at every flag that a rollout in the evidence store has named. */
export async function reconcile(platform: Platform, rollouts: Rollouts, order: ReconcileOrder): Promise<Reconciled[]> {
  const done: Reconciled[] = [];
  for (const place of await places(platform, order.tenant)) {
    const target = await ownerOf(platform, place).catch(() => null);
    if (target) done.push(await settle(platform, target, (await running(rollouts, place)) === target.rolloutId, order));
  }
  return done;
}

/** By describe, not by visibility: a rollout that is merely not listed yet must not be taken for an orphan. */
async function running(rollouts: Rollouts, place: Place): Promise<string | null> {
  try {
    const told = await rollouts.tell(await rollouts.find(workflowId(place.tenant, place.model), undefined));
    return told.ending ? null : told.found.rolloutId;
  } catch (error) {
    if (error instanceof Problem && error.code === 'notFound') return null;
    throw error;
  }
}

interface Place extends FlagName {
  model: string;
}

async function places(platform: Platform, only: string | undefined): Promise<Place[]> {
  const all = new Map<string, Place>();
  for (const tenant of Object.keys(platform.tenants)) {
    if (only !== undefined && tenant !== only) continue;
    const ids = await (await connections(platform, tenant)).evidence().list(tenant);
    for (const id of ids) {
      const plan = (await keptOf(platform, tenant, id))?.plan;
      if (!plan) continue;
      const { store, flag } = plan.target;
      all.set(`${tenant}/${store}/${flag}`, { tenant, store, flag, model: plan.model });
    }
  }
  return [...all.values()];
}

async function settle(
  platform: Platform,
  target: ExposureTarget,
  runs: boolean,
  order: ReconcileOrder,
): Promise<Reconciled> {
  const name = `${target.tenant}/${target.flag}`;
  if (runs) return { target, did: 'runs', sentence: `${name}: held by ${target.rolloutId}, which runs.` };
  const look = await lookAtFlag(platform, target);
  if (look.kind === 'silent') return { target, did: 'unreadable', sentence: `${name}: ${look.why}` };
  const { state } = look.read;
  // A promoted candidate is the baseline now: only an exposure without its rollout is an orphan.
  if (state.mode !== 'exposing')
    return { target, did: 'nothing', sentence: `${name}: nothing exposed (${state.mode}).` };
  if (order.dryRun)
    return { target, did: 'wouldRestore', sentence: `${name}: would put users of ${target.rolloutId} back.` };
  const { sentence } = await restore(platform, target, order.by);
  return { target, did: 'restored', sentence: `${name}: ${sentence}` };
}
