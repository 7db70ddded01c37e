/**
 * Gamma-Poisson confidence sequence for one rate of events per exposure: bounds that hold at every look at once.
 * Pure, sandbox-safe.
 *
 * With e events in an exposure of T, the mixture of Poisson likelihoods over rates drawn from Gamma(1/2, b), against
 * the likelihood at one rate, is
 *
 *   M(rate) = sqrt(b / (b + T)) G(e + 1/2) / G(1/2) ((b + T) rate)^-e exp(rate T)        (G: the gamma function)
 *
 * When `rate` is the true one this is a martingale of mean one whatever the prior, so long as the prior was fixed before
 * the data (Robbins 1970; Ville's inequality): it reaches 1/level with a chance of at most `level`, at all looks
 * together. b = 1/(2 scale) puts the prior's mean at `scale`, the rate expected before the stage. So another unit of
 * exposure, scale and all, gives the same bounds in that unit; and a scale wrong by a factor f never costs validity, and
 * once T is some times b no more than about |ln f|/2 of ln(1/level).
 *
 * Events and exposure may be fractions: dividing both by the same factor >= 1 tempers the likelihood, as in
 * `beta-binomial.ts`.
 */
import type { Range } from './beta-binomial.js';
import { lnGamma } from '../numerics/gamma.js';

const HALF_LN_PI = Math.log(Math.PI) / 2;
/** Newton's method converges in fewer than ten steps, or halves its way to a factor near one in about forty. */
const MOST_STEPS = 100;

/**
 * All rates with ln M(rate) < ln(1/level); zero to infinity without exposure. Each bound holds at `level`, and so do
 * both together. `scale`: the rate expected, frozen before the stage; one that is not positive says nothing, and 1 is
 * taken.
 */
export function gammaPoissonBounds(events: number, exposure: number, level: number, scale = 1): Range {
  if (!(exposure > 0) || !(level > 0)) return { lower: 0, upper: Number.POSITIVE_INFINITY };
  if (events <= 0) return { lower: 0, upper: (-Math.log(level) - lnGammaPoisson(0, exposure, 0, scale)) / exposure };
  const rate = events / exposure;
  const excess = Math.max(0, (-Math.log(level) - lnGammaPoisson(events, exposure, rate, scale)) / events);
  return { lower: rate * Math.exp(lnFactorBelow(excess)), upper: rate * Math.exp(lnFactorAbove(excess)) };
}

/** ln M(rate): ln of the e-value against `rate`. Zero without exposure. */
export function lnGammaPoisson(events: number, exposure: number, rate: number, scale = 1): number {
  if (!(exposure > 0)) return 0;
  const prior = 1 / (2 * (scale > 0 ? scale : 1));
  const shrunk = -Math.log1p(exposure / prior) / 2;
  const expected = rate * exposure;
  if (events <= 0) return shrunk + expected;
  if (rate <= 0 || rate === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const lnBase = Math.log(expected) + Math.log1p(prior / exposure);
  return shrunk + lnGamma(events + 0.5) - HALF_LN_PI - events * lnBase + expected;
}

/**
 * As a function of x = ln(rate / (e/T)), ln M grows by e (exp(x) - 1 - x) from its least value. The two x at which that
 * reaches e times `excess`, by Newton's method from outside, where a convex function lets it never overshoot.
 */
function lnFactorBelow(excess: number): number {
  return newton(excess, -Math.sqrt(2 * excess) - excess);
}

function lnFactorAbove(excess: number): number {
  return newton(excess, Math.min(Math.sqrt(2 * excess), Math.log(2 * (1 + excess))));
}

function newton(excess: number, start: number): number {
  let x = start;
  for (let i = 0; i < MOST_STEPS; i += 1) {
    const slope = Math.expm1(x);
    if (slope === 0) return x;
    const step = (slope - x - excess) / slope;
    x -= step;
    if (Math.abs(step) <= 1e-14 * Math.abs(x)) break;
  }
  return x;
}
