/**
 * How long four of five candidates that should pass need, without simulation: quick enough for lint. Pure, sandbox-safe.
 *
 * The judge's own bounds are asked of counts that lie 0.84 standard errors on the wrong side: four of five runs do better.
 * Relative margins of counts, whose evidence has no bounds, take (1.68 z_a + 0.84)^2 variance / distance^2, as a bound
 * that holds at every look is 1.68 times as wide as one of a fixed sample where it is narrowest (statistics.md 2.1). That
 * is 2.1 times the fixed sample of power 0.8, the p80 figure of statistics.md section 3 ("bake length").
 *
 * Slices and scatter are left out; they only make it longer.
 */
import type { PromoteWhen } from '../../workflows/contract/plan.js';
import { ASSUMED_FACTOR } from '../means/dispersion.js';
import { allowance, offsetOfArm, offsetOfArms } from '../means/offset.js';
import { normalUpperQuantile } from '../numerics/normal.js';
import { asymptoticHalfWidth } from '../procedures/asymptotic.js';
import { type Looking, type Unit, betweenUsers, boundsOn, riseOn, unitOf, widthOf } from './arm.js';
import { type Claim, claimOf, harmOf } from './harm.js';
import { type Group, type Level, type Metered, belowAt, quantileOf } from './level.js';
import { COHORT_PART } from './stream.js';

export interface PassQuestion {
  metric: Metered;
  promoteWhen: PromoteWhen;
  level: Level;
  /** The one that should pass; equal to `level`, or better. */
  candidate: Level;
  share: number;
  /** falseAlarms.promote */
  alpha: number;
  windowMs: number;
  /** Windows the longest bake that asks the gate may have: the judge tunes itself to them. */
  planned: number;
  /** Stages before show enough windows for the judge to know their scatter. */
  recorded: boolean;
}

/** What four of five runs exceed, in standard errors. */
const FOUR_OF_FIVE = 0.8416;
/** Width of a bound that holds at every look over that of one fixed look, where it is narrowest. */
const EVERY_LOOK = 1.68;
const LONGEST_MS = 400 * 86_400_000;

/** Judged time in milliseconds; infinite when not within 400 days. */
export function timeToPass(question: PassQuestion): number {
  const claim = claimOf(question.promoteWhen);
  return claim ? timeFor(question, claim) : Number.POSITIVE_INFINITY;
}

/** Windows the judge needs before it answers at all. */
export function windowsNeeded({ metric, promoteWhen }: Pick<PassQuestion, 'metric' | 'promoteWhen'>): number {
  if (metric.kind === 'ratio') return 30;
  if (metric.kind === 'quantile' || !isRelative(claimOf(promoteWhen))) return 1;
  return metric.kind === 'score' ? 30 : 10;
}

const isRelative = (claim: Claim | null): boolean => claim?.comparing === true && claim.margin.kind === 'relative';

export function timeFor(question: PassQuestion, claim: Claim): number {
  const { kind } = question.metric;
  if (claim.comparing && !(question.share > 0 && question.share < 1)) return Number.POSITIVE_INFINITY;
  if (kind === 'quantile') return byQuantile(question, claim);
  if (!claim.comparing) return bySingle(question, claim);
  if (!isRelative(claim)) return byDifference(question, claim);
  return kind === 'rate' || kind === 'count' ? byCounts(question, claim) : byMeans(question, claim);
}

/** Units of each arm in a millisecond. */
function paceOf({ level, share }: PassQuestion): { control: number; treated: number } {
  const perMs = level.perMinute / 60_000;
  return { control: perMs * (1 - share), treated: perMs * (share > 0 ? share : COHORT_PART) };
}

function lookingAt({ windowMs, planned, recorded }: PassQuestion, ms: number, level: number): Looking {
  return { level, windows: Math.max(1, Math.floor(ms / windowMs)), planned, recorded };
}

/** The first time at which it is enough, to one part in a hundred; once it is, it stays so. */
function firstTime(enough: (ms: number) => boolean): number {
  if (!enough(LONGEST_MS)) return Number.POSITIVE_INFINITY;
  let [before, after] = [1, LONGEST_MS];
  while (after / before > 1.01) {
    const middle = Math.sqrt(before * after);
    if (enough(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** What chance may put between the arms for ever, because each keeps its own users. */
function userOffset({ metric, share, alpha }: PassQuestion, units: readonly Unit[]): number {
  return allowance(alpha) * offsetOfArms(metric.users, share, betweenUsers(metric, units));
}

function bySingle(question: PassQuestion, { word, margin }: Claim): number {
  const { metric, candidate, share, alpha } = question;
  const { treated } = paceOf(question);
  const unit = unitOf(metric, candidate.whole);
  const limit =
    metric.kind === 'score' ? unitOf(metric, { ...candidate.whole, mean: margin.value }).mean : margin.value;
  const around =
    allowance(alpha) * offsetOfArm(metric.users, share, betweenUsers(metric, [unit])) * Math.abs(unit.mean);
  const above = word === 'provenAbove';
  if (above ? unit.mean <= limit : unit.mean >= limit) return Number.POSITIVE_INFINITY;
  return firstTime((ms) => {
    const off = above ? -FOUR_OF_FIVE : FOUR_OF_FIVE;
    const { lower, upper } = boundsOn(metric, unit, treated * ms, off, lookingAt(question, ms, alpha));
    return above ? lower - around > limit : upper + around < limit;
  });
}

function byDifference(question: PassQuestion, { word, margin }: Claim): number {
  const { metric, level, candidate, alpha } = question;
  const [a, b] = [unitOf(metric, level.whole), unitOf(metric, candidate.whole)];
  const sign = metric.better === 'lower' ? 1 : -1;
  const limit = (word === 'provenBetterBy' ? -margin.value : margin.value) / widthOf(metric);
  const around = userOffset(question, [a, b]) * Math.abs((a.mean + b.mean) / 2);
  if (!(sign * (b.mean - a.mean) + around < limit)) return Number.POSITIVE_INFINITY;
  const pace = paceOf(question);
  // The arms share the bad luck by their part in its variance.
  const [va, vb] = [a.sd ** 2 / pace.control, b.sd ** 2 / pace.treated];
  const [ofA, ofB] = va + vb > 0 ? [Math.sqrt(va / (va + vb)), Math.sqrt(vb / (va + vb))] : [0, 0];
  return firstTime((ms) => {
    const off = sign * FOUR_OF_FIVE;
    const control = { unit: a, n: pace.control * ms, off: -off * ofA };
    const treated = { unit: b, n: pace.treated * ms, off: off * ofB };
    const { lower, upper } = riseOn(metric, control, treated, lookingAt(question, ms, alpha));
    return (sign > 0 ? upper : -lower) + around < limit;
  });
}

/** Comparisons stand on an edge frozen at the margin, limits on the edge itself. */
function byQuantile(question: PassQuestion, { word, margin, comparing }: Claim): number {
  const { metric, level, candidate } = question;
  const q = metric.q ?? 0.5;
  const { shape } = candidate.whole;
  if (!comparing) return shareBelow(question, shape ? 1 - belowAt(shape, margin.value) : 0, 1 - q);
  const own = level.whole.shape && quantileOf(level.whole.shape, q);
  if (own === null || !shape) return Number.POSITIVE_INFINITY;
  const harm = word === 'provenBetterBy' ? -margin.value : margin.value;
  const up = metric.better === 'lower' ? harm : -harm;
  const above = 1 - belowAt(shape, margin.kind === 'ms' ? own + up : own * (1 + up));
  return metric.better === 'lower' ? shareBelow(question, above, 1 - q) : shareBelow(question, 1 - above, q);
}

/** Until the share of some event among the candidate's units is proven to lie below a limit. */
function shareBelow(question: PassQuestion, share: number, limit: number): number {
  const rate = { kind: 'rate', better: 'lower', unit: 'request', users: null } as const;
  const whole: Group = { ...question.candidate.whole, mean: share };
  const margin = { kind: 'abs', value: limit } as const;
  return bySingle(
    { ...question, metric: rate, candidate: { ...question.candidate, whole } },
    { word: 'provenBelow', comparing: false, margin },
  );
}

/** Grid and main lane share the level; what counts are the events on the rarer side. */
function byCounts(question: PassQuestion, { word, margin }: Claim): number {
  const { metric, level, candidate, alpha } = question;
  const pace = paceOf(question);
  const variance = lnVariance(metric, level.whole) / pace.control + lnVariance(metric, candidate.whole) / pace.treated;
  const harm = harmOf(metric, level.whole, candidate.whole, 'relative') ?? Number.POSITIVE_INFINITY;
  const limit = word === 'provenBetterBy' ? -margin.value : margin.value;
  const offset = userOffset(question, [unitOf(metric, level.whole), unitOf(metric, candidate.whole)]);
  const distance = Math.abs(Math.log1p(limit) - Math.log1p(harm)) - offset;
  if (!(distance > 0) || harm >= limit) return Number.POSITIVE_INFINITY;
  const z = normalUpperQuantile(alpha / 2);
  const ms = ((EVERY_LOOK * z + FOUR_OF_FIVE) ** 2 * variance) / distance ** 2;
  return ms <= LONGEST_MS ? ms : Number.POSITIVE_INFINITY;
}

/** Of the logarithm of the rarer side, of one unit. */
function lnVariance({ kind }: Metered, { mean }: Group): number {
  const rate = mean ?? 0;
  if (kind !== 'rate') return 1 / rate;
  const rare = Math.min(rate, 1 - rate);
  return (1 - rare) / rare;
}

/** Differences of windows; their variance is doubled until the stages before have shown enough of it. */
function byMeans(question: PassQuestion, { word, margin }: Claim): number {
  const { metric, level, candidate, alpha, recorded } = question;
  const [a, b] = [unitOf(metric, level.whole), unitOf(metric, candidate.whole)];
  const pace = paceOf(question);
  const limit = word === 'provenBetterBy' ? -margin.value : margin.value;
  const shift = Math.exp(userOffset(question, [a, b]));
  const ratio = metric.better === 'lower' ? (1 + limit) / shift : (1 - limit) * shift;
  const distance = (metric.better === 'lower' ? 1 : -1) * (ratio * a.mean - b.mean);
  if (!(distance > 0)) return Number.POSITIVE_INFINITY;
  const perMs = (ratio * a.sd) ** 2 / pace.control + b.sd ** 2 / pace.treated;
  return firstTime((ms) => {
    const { windows, planned } = lookingAt(question, ms, alpha);
    const variance = (perMs / ms) * windows * (recorded ? 1 : ASSUMED_FACTOR);
    const half = asymptoticHalfWidth({ n: windows, variance, planned, level: alpha });
    return half + FOUR_OF_FIVE * Math.sqrt(perMs / ms) < distance;
  });
}
