/**
 * Bins fixed before anything is compared, and counts in them: the yardstick must not move with what it measures
 * (statistics.md 5). Edges are those of a histogram, of many the ones that cut it most evenly. Pure, sandbox-safe.
 */
import type { QuantilePayload } from '../../workflows/contract/windows.js';
import { sameEdge } from './histogram.js';

/** More bins would swell the state and drown what is seen in the noise of what is not. */
const MOST_EDGES = 20;

interface Cumulative {
  edges: readonly number[];
  below: readonly number[];
  n: number;
}

/** All edges where they are few; of more, those that leave no bin with much more than its part, and the last ones. */
export function evenEdges({ edges, below, n }: Cumulative): number[] {
  if (edges.length <= MOST_EDGES) return [...edges];
  const kept: number[] = [];
  let before = 0;
  for (const [i, edge] of edges.entries()) {
    const upTo = below[i] ?? 0;
    const isDue = (upTo - before) * (MOST_EDGES + 1) >= n;
    const isLast = edges.length - i <= MOST_EDGES - kept.length;
    if (kept.length === MOST_EDGES || !(isDue || isLast)) continue;
    kept.push(edge);
    before = upTo;
  }
  return kept;
}

export function cumulativeOf({ n, buckets }: QuantilePayload): Cumulative {
  const finite = buckets.filter((bucket): bucket is [number, number] => bucket[0] !== null);
  return { edges: finite.map(([edge]) => edge + 0), below: finite.map(([, count]) => count), n };
}

/** Adds a histogram to counts by bin, the last one beyond the last edge. False, and nothing added: it lacks an edge. */
export function addToBins(counts: number[], edges: readonly number[], { n, buckets }: QuantilePayload): boolean {
  if (!hasEdges(edges, buckets)) return false;
  let at = 0;
  let before = 0;
  for (let i = 0; i < buckets.length && at < edges.length; i += 1) {
    const bucket = buckets[i];
    if (!bucket || !isEdge(bucket[0], edges[at])) continue;
    counts[at] = (counts[at] ?? 0) + bucket[1] - before;
    before = bucket[1];
    at += 1;
  }
  counts[at] = (counts[at] ?? 0) + n - before;
  return true;
}

function hasEdges(edges: readonly number[], buckets: QuantilePayload['buckets']): boolean {
  let at = 0;
  for (let i = 0; i < buckets.length && at < edges.length; i += 1) if (isEdge(buckets[i]?.[0], edges[at])) at += 1;
  return at === edges.length;
}

function isEdge(edge: number | null | undefined, wanted: number | undefined): boolean {
  if (edge === wanted) return true;
  return typeof edge === 'number' && wanted !== undefined && sameEdge(edge, wanted);
}
