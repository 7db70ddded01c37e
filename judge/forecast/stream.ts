/**
 * Windows as they might come: units by chance around their rate, split by the share in force, events by chance around
 * their level. No daily rhythm, no dependence between windows beyond the scatter the level states. Pure, sandbox-safe.
 */
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Observation, Payload, Via } from '../../workflows/contract/windows.js';
import { added } from '../payload-sum.js';
import { binomial, burst, poisson } from './draw.js';
import type { Random } from '../numerics/seeded.js';
import type { Group, Level, Shape } from './level.js';

/** Part of the traffic taken for cohorts that are exposed alone: nobody says how many users a cohort has. */
export const COHORT_PART = 0.05;

export interface Arms {
  baseline: Level;
  candidate: Level;
}

/** What one window of `ms` shows at a share; at none, a cohort meets the candidate. */
export function drawWindow(random: Random, metric: MetricSpec, arms: Arms, share: number, ms: number): Observation {
  const units = (arms.baseline.perMinute / 60_000) * ms;
  const cells: Cell[] = [];
  for (const [arm, via, part] of partsAt(share))
    drawArm(random, cells, metric, { arm, via, level: arms[arm] }, units * part);
  return { kind: 'value', cells };
}

function partsAt(share: number): [Arm, Via, number][] {
  if (share > 0)
    return [
      ['baseline', 'share', 1 - share],
      ['candidate', 'share', share],
    ];
  return [
    ['baseline', 'share', 1 - COHORT_PART],
    ['candidate', 'cohort:any', COHORT_PART],
  ];
}

interface Place {
  arm: Arm;
  via: Via;
  level: Level;
}

function drawArm(random: Random, cells: Cell[], metric: MetricSpec, place: Place, units: number): void {
  if (units <= 0) return;
  const { arm, via, level } = place;
  const groups = level.slices.length > 0 ? level.slices : [level.whole];
  const shock = burst(random, scatterCv(level, units));
  const drawn = groups.map((group) => ({
    slice: group.slice,
    payload: drawPayload(random, metric, group, units * group.part, shock),
  }));
  const [first, ...others] = drawn.map(({ payload }) => payload);
  if (!first) return;
  cells.push({ arm, via, slice: null, payload: others.reduce<Payload>(added, first) });
  if (level.slices.length > 0) for (const { slice, payload } of drawn) cells.push({ arm, via, slice, payload });
}

/** A common factor on a window's events that makes their variance `scatter` times what chance gives. */
function scatterCv({ scatter, whole }: Level, units: number): number {
  const events = units * (whole.mean ?? 0);
  return scatter > 1 && events > 0 ? Math.sqrt((scatter - 1) / events) : 0;
}

function drawPayload(random: Random, metric: MetricSpec, group: Group, units: number, shock: number): Payload {
  const mean = group.mean ?? 0;
  switch (metric.kind) {
    case 'quantile':
    case 'drift':
      return drawHistogram(random, group.shape ?? { edges: [], below: [] }, poisson(random, units));
    case 'count':
      return { kind: 'count', events: poisson(random, units * mean * shock), exposure: units };
    case 'score':
      return drawScores(random, mean, group.sd ?? 0, metric.range, poisson(random, units));
    case 'ratio':
      return drawRatio(random, mean, group.sd ?? 0, poisson(random, units));
    default: {
      const n = poisson(random, units);
      return { kind: 'rate', units: n, events: binomial(random, n, Math.min(1, mean * shock)) };
    }
  }
}

function drawHistogram(random: Random, { edges, below }: Shape, n: number): Payload {
  let [left, chanceLeft, count] = [n, 1, 0];
  const buckets: [number | null, number][] = [];
  for (const [i, edge] of edges.entries()) {
    const chance = (below[i] ?? 1) - (i === 0 ? 0 : (below[i - 1] ?? 0));
    const here = binomial(random, left, chanceLeft > 0 ? Math.min(1, chance / chanceLeft) : 0);
    [left, chanceLeft, count] = [left - here, chanceLeft - chance, count + here];
    buckets.push([edge, count]);
  }
  return { kind: 'quantile', n, buckets: [...buckets, [null, n]] };
}

/** Two values with the wanted mean and deviation: what the judge sees of scores are sums and squares. */
function twoPoints(
  mean: number,
  sd: number,
  lowest: number,
  highest: number,
): { low: number; high: number; p: number } {
  if (sd <= 0) return { low: mean, high: mean, p: 0.5 };
  if (mean - sd >= lowest && mean + sd <= highest) return { low: mean - sd, high: mean + sd, p: 0.5 };
  const [up, down] = [highest - mean, mean - lowest];
  const variance = Math.min(sd * sd, up * down);
  if (up <= 0 || down <= 0) return { low: mean, high: mean, p: 0.5 };
  return up < down
    ? { low: mean - variance / up, high: highest, p: variance / (variance + up * up) }
    : { low: lowest, high: mean + variance / down, p: (down * down) / (variance + down * down) };
}

function drawScores(random: Random, mean: number, sd: number, [lowest, highest]: [number, number], n: number): Payload {
  const { low, high, p } = twoPoints(mean, sd, lowest, highest);
  const above = binomial(random, n, p);
  const below = n - above;
  return { kind: 'score', n, sum: above * high + below * low, sumSq: above * high * high + below * low * low };
}

/** Every user counts once below the line (z = 1): `sd` is that of y - mean z, so nothing is lost by it. */
function drawRatio(random: Random, mean: number, sd: number, n: number): Payload {
  const { low, high, p } = twoPoints(mean, sd, Math.min(0, mean), Number.POSITIVE_INFINITY);
  const above = binomial(random, n, p);
  const below = n - above;
  const sy = above * high + below * low;
  return { kind: 'ratio', n, sy, sz: n, syy: above * high * high + below * low * low, szz: n, syz: sy };
}
