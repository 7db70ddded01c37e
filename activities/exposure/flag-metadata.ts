/**
 * Our state in a flag's metadata: flat keys, prefix `sluice`, since flagd allows strings, numbers and booleans only;
 * null is left out. Evaluators hand it to applications, so a log line can prove which revision served. Pure.
 */
import { z } from 'zod';
import type { ExposureState } from '../../workflows/contract/exposure.js';

/** What the state is about; with it a flag can be rendered again without asking anybody. */
export interface Versions {
  baseline: string;
  candidate: string;
  cohortAttribute: string;
}
export interface FlagRecord {
  state: ExposureState;
  versions: Versions;
}

const PREFIX = 'sluice';
const share = z.number().min(0).max(1);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const Metadata = z.object({
  sluiceMode: z.enum(['serving', 'exposing', 'promoted']),
  sluiceShare: share,
  sluiceCohorts: z.string(),
  sluiceHoldBack: share,
  sluiceLeaseUntilMs: count.optional(),
  sluiceOnSilence: z.enum(['baseline', 'keep']),
  sluiceRolloutId: z.string().optional(),
  sluiceRevision: count,
  sluiceWriteId: z.string().optional(),
  sluiceClosedFor: z.string().optional(),
  sluiceBaseline: z.string().min(1),
  sluiceCandidate: z.string().min(1),
  sluiceCohortAttribute: z.string().min(1),
});
const Cohorts = z.array(z.string());

/** `theirs`: nobody of ours wrote here. `damaged`: keys of ours that do not make a state; `revision` is what is left of it. */
export type Reading = { kind: 'ours'; record: FlagRecord } | { kind: 'theirs' } | { kind: 'damaged'; revision: number };

export function readMetadata(metadata: Record<string, unknown>): Reading {
  if (!Object.keys(metadata).some((key) => key.startsWith(PREFIX))) return { kind: 'theirs' };
  const parsed = Metadata.safeParse(metadata);
  const cohorts = parsed.success ? parseCohorts(parsed.data.sluiceCohorts) : null;
  if (!parsed.success || cohorts === null) {
    const revision = count.safeParse(metadata['sluiceRevision']);
    return { kind: 'damaged', revision: revision.success ? revision.data : 0 };
  }
  const data = parsed.data;
  const state: ExposureState = {
    mode: data.sluiceMode,
    share: data.sluiceShare,
    cohorts,
    holdBack: data.sluiceHoldBack,
    leaseUntilMs: data.sluiceLeaseUntilMs ?? null,
    onSilence: data.sluiceOnSilence,
    rolloutId: data.sluiceRolloutId ?? null,
    revision: data.sluiceRevision,
    writeId: data.sluiceWriteId ?? null,
    closedFor: data.sluiceClosedFor ?? null,
  };
  const versions = {
    baseline: data.sluiceBaseline,
    candidate: data.sluiceCandidate,
    cohortAttribute: data.sluiceCohortAttribute,
  };
  return { kind: 'ours', record: { state, versions } };
}

/** Other people's metadata stays; ours is replaced as a whole. */
export function writeMetadata(
  before: Record<string, unknown>,
  { state, versions }: FlagRecord,
): Record<string, unknown> {
  const theirs = Object.entries(before).filter(([key]) => !key.startsWith(PREFIX));
  const ours: Record<string, string | number | null> = {
    sluiceMode: state.mode,
    sluiceShare: state.share,
    sluiceCohorts: JSON.stringify(state.cohorts),
    sluiceHoldBack: state.holdBack,
    sluiceLeaseUntilMs: state.leaseUntilMs,
    sluiceOnSilence: state.onSilence,
    sluiceRolloutId: state.rolloutId,
    sluiceRevision: state.revision,
    sluiceWriteId: state.writeId,
    sluiceClosedFor: state.closedFor,
    sluiceBaseline: versions.baseline,
    sluiceCandidate: versions.candidate,
    sluiceCohortAttribute: versions.cohortAttribute,
  };
  return Object.fromEntries([...theirs, ...Object.entries(ours).filter(([, value]) => value !== null)]);
}

function parseCohorts(text: string): string[] | null {
  try {
    const parsed = Cohorts.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
