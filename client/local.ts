/**
 * What is known of a rollout without Temporal: the flag itself and the evidence store, both through the platform file.
 * This is what `status`, `why` and `rollback --direct` stand on when the server is gone.
 */
import type { Connections } from '../activities/connections.js';
import type { RolloutEvidence } from '../activities/store/adapter.js';
import type { Platform } from '../plan/platform-types.js';
import type { ExposureRead, ExposureTarget } from '../workflows/contract/exposure.js';
import { isRolloutId, parseWorkflowId } from '../workflows/contract/ids.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Plan } from '../workflows/contract/plan.js';
import { messageOf, Problem } from './problem.js';

/** A rollout as its evidence has it. */
export interface Kept {
  tenant: string;
  rolloutId: string;
  plan: Plan | null;
  journal: JournalEntry[];
}

/** Evidence directories looked through for a model name. */
const LOOKED_THROUGH = 1_000;

export async function connections(platform: Platform, tenant: string): Promise<Connections> {
  const { openTenant } = await import('../activities/connections.js');
  return openTenant(platform, tenant);
}

/** By rollout id, workflow id or model name: then the last one begun. Null when the evidence store knows none. */
export async function findKept(platform: Platform, name: string, tenant: string | undefined): Promise<Kept | null> {
  const parsed = parseWorkflowId(name);
  const tenants = parsed ? [parsed.tenant] : tenant === undefined ? Object.keys(platform.tenants) : [tenant];
  const hits: Kept[] = [];
  for (const each of tenants) {
    const store = (await connections(platform, each)).evidence();
    const ids = isRolloutId(name) ? [name] : (await store.list(each).catch(() => [])).slice(-LOOKED_THROUGH);
    for (const id of ids) {
      const evidence = await store.open(each, id).catch(() => null);
      const kept = evidence && (await keptBy(evidence, each, id));
      if (kept && (isRolloutId(name) || kept.plan?.model === (parsed?.model ?? name))) hits.push(kept);
    }
  }
  const owners = [...new Set(hits.map((hit) => hit.tenant))];
  if (owners.length > 1) {
    const message = `The evidence store has rollouts of ${name} in several tenants: ${owners.join(', ')}.`;
    throw new Problem('notFound', message, `Say which one: --tenant ${owners[0]}`);
  }
  return hits.toSorted((a, b) => begun(b) - begun(a))[0] ?? null;
}

function begun(kept: Kept): number {
  return kept.journal[0]?.atMs ?? 0;
}

async function keptBy(evidence: RolloutEvidence, tenant: string, rolloutId: string): Promise<Kept> {
  const [plan, journal] = await Promise.all([
    evidence.getDocument('plan').catch(() => null),
    evidence.journal().catch(() => []),
  ]);
  return { tenant, rolloutId, plan: plan as Plan | null, journal };
}

/** One rollout by its id; null when the evidence store does not have it. */
export async function keptOf(platform: Platform, tenant: string, rolloutId: string): Promise<Kept | null> {
  const evidence = await (await connections(platform, tenant))
    .evidence()
    .open(tenant, rolloutId)
    .catch(() => null);
  return evidence && keptBy(evidence, tenant, rolloutId);
}

/**
 * What a store needs to go back for this rollout: versions from the flag's own record, if it is this rollout's, else
 * from the journal. Null when neither says which version was the baseline: then nothing was exposed by it either.
 */
export async function targetOf(platform: Platform, kept: Kept): Promise<ExposureTarget | null> {
  if (!kept.plan) return null;
  const { store, flag, cohortAttribute } = kept.plan.target;
  const owner = await ownerOf(platform, { tenant: kept.tenant, store, flag }).catch(() => null);
  if (owner?.rolloutId === kept.rolloutId) return owner;
  const admitted = kept.journal.find((entry) => entry.event === 'admitted')?.details['baselineVersion'];
  if (typeof admitted !== 'string') return null;
  const candidateVersion = kept.plan.candidate.version;
  return {
    tenant: kept.tenant,
    store,
    flag,
    cohortAttribute,
    rolloutId: kept.rolloutId,
    baselineVersion: admitted,
    candidateVersion,
  };
}

export interface FlagName {
  tenant: string;
  store: string;
  flag: string;
}

/** The rollout that wrote this flag last, with all it takes to restore it; null for a flag no rollout has written. */
export async function ownerOf(platform: Platform, name: FlagName): Promise<ExposureTarget | null> {
  const { readMetadata } = await import('../activities/exposure/flag-metadata.js');
  const blank = { ...name, cohortAttribute: 'cohort', rolloutId: '', baselineVersion: '', candidateVersion: '' };
  const definition = JSON.parse(
    await (await connections(platform, name.tenant)).exposure(name.store).snapshot(blank),
  ) as {
    metadata?: Record<string, unknown>;
  } | null;
  const reading = readMetadata(definition?.metadata ?? {});
  if (reading.kind !== 'ours') return null;
  const { state, versions } = reading.record;
  const rolloutId = state.rolloutId ?? state.closedFor;
  const { baseline: baselineVersion, candidate: candidateVersion, cohortAttribute } = versions;
  return rolloutId === null ? null : { ...name, cohortAttribute, rolloutId, baselineVersion, candidateVersion };
}

export type FlagLook = { kind: 'read'; read: ExposureRead } | { kind: 'silent'; why: string };

export async function lookAtFlag(platform: Platform, target: ExposureTarget): Promise<FlagLook> {
  try {
    const store = (await connections(platform, target.tenant)).exposure(target.store);
    return { kind: 'read', read: await store.read(target) };
  } catch (error) {
    return { kind: 'silent', why: messageOf(error) };
  }
}
