/**
 * Quantile: "p99 within 10 %" means that at most 1 % of requests are slower than an edge of the histogram near the limit;
 * for comparisons the edge is frozen from the baseline before the stage (statistics.md 12.5). Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Ask, Claim, Edge, LimitWord } from '../kind.js';
import type { ParsedMargin } from '../margin.js';
import { isSingle, meansKind } from '../means/kind.js';
import { sameEdge } from '../means/histogram.js';
import { milliseconds } from '../words.js';
import { rateMoments } from './rate.js';

export const quantile = meansKind({
  moments: {
    ...rateMoments,
    payload: 'quantile',
    add: (payload, edgeMs, into) => {
      if (payload.kind !== 'quantile' || payload.n === 0) return true;
      const below = belowEdge(payload.buckets, edgeMs);
      if (below === null) return false;
      into.units += payload.n;
      into.events += payload.n - below;
      return true;
    },
    either: false,
  },
  shows: { scale: () => ({ zero: 0, one: 1 }), mean: milliseconds, difference: milliseconds },
  ask: (metric, word, margin) => (isSingle(word) ? alone(metric, word, margin) : against(metric, word, margin)),
});

function belowEdge(buckets: readonly [number | null, number][], edgeMs: number | null): number | null {
  if (edgeMs === null) return null;
  for (const [edge, count] of buckets) if (edge !== null && sameEdge(edge, edgeMs)) return count;
  return null;
}

const rest = (metric: MetricSpec): number => (metric.kind === 'quantile' ? 1 - metric.q : 0);

function alone(metric: MetricSpec, word: LimitWord, { kind, value }: ParsedMargin): Ask | null {
  if (kind !== 'ms') return null;
  const claim: Claim = word === 'provenAbove' ? 'above' : 'below';
  const edge: Edge = { kind: 'at', ms: value };
  return { measure: 'single', claim, limit: rest(metric), edge, everyone: true, besidesBaseline: false };
}

/** Harm lies above the control's quantile where lower is better, below it where higher is. */
function against(metric: MetricSpec, word: LimitWord, { kind, value }: ParsedMargin): Ask | null {
  if (kind !== 'relative' && kind !== 'ms') return null;
  const signed = word === 'provenBetterBy' ? 0 - value : value;
  const lower = metric.better === 'lower';
  const up = lower ? signed : 0 - signed;
  const edge: Edge =
    kind === 'ms' ? { kind: 'frozen', factor: 1, plusMs: up } : { kind: 'frozen', factor: 1 + up, plusMs: 0 };
  const harm = word === 'provenWorseBy';
  const claim: Claim = harm === lower ? 'above' : 'below';
  return { measure: 'single', claim, limit: rest(metric), edge, everyone: false, besidesBaseline: harm };
}
