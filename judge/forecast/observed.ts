/** From what a source has counted to the level of a healthy baseline. Pure, sandbox-safe. */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Payload } from '../../workflows/contract/windows.js';
import { unitsOf } from '../payload.js';
import type { Group, Level, Origin, Shape } from './level.js';

/** A window that could be read. */
export interface Seen {
  startMs: number;
  endMs: number;
  cells: readonly Cell[];
}

/** Slices that are judged by name; the judge takes the largest likewise. */
const MOST_SLICES = 16;
/** Windows before their scatter says anything. */
const TELLING_WINDOWS = 20;

/**
 * Traffic is that of both arms, the level that of the baseline. Units that were assigned by nobody (`via: none`) count
 * only where there are no others: a flag that was never rolled out assigns nobody. Null: nothing was counted.
 */
export function observedLevel(metric: MetricSpec, seen: readonly Seen[], kind: 'past' | 'looks'): Level | null {
  const assigned = seen.some(({ cells }) => cells.some(({ via }) => via !== 'none'));
  const windows = seen.map(({ cells }) => cells.filter(({ via }) => !assigned || via !== 'none'));
  const cells = windows.flat();
  const spanMs = seen.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const units = totalOf(cells.filter(({ slice }) => slice === null));
  const baseline = cells.filter(({ arm }) => arm === 'baseline');
  const whole = groupOf(
    metric,
    null,
    1,
    baseline.filter(({ slice }) => slice === null),
  );
  if (!whole || !(units > 0) || !(spanMs > 0)) return null;
  const counted = eventsOf(baseline.filter(({ slice }) => slice === null));
  const origin: Origin =
    kind === 'past'
      ? { kind, windows: seen.length, spanMs, units, events: counted }
      : { kind, spanMs, units, events: counted };
  return {
    perMinute: (units / spanMs) * 60_000,
    whole,
    slices: metric.slices ? slicesOf(metric, baseline) : [],
    scatter: scatterOf(metric, windows),
    origin,
  };
}

function slicesOf(metric: MetricSpec, baseline: readonly Cell[]): Group[] {
  const bySlice = new Map<string, Cell[]>();
  for (const cell of baseline) {
    if (cell.slice === null) continue;
    const known = bySlice.get(cell.slice);
    if (known) known.push(cell);
    else bySlice.set(cell.slice, [cell]);
  }
  const largest = [...bySlice]
    .map(([slice, cells]) => ({ slice, cells, units: totalOf(cells) }))
    .filter(({ units }) => units > 0)
    .sort((a, b) => b.units - a.units || (a.slice < b.slice ? -1 : 1))
    .slice(0, MOST_SLICES);
  const all = largest.reduce((sum, { units }) => sum + units, 0);
  return largest.flatMap(({ slice, cells, units }) => groupOf(metric, slice, units / all, cells) ?? []);
}

function groupOf(metric: MetricSpec, slice: string | null, part: number, cells: readonly Cell[]): Group | null {
  const payloads = cells.map(({ payload }) => payload);
  const units = totalOf(cells);
  if (!(units > 0)) return null;
  const group: Group = { slice, part, mean: null, sd: null, shape: null };
  switch (metric.kind) {
    case 'quantile':
    case 'drift':
      return { ...group, shape: shapeOf(payloads) };
    case 'score': {
      const [sum, squares] = sumsOf(payloads, (one) => (one.kind === 'score' ? [one.sum, one.sumSq] : []));
      const mean = sum / units;
      return { ...group, mean, sd: Math.sqrt(Math.max(0, squares / units - mean * mean)) };
    }
    case 'ratio':
      return { ...group, ...ratioOf(payloads, units) };
    default:
      return { ...group, mean: (eventsOf(cells) ?? 0) / units };
  }
}

/** With z drawn as one, y - mean z keeps its deviation in parts of the mean z. */
function ratioOf(payloads: readonly Payload[], n: number): { mean: number | null; sd: number | null } {
  const [sy, sz, syy, szz, syz] = sumsOf(payloads, (one) =>
    one.kind === 'ratio' ? [one.sy, one.sz, one.syy, one.szz, one.syz] : [],
  );
  if (!(sz > 0)) return { mean: null, sd: null };
  const mean = sy / sz;
  return { mean, sd: Math.sqrt(Math.max(0, syy - 2 * mean * syz + mean * mean * szz) / n) / (sz / n) };
}

function sumsOf(
  payloads: readonly Payload[],
  terms: (payload: Payload) => number[],
): [number, number, number, number, number] {
  const sums: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  for (const payload of payloads) for (const [i, term] of terms(payload).entries()) sums[i] = (sums[i] ?? 0) + term;
  return sums;
}

/** Histograms of other edges than the newest are left out: sums over different edges mean nothing. */
function shapeOf(payloads: readonly Payload[]): Shape | null {
  const histograms = payloads.filter((one) => one.kind === 'quantile').filter(({ n }) => n > 0);
  const edgesOf = (one: (typeof histograms)[number]) =>
    one.buckets.flatMap(([edge]) => (edge === null ? [] : [edge])).sort((a, b) => a - b);
  const newest = histograms.at(-1);
  const edges = newest ? edgesOf(newest) : [];
  if (edges.length === 0) return null;
  const same = histograms.filter((one) => String(edgesOf(one)) === String(edges));
  const n = same.reduce((sum, one) => sum + one.n, 0);
  const below = edges.map((edge) => {
    const counts = same.map(({ buckets }) => buckets.find(([at]) => at === edge)?.[1] ?? 0);
    return counts.reduce((sum, count) => sum + count, 0) / n;
  });
  return { edges, below };
}

function totalOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { payload }) => sum + unitsOf(payload), 0);
}

/** Null for kinds that count no events. */
function eventsOf(cells: readonly Cell[]): number | null {
  let events: number | null = null;
  for (const { payload } of cells)
    if (payload.kind === 'rate' || payload.kind === 'count') events = (events ?? 0) + payload.events;
  return events;
}

/** Pearson's chi-square of the baseline's windows over its degrees of freedom, where it exceeds one beyond chance. */
function scatterOf({ kind }: MetricSpec, windows: readonly (readonly Cell[])[]): number {
  if (kind !== 'rate' && kind !== 'count') return 1;
  const counts = windows
    .map((cells) => cells.filter(({ arm, slice }) => arm === 'baseline' && slice === null))
    .map((cells) => ({ units: totalOf(cells), events: eventsOf(cells) ?? 0 }))
    .filter(({ units }) => units > 0);
  const units = counts.reduce((sum, one) => sum + one.units, 0);
  const mean = counts.reduce((sum, one) => sum + one.events, 0) / units;
  const spread = kind === 'rate' ? mean * (1 - mean) : mean;
  if (counts.length < TELLING_WINDOWS || !(spread > 0)) return 1;
  const squares = counts.reduce((sum, one) => sum + (one.events - one.units * mean) ** 2 / (one.units * spread), 0);
  const degrees = counts.length - 1;
  return squares / degrees > 1 + 3 * Math.sqrt(2 / degrees) ? squares / degrees : 1;
}
