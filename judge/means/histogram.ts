/** Sums of cumulative histograms, and what they say of a quantile in milliseconds. Pure, sandbox-safe. */
import type { Cell } from '../../workflows/contract/windows.js';
import { betaBinomialBounds } from '../procedures/beta-binomial.js';

/** `below[i]` observations at or below `edges[i]` (finite edges only). */
export interface Histogram {
  edges: number[];
  below: number[];
  n: number;
}

/** Finer histograms are judged as well, but their quantile is not estimated: the state must stay small. */
const MOST_EDGES = 40;

export const noHistogram = (): Histogram => ({ edges: [], below: [], n: 0 });

/** Adds a cell. Other edges than before begin anew: sums over different edges would mean nothing. */
export function addHistogram(sum: Histogram, payload: Cell['payload'], most = MOST_EDGES): void {
  if (payload.kind !== 'quantile' || payload.n === 0) return;
  const finite = payload.buckets.filter((bucket): bucket is [number, number] => bucket[0] !== null);
  if (finite.length > most) return;
  const same = finite.length === sum.edges.length && finite.every(([edge], i) => edge === sum.edges[i]);
  if (!same) {
    sum.edges = finite.map(([edge]) => edge + 0);
    sum.below = finite.map(() => 0);
    sum.n = 0;
  }
  for (const [i, [, count]] of finite.entries()) sum.below[i] = (sum.below[i] ?? 0) + count;
  sum.n += payload.n;
}

/** Interpolated within its bucket; null when nothing was seen or it lies past the last edge. */
export function quantileMs({ edges, below, n }: Histogram, q: number): number | null {
  const wanted = q * n;
  if (n === 0) return null;
  for (const [i, edge] of edges.entries()) {
    const upTo = below[i] ?? 0;
    if (upTo < wanted) continue;
    const [from, before] = i === 0 ? [0, 0] : [edges[i - 1] ?? 0, below[i - 1] ?? 0];
    return upTo > before ? from + ((edge - from) * (wanted - before)) / (upTo - before) : edge;
  }
  return null;
}

/** Edges between which the quantile provably lies; null where no edge bounds it. */
export function quantileRange(
  { edges, below, n }: Histogram,
  q: number,
  level: number,
  factor: number,
): { lower: number | null; upper: number | null } {
  let [lower, upper]: (number | null)[] = [null, null];
  for (const [i, edge] of edges.entries()) {
    const above = betaBinomialBounds((n - (below[i] ?? 0)) / factor, n / factor, level);
    if (above.lower > 1 - q) lower = edge;
    if (above.upper < 1 - q && upper === null) upper = edge;
  }
  return { lower: lower ?? null, upper: upper ?? null };
}

/** The edge nearest to `ms`, if it lies within `tolerance` of it. */
export function edgeNear({ edges }: Histogram, ms: number, tolerance: number): number | null {
  let best: number | null = null;
  for (const edge of edges) if (best === null || Math.abs(edge - ms) < Math.abs(best - ms)) best = edge;
  return best !== null && Math.abs(best - ms) <= tolerance * ms ? best : null;
}

/** Edges that print alike are one edge: 0.07 s is 70.00000000000001 ms in binary. */
export function sameEdge(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
