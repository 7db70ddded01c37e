/**
 * What a window is worth: usable cells, or why not. Numbers that cannot be counts make the whole observation an error,
 * for a judge that drops the bad half of a window would compare the rest with nothing. Never throws.
 * Pure, sandbox-safe.
 */
import type { MetricSpec } from '../workflows/contract/plan.js';
import type { Cell, Window } from '../workflows/contract/windows.js';

export type Unusable = 'discarded' | 'noData' | 'sourceError' | 'badNumbers';
export type Reading = { kind: 'usable'; cells: readonly Cell[] } | { kind: Unusable; why: string };

const MOST_CELLS = 5_000;

export function readWindow(metric: MetricSpec, window: Window): Reading {
  if (!areTimes(window) || !isShare(window.share)) return bad('its times or its share are no numbers');
  if (window.discarded !== undefined) return { kind: 'discarded', why: String(window.discarded) };
  const { observation } = window;
  if (observation?.kind === 'noData') return { kind: 'noData', why: String(observation.reason) };
  if (observation?.kind === 'error') return { kind: 'sourceError', why: String(observation.message) };
  const cells: unknown = observation?.cells;
  if (!Array.isArray(cells) || cells.length > MOST_CELLS) return bad('it has no list of counts');
  if (cells.length === 0) return { kind: 'noData', why: 'it has no counts' };
  const seen = new Set<string>();
  for (const cell of cells as Cell[]) {
    const wrong = wrongWith(metric, cell);
    if (wrong !== null) return bad(wrong);
    const place = JSON.stringify([cell.arm, cell.via, cell.slice]);
    if (seen.has(place)) return bad(`it says two things of one place (${place})`);
    seen.add(place);
  }
  return { kind: 'usable', cells: cells as Cell[] };
}

const bad = (why: string): Reading => ({ kind: 'badNumbers', why });

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

const areTimes = ({ startMs, endMs }: Window): boolean =>
  Number.isFinite(startMs) && Number.isFinite(endMs) && endMs >= startMs;

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

function wrongWith(metric: MetricSpec, cell: Cell | null | undefined): string | null {
  if (!cell || (cell.arm !== 'baseline' && cell.arm !== 'candidate')) return 'it names no arm';
  if (typeof cell.via !== 'string') return 'it does not say how a unit met its arm';
  if (cell.slice !== null && typeof cell.slice !== 'string') return 'it has a slice without a name';
  const { payload } = cell;
  if (payload?.kind !== metric.kind) return `it has no ${metric.kind}`;
  return payload.kind === 'rate' ? wrongRate(payload) : wrongHistogram(payload);
}

function wrongRate({ units, events, firstSeen }: Extract<Cell['payload'], { kind: 'rate' }>): string | null {
  if (!isCount(units) || !isCount(events)) return 'a count is not a finite number from zero on';
  if (events > units) return `it has ${events} events among ${units} units`;
  if (firstSeen !== undefined && !(isCount(firstSeen) && firstSeen <= units))
    return 'it has more units first seen than units';
  return null;
}

function wrongHistogram({ n, buckets }: Extract<Cell['payload'], { kind: 'quantile' }>): string | null {
  if (!isCount(n) || !Array.isArray(buckets)) return 'a count is not a finite number from zero on';
  let [edge, below] = [Number.NEGATIVE_INFINITY, 0];
  for (const bucket of buckets) {
    if (!Array.isArray(bucket)) return 'a bucket is no pair';
    const at = bucket[0] ?? Number.POSITIVE_INFINITY;
    if (typeof at !== 'number' || !(at > edge) || bucket[0] === Number.POSITIVE_INFINITY)
      return 'its bucket edges do not rise to null';
    if (!isCount(bucket[1]) || bucket[1] < below || bucket[1] > n) return 'its buckets are not cumulative';
    [edge, below] = [at, bucket[1]];
  }
  return null;
}
