/**
 * What "twice as bad" means for each kind of metric, and whether so much is more than a gate tolerates.
 *
 * - rate: the rarer side changes. Where the bad outcome is rarer, there are `factor` times as many; where the good one
 *   is, there are `factor` times fewer. A share above one is no candidate at all.
 * - score: likewise, of the distance from the best end of the range (or, beyond its middle, from the worst).
 * - count and ratio: `factor` times as much where lower is better, else so many times less.
 * - quantile: every observation is `factor` times as long (or short), so every quantile is.
 *
 * A factor below one makes a candidate better. Pure, sandbox-safe.
 */
import type { GateSpec, PromoteWhen, RollbackWhen } from '../../workflows/contract/plan.js';
import { type ParsedMargin, parseMargin } from '../margin.js';
import { type Group, type Level, type Metered, belowAt, quantileOf } from './level.js';

/** Null: nothing can be so bad, or so good. */
export function worsened(metric: Metered, level: Level, factor: number): Level | null {
  if (factor === 1) return level;
  const whole = worseGroup(metric, level.whole, factor);
  const slices = level.slices.map((slice) => worseGroup(metric, slice, factor));
  return whole && { ...level, whole, slices: slices.map((slice, i) => slice ?? level.slices[i] ?? whole) };
}

/** The same, confined to one slice; the whole then changes by the slice's part in it. */
export function worsenedIn(metric: Metered, level: Level, name: string, factor: number): Level | null {
  const own = level.slices.find(({ slice }) => slice === name);
  const worse = own && worseGroup(metric, own, factor);
  if (!own || !worse) return null;
  return { ...level, slices: level.slices.map((slice) => (slice === own ? worse : slice)) };
}

function worseGroup(metric: Metered, group: Group, factor: number): Group | null {
  if (group.shape) return { ...group, shape: stretched(metric, group.shape, factor) };
  const { mean } = group;
  if (mean === null) return null;
  const worse = worseMean(metric, mean, factor);
  if (worse === null) return null;
  // What scatters around a mean grows with it, except scores, whose range stays.
  const sd = group.sd !== null && metric.kind === 'ratio' && mean !== 0 ? (group.sd * worse) / mean : group.sd;
  return { ...group, mean: worse, sd };
}

function worseMean(metric: Metered, mean: number, factor: number): number | null {
  const { better } = metric;
  switch (metric.kind) {
    case 'count':
    case 'ratio':
      return better === 'lower' ? mean * factor : mean / factor;
    case 'score': {
      const [lowest, highest] = metric.range ?? [0, 1];
      const share = worseShare((mean - lowest) / (highest - lowest), better, factor);
      return share === null ? null : lowest + share * (highest - lowest);
    }
    default:
      return worseShare(mean, better, factor);
  }
}

function worseShare(share: number, better: 'lower' | 'higher', factor: number): number | null {
  const bad = better === 'lower' ? share : 1 - share;
  const worse = bad <= 0.5 ? bad * factor : 1 - (1 - bad) / factor;
  if (worse < 0 || worse > 1) return null;
  return better === 'lower' ? worse : 1 - worse;
}

function stretched({ better }: Metered, shape: NonNullable<Group['shape']>, factor: number) {
  const by = better === 'lower' ? factor : 1 / factor;
  return { edges: shape.edges, below: shape.edges.map((edge) => belowAt(shape, edge / by)) };
}

export interface Claim {
  word: 'provenWithin' | 'provenBetterBy' | 'provenWorseBy' | 'provenBelow' | 'provenAbove';
  margin: ParsedMargin;
  comparing: boolean;
}

export function claimOf(when: PromoteWhen | RollbackWhen): Claim | null {
  const [entry] = Object.entries(when);
  const margin = entry ? parseMargin(String(entry[1])) : null;
  if (!entry || !margin) return null;
  const word = entry[0] as Claim['word'];
  return { word, margin, comparing: word !== 'provenBelow' && word !== 'provenAbove' };
}

/** Whether the claim would be true of this candidate beside this baseline. */
export function isTrue(claim: Claim, metric: Metered, baseline: Group, candidate: Group): boolean {
  const { word, margin } = claim;
  if (!claim.comparing) {
    const value = valueOf(metric, candidate, margin);
    return value !== null && (word === 'provenAbove' ? exceeds(value, margin.value) : exceeds(margin.value, value));
  }
  const harm = harmOf(metric, baseline, candidate, margin.kind);
  if (harm === null) return false;
  if (word === 'provenWorseBy') return exceeds(harm, margin.value);
  return word === 'provenWithin' ? exceeds(margin.value, harm) : exceeds(-harm, margin.value);
}

/** Twice 0.2 % is 0.2 points more, not a little above that. */
function exceeds(value: number, limit: number): boolean {
  return value - limit > 1e-9 * Math.max(Math.abs(value), Math.abs(limit));
}

/** In the limit's own unit. */
export function valueOf(metric: Metered, { mean, shape }: Group, { kind, value }: ParsedMargin): number | null {
  if (metric.kind !== 'quantile') return mean;
  if (kind !== 'ms') return null;
  if (!shape) return 0;
  return quantileOf(shape, metric.q ?? 0.5) ?? Math.max(value, shape.edges.at(-1) ?? 0) * 2;
}

/** Positive is worse: a fraction of the baseline for relative margins, else a difference. */
export function harmOf(metric: Metered, a: Group, b: Group, unit: ParsedMargin['kind']): number | null {
  const sign = metric.better === 'lower' ? 1 : -1;
  if (metric.kind === 'quantile') {
    if (!a.shape || !b.shape) return a.shape === b.shape ? 0 : null;
    const [from, to] = [quantileOf(a.shape, metric.q ?? 0.5), quantileOf(b.shape, metric.q ?? 0.5)];
    if (from === null) return null;
    const rise = (to ?? Number.POSITIVE_INFINITY) - from;
    return sign * (unit === 'ms' ? rise : rise / from);
  }
  if (a.mean === null || b.mean === null) return null;
  if (unit !== 'relative') return sign * (b.mean - a.mean);
  if (metric.kind !== 'rate') return (sign * (b.mean - a.mean)) / Math.abs(a.mean);
  const [badA, badB] = sign > 0 ? [a.mean, b.mean] : [1 - a.mean, 1 - b.mean];
  return badA <= 0.5 ? badB / badA - 1 : 1 - (1 - badB) / (1 - badA);
}

/** Whether the gate means to roll such a candidate back at all: by its margin, or by its fast lane. */
export function isHarm(gate: GateSpec, metric: Metered, baseline: Group, candidate: Group): boolean {
  const claim = gate.rollbackWhen && claimOf(gate.rollbackWhen);
  if (claim && isTrue(claim, metric, baseline, candidate)) return true;
  if (!gate.fastLane) return false;
  const ratio = harmOf(metric, baseline, candidate, 'relative');
  return ratio !== null && 1 + ratio > gate.fastLane.ratio;
}
