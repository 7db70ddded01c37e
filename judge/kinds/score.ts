/**
 * Score: the mean of numbers that cannot leave a declared range. Limits in the score's own unit by an empirical-Bernstein
 * confidence sequence, exact whatever the distribution; relative ones by differences of windows. Kept scaled to 0..1.
 * Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import { compared, isSingle, meansKind, single } from '../means/kind.js';
import type { ArmCounts, Moments } from '../means/moments.js';
import { bernsteinBounds, bernsteinReach } from '../procedures/bernstein.js';
import { figure } from '../words.js';

const variance = ({ units, moments }: ArmCounts): number => (moments[0] ?? 0) / units;

export const scoreMoments: Moments = {
  payload: 'score',
  order: 1,
  kept: 1,
  add: (payload, _edgeMs, into, metric) => {
    if (payload.kind !== 'score') return false;
    const [low, width] = [lowest(metric), highest(metric) - lowest(metric)];
    const { n, sum, sumSq } = payload;
    into.units += n;
    into.events += (sum - n * low) / width;
    into.moments[0] = (into.moments[0] ?? 0) + (sumSq - 2 * low * sum + n * low * low) / (width * width);
    return true;
  },
  settle: (arm, unitsBefore, eventsBefore) => {
    // Known before the window, and drawn a little to one half while next to nothing is.
    const mean = (eventsBefore + 0.5) / (unitsBefore + 1);
    arm.moments[0] = Math.max(0, (arm.moments[0] ?? 0) - 2 * mean * arm.events + arm.units * mean * mean);
  },
  variance,
  between: (arm) => (arm.events > 0 ? (Math.sqrt(variance(arm)) * arm.units) / arm.events : 0),
  bounds: ({ units, events, moments }, { factor, level }) =>
    bernsteinBounds({ n: units / factor, sum: events / factor, v: (moments[0] ?? 0) / factor }, level),
  reach: ({ units, events, moments }, factor, level) =>
    bernsteinReach({ n: units / factor, sum: events / factor, v: (moments[0] ?? 0) / factor }, level),
  least: 0,
  most: 1,
  counts: false,
  either: false,
  heavyTails: false,
};

export const score = meansKind({
  moments: scoreMoments,
  shows: {
    scale: (metric) => ({ zero: lowest(metric), one: highest(metric) }),
    mean: figure,
    difference: figure,
  },
  ask: (metric, word, { kind, value }) => {
    const width = highest(metric) - lowest(metric);
    if (kind === 'abs')
      return isSingle(word)
        ? single(word, (value - lowest(metric)) / width)
        : compared(word, 'difference', value / width);
    // A ratio of means is one of scores only where nought is nought.
    return kind === 'relative' && !isSingle(word) && lowest(metric) === 0 ? compared(word, 'ratio', value) : null;
  },
});

const lowest = (metric: MetricSpec): number => (metric.kind === 'score' ? metric.range[0] : 0);
const highest = (metric: MetricSpec): number => (metric.kind === 'score' ? metric.range[1] : 1);
