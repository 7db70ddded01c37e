/**
 * Is one proportion more than a multiple of another, and some more? Exact at every look, by universal inference with a
 * mixture of binomial likelihoods over Beta(1/2, 1/2) for each arm (Wasserman, Ramdas and Balakrishnan 2020; for two
 * samples Turner, Ly and Gruenwald 2024). Pure, sandbox-safe.
 *
 * Whatever the true (p, q), M(p) M(q) is a martingale of mean one, M as in `beta-binomial.ts`. So the line
 * q = times p + plus is refuted at `level` once even the least product upon it reaches 1/level; and as ln M is convex, all
 * pairs beyond the line, as seen from the estimate, are refuted with it. That takes less than a bound for each arm at half
 * the level. Counts may be fractions: dividing events and units by the same factor >= 1 pays for overdispersion.
 */
import { lnBeta } from '../numerics/gamma.js';

const LN_BETA_HALVES = lnBeta(0.5, 0.5);
const MOST_STEPS = 60;
/** Of the bracket: the least product is flat where it lies, so that this leaves nothing to be seen of it. */
const NEAR_ENOUGH = 1e-9;

export interface Proportion {
  units: number;
  events: number;
  /** ln of the chance of one sequence with these counts, averaged over Beta(1/2, 1/2). */
  lnMixture: number;
}

/** Counts divided by the factor of overdispersion. */
export function proportion(events: number, units: number, factor: number): Proportion {
  const [e, n] = [events / factor, units / factor];
  return { units: n, events: e, lnMixture: n > 0 ? lnBeta(e + 0.5, n - e + 0.5) - LN_BETA_HALVES : 0 };
}

/** ln of the e-value against one proportion. */
export function lnEvidenceAgainst(of: Proportion, at: number): number {
  return of.lnMixture - lnLikelihood(of, at);
}

/** Pairs with treated = times control + plus; `times` is above nought. */
export interface Line {
  times: number;
  plus: number;
}

/** Whether the treated arm's proportion is proven to be more than the line says of the control's. */
export function exceedsLine(treated: Proportion, control: Proportion, line: Line, level: number): boolean {
  if (!(treated.units > 0) || !(control.units > 0)) return false;
  const expected = (line.times * control.events) / control.units + line.plus;
  return treated.events / treated.units > expected && lnLineEvidence(treated, control, line) >= -Math.log(level);
}

/** ln of the e-value against every pair on the line: that of the pair it tells least against. */
export function lnLineEvidence(treated: Proportion, control: Proportion, { times, plus }: Line): number {
  const lowest = Math.max(0, -plus / times);
  const highest = Math.min(1, (1 - plus) / times);
  if (lowest > highest) return Number.POSITIVE_INFINITY;
  const clip = (x: number): number => Math.min(highest, Math.max(lowest, x));
  const own = clip(meanOf(control));
  const others = clip((meanOf(treated) - plus) / times);
  const at = leastAt(treated, control, { times, plus }, own, others);
  const other = Math.min(1, Math.max(0, times * at + plus));
  return lnEvidenceAgainst(control, at) + lnEvidenceAgainst(treated, other);
}

const meanOf = ({ units, events }: Proportion): number => (units > 0 ? events / units : 0.5);

function lnLikelihood({ units, events }: Proportion, at: number): number {
  const others = units - events;
  return (events > 0 ? events * Math.log(at) : 0) + (others > 0 ? others * Math.log1p(-at) : 0);
}

/** Newton's method on the slope of a convex function, kept between the points at which either arm alone is told least. */
function leastAt(treated: Proportion, control: Proportion, { times, plus }: Line, own: number, others: number): number {
  let [low, high] = own < others ? [own, others] : [others, own];
  const enough = (high - low) * NEAR_ENOUGH;
  let at = (own * control.units + others * treated.units) / (control.units + treated.units);
  for (let i = 0; i < MOST_STEPS && high - low > enough; i += 1) {
    const other = times * at + plus;
    const slope = slopeOf(control, at) + times * slopeOf(treated, other);
    if (slope > 0) high = at;
    else low = at;
    const step = slope / (bendOf(control, at) + times * times * bendOf(treated, other));
    if (Math.abs(step) <= enough) return Math.min(high, Math.max(low, at - step));
    at -= step;
    if (!(at > low && at < high)) at = (low + high) / 2;
  }
  return at;
}

/** First and second derivative of minus ln likelihood; what no unit did has none. */
function slopeOf({ units, events }: Proportion, at: number): number {
  return (events < units ? (units - events) / (1 - at) : 0) - (events > 0 ? events / at : 0);
}

function bendOf({ units, events }: Proportion, at: number): number {
  return (events < units ? (units - events) / (1 - at) ** 2 : 0) + (events > 0 ? events / at ** 2 : 0);
}
