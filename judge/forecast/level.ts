/**
 * What a metric of a healthy baseline is expected to show: the ground a forecast stands on. From the plan's `expect`,
 * or from what a source has counted (`observed.ts`). Pure, sandbox-safe.
 */
import type { Expect, MetricSpec } from '../../workflows/contract/plan.js';

/** Shares of observations at or below each finite edge. */
export interface Shape {
  edges: number[];
  below: number[];
  /** Nobody knows the shape; nothing is taken to lie above the limits asked about. */
  assumed?: true;
}

/** One slice, or the whole. */
export interface Group {
  slice: string | null;
  /** Part of all units. */
  part: number;
  /** Events per unit or exposure, mean score, or ratio of sums; null for quantiles. */
  mean: number | null;
  /** Standard deviation of single units: scores, or y - mean z of a ratio. Null: as the kind has it. */
  sd: number | null;
  /** Quantiles only; null: nobody knows. */
  shape: Shape | null;
}

export type Origin =
  | { kind: 'expect' }
  /** Closed windows the source was asked for. */
  | { kind: 'past'; windows: number; spanMs: number; units: number; events: number | null }
  /** Two looks at counters, `spanMs` apart. */
  | { kind: 'looks'; spanMs: number; units: number; events: number | null };

export interface Level {
  /** Units of both arms at full traffic (count: exposure; ratio: independent users). */
  perMinute: number;
  whole: Group;
  /** Empty: not sliced, or nobody knows into what. */
  slices: Group[];
  /** Variance of counts of windows over what chance alone would give; 1 where nothing showed more. */
  scatter: number;
  origin: Origin;
}

/** What a forecast needs of a metric: a compiled one, or one that lint has before it. */
export interface Metered {
  kind: MetricSpec['kind'];
  better: 'lower' | 'higher';
  unit: 'request' | 'user';
  users: number | null;
  /** Quantiles only. */
  q?: number;
  /** Scores only. */
  range?: [lowest: number, highest: number];
}

/** Kinds a forecast can draw windows of and ask the judge about. */
export type Simulated = 'rate' | 'count' | 'score' | 'ratio' | 'quantile';

export function isSimulated(kind: MetricSpec['kind']): kind is Simulated {
  return kind === 'rate' || kind === 'count' || kind === 'score' || kind === 'ratio' || kind === 'quantile';
}

/** Null: `expect` does not say what this kind needs. */
export function expectedLevel(kind: MetricSpec['kind'], expect: Expect): Level | null {
  const { perMinute } = expect;
  if (!(perMinute > 0)) return null;
  const whole = expectedGroup(kind, expect);
  return whole && { perMinute, whole, slices: [], scatter: 1, origin: { kind: 'expect' } };
}

function expectedGroup(kind: MetricSpec['kind'], { rate, mean, sd, cv }: Expect): Group | null {
  const group: Group = { slice: null, part: 1, mean: null, sd: null, shape: null };
  switch (kind) {
    case 'rate':
    case 'slo':
    case 'fairness':
      return rate === undefined || rate > 1 ? null : { ...group, mean: rate };
    case 'count':
      return rate === undefined ? null : { ...group, mean: rate };
    case 'score':
      return mean === undefined || sd === undefined ? null : { ...group, mean, sd };
    case 'ratio':
      return mean === undefined || cv === undefined ? null : { ...group, mean, sd: cv * Math.abs(mean) };
    case 'quantile':
    case 'drift':
      return group;
  }
}

/** Share of observations at or below `edge`, interpolated within its bucket; beyond the last edge, as at the last edge. */
export function belowAt({ edges, below }: Shape, edge: number): number {
  let [lastEdge, lastBelow] = [0, 0];
  for (const [i, at] of edges.entries()) {
    const share = below[i] ?? 1;
    if (edge <= at)
      return at > lastEdge ? lastBelow + ((share - lastBelow) * (edge - lastEdge)) / (at - lastEdge) : share;
    [lastEdge, lastBelow] = [at, share];
  }
  return lastBelow;
}

/** Value below which a share `q` lies, interpolated within its bucket; null past the last edge. */
export function quantileOf({ edges, below }: Shape, q: number): number | null {
  let [lastEdge, lastBelow] = [0, 0];
  for (const [i, at] of edges.entries()) {
    const share = below[i] ?? 1;
    if (share >= q)
      return share > lastBelow ? lastEdge + ((at - lastEdge) * (q - lastBelow)) / (share - lastBelow) : at;
    [lastEdge, lastBelow] = [at, share];
  }
  return null;
}
