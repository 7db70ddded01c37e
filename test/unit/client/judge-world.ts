/** Looks, tracks and evidence for tests of re-judging. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { Track } from '../../../client/render/judge-track.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import type { Cell, Window, WindowPhase } from '../../../workflows/contract/windows.js';

export const ROLLOUT = `r-${'a'.repeat(26)}`;
export const BEGAN_MS = Date.parse('2026-03-02T09:00:00Z');

/** A track whose bounds close in on its estimate, with a verdict from given looks on. */
export function track(
  estimates: readonly (number | null)[],
  change: Partial<Track> = {},
  decided: [number, VerdictKind][] = [],
): Track {
  const points = estimates.map((estimate, i) => {
    const half = 0.04 / Math.sqrt(i + 1);
    const [startMs, endMs] = [BEGAN_MS + i * 60_000, BEGAN_MS + (i + 1) * 60_000];
    return estimate === null
      ? { startMs, endMs, estimate: null, lower: null, upper: null }
      : { startMs, endMs, estimate, lower: estimate - half, upper: estimate + half };
  });
  const changes = [[0, 'inconclusive'] as [number, VerdictKind], ...decided].map(([look, verdict]) => ({
    look,
    window: look,
    startMs: BEGAN_MS + look * 60_000,
    verdict,
  }));
  return {
    gate: 'errors',
    slice: null,
    unit: 'pp',
    caption: 'candidate against baseline',
    points,
    changes,
    rollbackLimit: 0.002,
    promoteLimit: 0.005,
    last: null,
    ...change,
  };
}

/** What a recorded step showed: how long it was, at which share, how often the candidate failed. */
export interface PastBake {
  key: string;
  share: number;
  seconds: number;
  /** Failures in a thousand candidate requests. */
  failures: number;
  phase?: WindowPhase;
}

/** A directory with a platform file and the evidence of one rollout in it. */
export async function pastRollout(
  plan: Plan,
  bakes: readonly PastBake[],
  journal: readonly JournalEntry[],
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-past-'));
  const evidence = await directoryEvidence(join(directory, 'evidence')).create(plan.tenant, ROLLOUT);
  await evidence.putDocument('plan', plan);
  await evidence.appendJournal([...journal]);
  let startMs = BEGAN_MS;
  for (const { key, share, seconds, failures, phase = 'bake' } of bakes)
    for (let index = 0; index < seconds; index += 1, startMs += 1_000)
      await evidence.putWindow(key, windowOf({ index, startMs, share, failures, phase }));
  await writeFile(join(directory, 'platform.yaml'), PLATFORM(plan.tenant));
  return directory;
}

function windowOf({
  index,
  startMs,
  share,
  failures,
  phase,
}: {
  index: number;
  startMs: number;
  share: number;
  failures: number;
  phase: WindowPhase;
}): Window {
  const cell = (arm: Cell['arm'], via: Cell['via'], units: number, perThousand: number): Cell => ({
    arm,
    via,
    slice: null,
    payload: { kind: 'rate', units, events: Math.round((units * perThousand) / 1_000) },
  });
  const cells = [
    ...(share < 1 ? [cell('baseline', 'share', Math.round(4_000 * (1 - share)), 2)] : []),
    ...(share > 0 ? [cell('candidate', 'share', Math.round(4_000 * share), failures)] : []),
    cell('candidate', 'cohort:staff', 1_000, failures),
  ];
  return {
    version: 1,
    metric: 'errors',
    index,
    startMs,
    endMs: startMs + 1_000,
    phase,
    share,
    observation: { kind: 'value', cells },
  };
}

const PLATFORM = (tenant: string) => `version: 1
mode: development
tenants:
  ${tenant}:
    stores: { flags: { kind: flagd, file: ./flags.json } }
    registries: { models: { kind: files, root: ./models, alias: production } }
    evidence: { root: ./evidence }
`;
