/** Puts a Standing together from whoever answers, and notes who did not and what that means. */
import type { ExposureTarget } from '../workflows/contract/exposure.js';
import { parseWorkflowId } from '../workflows/contract/ids.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { LoadedPlatform } from './files.js';
import type { Found } from './find.js';
import { findKept, type Kept, keptOf, lookAtFlag, targetOf } from './local.js';
import { Problem } from './problem.js';
import type { Rollouts, Told } from './rollouts.js';
import type { Standing } from './standing.js';

export interface Reach {
  /** The facade, or why there is none. */
  rollouts: Rollouts | Problem;
  platform: LoadedPlatform | null;
  /** What could not be loaded, for the reader. */
  notes: string[];
}

/** Throws only when nobody knows the rollout; a silent server, worker or store is a note. */
export async function gather(
  reach: Reach,
  who: string | Found | undefined,
  tenant: string | undefined,
): Promise<Standing> {
  const { rollouts } = reach;
  const name = typeof who === 'object' ? (who.rolloutId ?? who.model) : who;
  if (rollouts instanceof Problem) return withoutTemporal(reach, rollouts, name, tenant);
  try {
    return await withTemporal(reach, await tellOf(rollouts, who, tenant));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'temporalUnreachable') throw error;
    return withoutTemporal(reach, error, name, tenant);
  }
}

/** A rollout found before is asked by its workflow id, which a successor may have taken since. */
async function tellOf(rollouts: Rollouts, who: string | Found | undefined, tenant: string | undefined): Promise<Told> {
  if (typeof who !== 'object') return rollouts.tell(await rollouts.find(who, tenant));
  const told = await rollouts.tell(who);
  if (who.rolloutId === null || told.latest === who.rolloutId) return told;
  return rollouts.tell(await rollouts.find(who.rolloutId, tenant));
}

async function withTemporal(reach: Reach, told: Told): Promise<Standing> {
  const { found, view, ending } = told;
  const notes = [...reach.notes];
  const kept = await evidenceOf(reach, told);
  if (told.silence !== null && !ending) {
    notes.push(
      `No worker answers (${told.silence}). What follows is from the last poll the server knows of; start a worker with \`sluice worker\`. Messages are kept meanwhile.`,
    );
  }
  const target = targetFrom(told) ?? (reach.platform && kept ? await targetOf(reach.platform.platform, kept) : null);
  const look = reach.platform && target ? await lookAtFlag(reach.platform.platform, target) : null;
  if (look?.kind === 'silent') notes.push(`The flag cannot be read: ${look.why}`);
  return {
    version: 1,
    tenant: found.tenant,
    model: found.model,
    rolloutId: found.rolloutId,
    status: told.status,
    stage: told.stage,
    heard: { temporal: true, worker: view !== null, flag: look?.kind === 'read', evidence: kept !== null },
    notes,
    plan: told.plan,
    view,
    live: told.live,
    flag: look?.kind === 'read' ? look.read : null,
    journal: view ? [] : (kept?.journal ?? []),
    ending,
    asOfMs: Date.now(),
  };
}

async function evidenceOf(reach: Reach, { found }: Told): Promise<Kept | null> {
  if (!reach.platform || found.rolloutId === null) return null;
  return keptOf(reach.platform.platform, found.tenant, found.rolloutId).catch(() => null);
}

function targetFrom({ found, plan, view }: Told): ExposureTarget | null {
  if (!plan || !view?.baselineVersion || found.rolloutId === null) return null;
  const { store, flag, cohortAttribute } = plan.target;
  const { baselineVersion, candidateVersion } = view;
  return {
    tenant: found.tenant,
    store,
    flag,
    cohortAttribute,
    rolloutId: found.rolloutId,
    baselineVersion,
    candidateVersion,
  };
}

async function withoutTemporal(
  reach: Reach,
  why: Problem,
  name: string | undefined,
  tenant: string | undefined,
): Promise<Standing> {
  if (!reach.platform || name === undefined) throw why;
  const kept = await findKept(reach.platform.platform, name, tenant);
  if (!kept) throw why;
  const target = await targetOf(reach.platform.platform, kept);
  const look = target && (await lookAtFlag(reach.platform.platform, target));
  const notes = [
    ...reach.notes,
    `${why.message} What follows is from the flag and the evidence store (${reach.platform.file}); the lease protects users meanwhile.`,
    ...(look?.kind === 'silent' ? [`The flag cannot be read: ${look.why}`] : []),
  ];
  return {
    version: 1,
    tenant: kept.tenant,
    model: kept.plan?.model ?? parseWorkflowId(name)?.model ?? name,
    rolloutId: kept.rolloutId,
    status: endedAs(kept.journal) ?? 'unknown',
    stage: null,
    heard: { temporal: false, worker: false, flag: look?.kind === 'read', evidence: true },
    notes,
    plan: kept.plan,
    view: null,
    live: null,
    flag: look?.kind === 'read' ? look.read : null,
    journal: kept.journal,
    ending: null,
    asOfMs: Date.now(),
  };
}

/** The journal's last entry is exported only when the rollout is over. */
function endedAs(journal: JournalEntry[]): Standing['status'] | null {
  const last = journal.at(-1);
  const outcome = last?.event === 'ended' ? last.details['outcome'] : undefined;
  return OUTCOMES.find((known) => known === outcome) ?? null;
}

const OUTCOMES = ['completed', 'rolledBack', 'cancelled', 'refused'] as const;
