/**
 * Cells of a quantile metric from cumulative histogram counters. Edges are in seconds at the source (the Prometheus
 * convention) and in milliseconds here. Pure.
 */
import type { Cell } from '../../workflows/contract/windows.js';
import { type ArmDelta, type Labelling, type Place, Tally, placeOf } from './cells.js';
import { sampleValue } from './number.js';
import { noData, unreadable } from './unusable.js';

interface HistogramSum {
  series: number;
  n: number;
  /** Per edge: observations, and how many series have that edge (all must). */
  edges: Map<number, { count: number; series: number }>;
}

/** `buckets` are the `_bucket` series, `counts` the `_count` series of the same histogram. */
export function quantileFromHistogram(
  buckets: readonly ArmDelta[],
  counts: readonly ArmDelta[],
  labelling: Labelling,
): Cell[] {
  const tally = new Tally<HistogramSum>(() => ({ series: 0, n: 0, edges: new Map() }));
  for (const delta of counts)
    tally.add(placeOf(delta, labelling), (sum) => {
      sum.series += 1;
      sum.n += delta.by;
    });
  for (const delta of buckets) {
    const edge = edgeMs(delta);
    tally.add(placeOf(delta, labelling), (sum) => {
      const at = sum.edges.get(edge) ?? { count: 0, series: 0 };
      sum.edges.set(edge, { count: at.count + delta.by, series: at.series + 1 });
    });
  }
  const cells = tally.entries().map(({ sum, ...place }) => cellOf(place, sum));
  if (cells.length === 0) throw noData('nothing was ever observed in this histogram');
  return cells;
}

function edgeMs(delta: ArmDelta): number {
  const le = delta.labels.get('le') ?? '';
  if (le === '+Inf') return Number.POSITIVE_INFINITY;
  const seconds = sampleValue(le);
  if (typeof seconds !== 'number' || seconds < 0)
    throw unreadable(`${delta.key} has no usable edge: le=${JSON.stringify(le)}`);
  // 0.07 s is 70.00000000000001 ms in binary; edges must compare equal from window to window.
  return Number((seconds * 1000).toPrecision(12));
}

function cellOf({ arm, via, slice }: Place, sum: HistogramSum): Cell {
  const where = `the histogram of ${arm}, via ${via}${slice === null ? '' : `, ${slice}`}`;
  const ordered = [...sum.edges].sort(([a], [b]) => a - b);
  let below = 0;
  for (const [edge, { count, series }] of ordered) {
    if (series !== sum.series) throw unreadable(`${where} has series with different buckets (edge ${edge} ms)`);
    if (count < below) throw unreadable(`${where} is not cumulative at ${edge} ms`);
    below = count;
  }
  const last = ordered.at(-1);
  if (last === undefined || last[0] !== Number.POSITIVE_INFINITY) throw unreadable(`${where} has no bucket le="+Inf"`);
  if (last[1].count !== sum.n) throw unreadable(`${where}: its last bucket says ${last[1].count}, its count ${sum.n}`);
  return {
    arm,
    via,
    slice,
    payload: {
      kind: 'quantile',
      n: sum.n,
      buckets: ordered.map(([edge, { count }]) => [edge === Number.POSITIVE_INFINITY ? null : edge, count]),
    },
  };
}
