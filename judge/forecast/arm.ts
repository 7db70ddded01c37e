/** One arm as the judge would have counted it by some time, and the judge's own bounds on its mean. Pure, sandbox-safe. */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Payload } from '../../workflows/contract/windows.js';
import { countMoments } from '../kinds/count.js';
import { rateMoments } from '../kinds/rate.js';
import { ratioMoments } from '../kinds/ratio.js';
import { scoreMoments } from '../kinds/score.js';
import { ASSUMED_FACTOR } from '../means/dispersion.js';
import { type ArmCounts, type Moments, noCounts } from '../means/moments.js';
import type { Range } from '../procedures/beta-binomial.js';
import type { Group, Metered } from './level.js';

/** Of a quantile, the events are observations beyond an edge. */
const MOMENTS: Partial<Record<Metered['kind'], Moments>> = {
  rate: rateMoments,
  quantile: rateMoments,
  count: countMoments,
  score: scoreMoments,
  ratio: ratioMoments,
};

/** Units after which sums are what was expected. */
const MANY = 1e6;
/** Windows before a rollout's own scatter may tell. */
const TELLING_WINDOWS = 10;

/** Mean and standard deviation of one unit, on the scale the judge counts in: scores from nought to one. */
export interface Unit {
  mean: number;
  sd: number;
}

export function unitOf(metric: Metered, { mean, sd }: Group): Unit {
  if (mean === null) return { mean: Number.NaN, sd: Number.NaN };
  if (metric.kind === 'count') return { mean, sd: Math.sqrt(mean) };
  if (metric.kind === 'ratio') return { mean, sd: sd ?? 0 };
  if (metric.kind !== 'score') return { mean, sd: Math.sqrt(Math.max(0, mean * (1 - mean))) };
  const width = widthOf(metric);
  return { mean: (mean - (metric.range?.[0] ?? 0)) / width, sd: (sd ?? 0) / width };
}

/** From the unit of the metric to that scale: a difference. */
export function widthOf({ kind, range }: Metered): number {
  return kind === 'score' && range ? range[1] - range[0] : 1;
}

export interface Looking {
  level: number;
  windows: number;
  planned: number;
  /** Enough windows were seen before the stage to know how they scatter. */
  recorded: boolean;
}

export function factorOf({ windows, recorded }: Looking): number {
  return windows < TELLING_WINDOWS && !recorded ? ASSUMED_FACTOR : 1;
}

/** Bounds on the mean of `n` units whose sum came out `off` standard deviations of one mean away from what was expected. */
export function boundsOn(metric: Metered, unit: Unit, n: number, off: number, looking: Looking): Range {
  const moments = MOMENTS[metric.kind];
  if (!moments || !(n > 0)) return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const { level, windows, planned } = looking;
  const arm = countedBy(moments, metric, unit, n, off);
  return moments.bounds(arm, { level, factor: factorOf(looking), windows, planned, usual: null, usualVariance: null });
}

/** Units of one arm, and how many standard deviations of its mean the sum came out from what was expected. */
export interface Counted {
  unit: Unit;
  n: number;
  off: number;
}

/** Bounds on the treated mean less the control's: each arm at half the level, or both at once where a kind can. */
export function riseOn(metric: Metered, control: Counted, treated: Counted, looking: Looking): Range {
  const moments = MOMENTS[metric.kind];
  if (moments?.rise && control.n > 0 && treated.n > 0) {
    const { level, windows, planned } = looking;
    const [a, b] = [control, treated].map(({ unit, n, off }) => countedBy(moments, metric, unit, n, off));
    const factor = factorOf(looking);
    if (a && b)
      return moments.rise(a, b, factor, { level, factor, windows, planned, usual: null, usualVariance: null });
  }
  const half = { ...looking, level: looking.level / 2 };
  const a = boundsOn(metric, control.unit, control.n, control.off, half);
  const b = boundsOn(metric, treated.unit, treated.n, treated.off, half);
  return { lower: b.lower - a.upper, upper: b.upper - a.lower };
}

/** How much users differ, as a fraction of the mean: what the judge allows for where units are requests of users. */
export function betweenUsers(metric: Metered, units: readonly Unit[]): number {
  const moments = MOMENTS[metric.kind];
  if (!moments || metric.users === null) return 0;
  return Math.max(...units.map((unit) => moments.between(countedBy(moments, metric, unit, MANY, 0))));
}

/** What the judge adds up, through its own reading of a payload. */
function countedBy(moments: Moments, { kind }: Metered, { mean, sd }: Unit, n: number, off: number): ArmCounts {
  const most = kind === 'count' || kind === 'ratio' ? Number.POSITIVE_INFINITY : n;
  const least = kind === 'ratio' ? Number.NEGATIVE_INFINITY : 0;
  const sum = Math.min(most, Math.max(least, n * mean + off * sd * Math.sqrt(n)));
  const arm = noCounts(moments.order).treated;
  moments.add(payloadOf(moments.payload, n, sum, n * sd * sd + (sum * sum) / n), null, arm, UNIT_SCORE);
  moments.settle?.(arm, n, n * mean);
  return arm;
}

function payloadOf(kind: Payload['kind'], n: number, sum: number, squares: number): Payload {
  switch (kind) {
    case 'count':
      return { kind, events: sum, exposure: n };
    case 'score':
      return { kind, n, sum, sumSq: squares };
    case 'ratio':
      return { kind, n, sy: sum, sz: n, syy: squares, szz: n, syz: sum };
    default:
      return { kind: 'rate', units: n, events: sum };
  }
}

/** Scores are counted from nought to one here; no other kind looks at the metric when it adds a payload up. */
const UNIT_SCORE: MetricSpec = {
  kind: 'score',
  range: [0, 1],
  from: '',
  better: 'higher',
  unit: 'request',
  users: null,
  reading: { kind: 'sql', query: '', file: null },
  slices: null,
};
