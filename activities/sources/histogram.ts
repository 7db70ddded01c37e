/**
 * Cells of a quantile or drift metric from cumulative histogram counters. A quantile's edges are in seconds at the source
 * (the Prometheus convention) and in milliseconds here; a drift's are in the unit of its feature, and may be negative. Pure.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell } from '../../workflows/contract/windows.js';
import { type ArmDelta, type Labelling, type Place, Tally, checkedCell, placeOf } from './cells.js';
import { sampleValue } from './number.js';
import { noData, unreadable } from './unusable.js';

interface HistogramSum {
  series: number;
  n: number;
  /** Per edge: observations, and how many series have that edge (all must). */
  edges: Map<number, { count: number; series: number }>;
}

/** `buckets` are the `_bucket` series, `counts` the `_count` series of the same histogram. */
export function cellsFromHistogram(
  metric: MetricSpec,
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
    const edge = edgeOf(metric, delta);
    tally.add(placeOf(delta, labelling), (sum) => {
      const at = sum.edges.get(edge) ?? { count: 0, series: 0 };
      sum.edges.set(edge, { count: at.count + delta.by, series: at.series + 1 });
    });
  }
  const cells = tally.entries().map(({ sum, ...place }) => cellOf(metric, place, sum));
  if (cells.length === 0) throw noData('nothing was ever observed in this histogram');
  return cells;
}

function edgeOf(metric: MetricSpec, delta: ArmDelta): number {
  const le = delta.labels.get('le') ?? '';
  if (le === '+Inf') return Number.POSITIVE_INFINITY;
  const edge = sampleValue(le);
  const isDrift = metric.kind === 'drift';
  if (typeof edge !== 'number' || (edge < 0 && !isDrift))
    throw unreadable(`${delta.key} has no usable edge: le=${JSON.stringify(le)}`);
  // 0.07 s is 70.00000000000001 ms in binary; edges must compare equal from window to window.
  return Number((isDrift ? edge : edge * 1000).toPrecision(12));
}

function cellOf(metric: MetricSpec, place: Place, sum: HistogramSum): Cell {
  const { arm, via, slice } = place;
  const where = `the histogram of ${arm}, via ${via}${slice === null ? '' : `, ${slice}`}`;
  const unit = metric.kind === 'drift' ? '' : ' ms';
  const ordered = [...sum.edges].sort(([a], [b]) => a - b);
  let below = 0;
  for (const [edge, { count, series }] of ordered) {
    if (series !== sum.series) throw unreadable(`${where} has series with different buckets (edge ${edge}${unit})`);
    if (count < below) throw unreadable(`${where} is not cumulative at ${edge}${unit}`);
    below = count;
  }
  const last = ordered.at(-1);
  if (last === undefined || last[0] !== Number.POSITIVE_INFINITY) throw unreadable(`${where} has no bucket le="+Inf"`);
  if (last[1].count !== sum.n) throw unreadable(`${where}: its last bucket says ${last[1].count}, its count ${sum.n}`);
  return checkedCell(place, metric, {
    kind: 'quantile',
    n: sum.n,
    buckets: ordered.map(([edge, { count }]) => [edge === Number.POSITIVE_INFINITY ? null : edge, count]),
  });
}
