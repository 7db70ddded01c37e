/**
 * The way back with nobody's help: zero through the adapter, with a higher fence. Closes the flag for the rollout, so
 * that a raise which wakes later is refused; a workflow that comes back reads the flag first and adopts what it finds.
 */
import { randomUUID } from 'node:crypto';
import type { Platform } from '../plan/platform-types.js';
import type { ExposureState, ExposureTarget } from '../workflows/contract/exposure.js';
import { connections, findKept, ownerOf, targetOf } from './local.js';
import { Problem } from './problem.js';

export interface DirectOrder {
  name: string | undefined;
  tenant: string | undefined;
  flag: string | undefined;
  store: string | undefined;
}

/** By evidence where it has the rollout, else by what the flag says of itself. Throws notFound. */
export async function findTarget(platform: Platform, order: DirectOrder): Promise<ExposureTarget> {
  const { name, tenant, flag } = order;
  if (flag === undefined && name !== undefined) {
    const kept = await findKept(platform, name, tenant);
    const target = kept && (await targetOf(platform, kept));
    if (target) return target;
  }
  const owners = await flagOwners(platform, order);
  const [first, ...others] = owners;
  if (first && others.length === 0) return first;
  const what = flag ?? name ?? 'any flag';
  if (!first) {
    const remedy = 'Name the flag as the store has it: --flag NAME (and --store, --tenant where there are several).';
    throw new Problem(
      'notFound',
      `No flag ${what} with a rollout in it is in the stores of the platform file.`,
      remedy,
    );
  }
  const places = owners.map((owner) => `${owner.tenant}/${owner.store}`).join(', ');
  throw new Problem(
    'notFound',
    `Flag ${what} is in several stores: ${places}.`,
    `Say which: --tenant ${first.tenant} --store ${first.store}`,
  );
}

async function flagOwners(platform: Platform, { name, tenant, flag, store }: DirectOrder): Promise<ExposureTarget[]> {
  const wanted = flag ?? name;
  if (wanted === undefined) return [];
  const places = Object.entries(platform.tenants)
    .filter(([each]) => tenant === undefined || each === tenant)
    .flatMap(([each, catalogue]) =>
      Object.keys(catalogue.stores).map((known) => ({ tenant: each, store: known, flag: wanted })),
    )
    .filter((place) => store === undefined || place.store === store);
  const owners = await Promise.all(places.map((place) => ownerOf(platform, place).catch(() => null)));
  return owners.filter((owner) => owner !== null);
}

export interface DirectResult {
  target: ExposureTarget;
  state: ExposureState;
  served: { share: number; cohorts: string[] };
  sentence: string;
}

/** Writes zero and reads it back by evaluation. Throws exposureUnverified when evaluation shows anything else. */
export async function restore(platform: Platform, target: ExposureTarget, by: string): Promise<DirectResult> {
  const store = (await connections(platform, target.tenant)).exposure(target.store);
  const state = await store.restoreToZero(target, `direct-${by.replace(/[^\w.-]/g, '_').slice(0, 32)}-${randomUUID()}`);
  const verified = await store.verify(target, { share: 0, cohorts: [] });
  if (!verified.ok) {
    const remedy = 'Try again; if it stays, set the flag to its baseline variant by hand.';
    throw new Problem(
      'exposureUnverified',
      `Zero was written, but evaluation shows otherwise: ${verified.sentence}`,
      remedy,
    );
  }
  const sentence = `${verified.sentence} Closed for ${target.rolloutId}; revision ${state.revision}. A workflow that still runs finds it and rolls back.`;
  return { target, state, served: verified.served, sentence };
}
