/**
 * What of the past calibrates: the baseline's users by share, while the baseline was the version it is today. Pure.
 */
import { unitsOf } from '../../judge/payload.js';
import { momentsOf } from '../../judge/kinds/moments.js';
import type { Arm, MetricSpec, SourceSpec } from '../../workflows/contract/plan.js';
import type { Cell, Observation, Window } from '../../workflows/contract/windows.js';
import type { CollectedWindow } from '../sources/adapter.js';

/** Scrapes know of no window that nobody looked at. */
export function remembers({ kind }: Pick<SourceSpec, 'kind'>): boolean {
  return kind !== 'scrape';
}

/** Kinds for which the judge takes yardsticks from the baseline. */
export function isCalibrated(metric: MetricSpec): boolean {
  return momentsOf(metric) !== null || metric.kind === 'quantile' || metric.kind === 'drift';
}

/** Fewer may all have met the candidate by chance, at half of the users once in a million. */
const TELLING_UNITS = 20;

/**
 * End of the newest window in which the candidate had users and the baseline none; 0 for none. A rollout had reached
 * everybody then: the arm that is the baseline today was another version before.
 */
export function baselineSinceMs(collected: readonly CollectedWindow[]): number {
  const moved = collected.filter(({ observations }) => Object.values(observations).some(isAllOnCandidate));
  return Math.max(0, ...moved.map(({ endMs }) => endMs));
}

function isAllOnCandidate(seen: Observation): boolean {
  const whole = cellsOf(seen).filter(({ slice }) => slice === null);
  const units = (arm: Arm) =>
    whole.reduce((sum, cell) => (cell.arm === arm && cell.via === 'share' ? sum + unitsOf(cell.payload) : sum), 0);
  return units('baseline') === 0 && units('candidate') >= TELLING_UNITS;
}

/** Windows of a metric in which the baseline counted something, oldest first, as they are kept and shown to the judge. */
export function pastWindows(
  name: string,
  metric: MetricSpec,
  collected: readonly CollectedWindow[],
  sinceMs: number,
): Window[] {
  const windows = collected
    .filter(({ startMs }) => startMs >= sinceMs)
    .map(({ index, startMs, endMs, observations }) => ({
      index,
      startMs,
      endMs,
      cells: cellsOf(observations[name]).filter(isBaselineByShare),
    }))
    .filter(({ cells }) => cells.some(({ slice, payload }) => slice === null && unitsOf(payload) > 0))
    .sort((a, b) => a.index - b.index);
  const thick = thickSlices(
    metric,
    windows.flatMap(({ cells }) => cells),
  );
  return windows.map(({ cells, ...place }) => ({
    version: 1,
    metric: name,
    ...place,
    phase: 'baseline',
    share: 0,
    observation: { kind: 'value', cells: cells.filter(({ slice }) => slice === null || thick.has(slice)) },
  }));
}

/** What the judge has seen of a slice it waits for in both arms: one that was rare throughout would be waited for in vain. */
function thickSlices({ slices }: MetricSpec, cells: readonly Cell[]): ReadonlySet<string> {
  const units = new Map<string, number>();
  for (const { slice, payload } of cells)
    if (slice !== null) units.set(slice, (units.get(slice) ?? 0) + unitsOf(payload));
  return new Set([...units].filter(([, seen]) => seen >= (slices?.minUnits ?? 0)).map(([slice]) => slice));
}

function cellsOf(seen: Observation | undefined): readonly Cell[] {
  return seen?.kind === 'value' ? seen.cells : [];
}

function isBaselineByShare({ arm, via }: Cell): boolean {
  return arm === 'baseline' && via === 'share';
}
