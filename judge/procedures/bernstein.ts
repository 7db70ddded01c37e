/**
 * Empirical-Bernstein confidence sequence for the mean of scores in [0, 1], from sums alone and exact at every look
 * (gamma-exponential mixture; Howard, Ramdas, McAuliffe and Sekhon 2021, proposition 9 and theorem 4; statistics.md
 * 2.2). Pure, sandbox-safe.
 *
 * Guess each score from those before it; let v be the sum of (score - guess)^2 and S the sum of (score - true mean).
 * For every 0 <= l < 1, exp(l S + (l + ln(1 - l)) v) is a supermartingale of at most mean one. Mixed over u = 1 - l with
 * density proportional to u^(k-1) exp(-k u) on (0, 1] it is
 *
 *   M(S, v) = exp(S + v) I(v + k, S + v + k) / I(k, k),     I(w, y) = integral of u^(w-1) exp(-u y) over 0 < u < 1
 *
 * and refutes a mean when it reaches 1/level. As I(w, y) = G(w) P(w, y) / y^w for y > 0 (P: the regularised lower
 * incomplete gamma function), this is the formula of statistics.md. The mean may move: what is bounded is its average.
 *
 * Sums may be fractions: dividing n, sum and v by the same factor >= 1 tempers every term of the mixture.
 */
import type { Range } from './beta-binomial.js';
import { lnGamma, lnGammaP } from '../numerics/gamma.js';
import { brent } from '../numerics/root.js';

/** `v`: squared distances of the scores from what was known before their window. */
export interface BernsteinSums {
  n: number;
  sum: number;
  v: number;
}

/** Guess of the first window, of which nothing is known. */
const FIRST_GUESS = 0.5;
/** v at which the bounds are narrowest where nothing better is said: some 1,000 scores of standard deviation 0.25. */
const PLANNED_V = 60;
/**
 * k = planned / 10 is the best choice at a level of 0.01 (Howard et al., section 3.5). The same k at every level, so that
 * what is refuted at one level is refuted at every larger one.
 */
const PLANNED_PER_SHAPE = 10;

export const noBernstein = (): BernsteinSums => ({ n: 0, sum: 0, v: 0 });

/** Adds a window in place; its scores are guessed by the mean of the windows before. */
export function addBernstein(sums: BernsteinSums, window: { n: number; sum: number; sumSq: number }): void {
  const { n, sum, sumSq } = window;
  if (!(n > 0)) return;
  const guess = sums.n > 0 ? sums.sum / sums.n : FIRST_GUESS;
  sums.v += Math.max(0, sumSq - guess * (2 * sum - guess * n));
  sums.n += n;
  sums.sum += sum;
}

/**
 * Means not refuted; 0 to 1 without scores. Each bound holds at `level`, both together at twice that. `planned`: the v
 * at which a decision is expected (scores times their variance), fixed before the stage.
 */
export function bernsteinBounds({ n, sum, v }: BernsteinSums, level: number, planned = PLANNED_V): Range {
  if (!(n > 0) || !Number.isFinite(sum + v)) return { lower: 0, upper: 1 };
  const mean = sum / n;
  const reach = furthest(n, v, level, planned) / n;
  return { lower: Math.max(0, mean - reach), upper: Math.min(1, mean + reach) };
}

/**
 * A distance from the mean within which no bound lies, at a fraction of the cost: M is a mixture, so ln M never exceeds
 * its largest member, which is S - v ln(1 + S/v), and that is at most S^2 / 2v.
 */
export function bernsteinReach({ n, v }: BernsteinSums, level: number): number {
  return n > 0 ? Math.sqrt(2 * v * Math.log(1 / level)) / n : 0;
}

/** The S at which M reaches 1/level; n, the most it can be, when it does not. */
function furthest(n: number, v: number, level: number, planned: number): number {
  const excess = (s: number) => lnBernstein(s, v, planned) + Math.log(level);
  if (!(excess(n) > 0)) return n;
  return brent(excess, 0, n, 1e-12 * n) ?? n;
}

/** ln M(S, v): ln of the e-value against a mean the scores exceed by S in all; for a mean they fall short of, -S. */
export function lnBernstein(s: number, v: number, planned = PLANNED_V): number {
  const k = planned / PLANNED_PER_SHAPE;
  return s + v + lnPartialGamma(v + k, s + v + k) - lnPartialGamma(k, k);
}

/** ln I(shape, rate), for any rate. */
function lnPartialGamma(shape: number, rate: number): number {
  if (rate > 0) return lnGamma(shape) + lnGammaP(shape, rate) - shape * Math.log(rate);
  return -rate - Math.log(fraction(shape, -rate));
}

/**
 * exp(z) / I(w, -z) for z >= 0, as the continued fraction w + z - z/(w+1+z - 2z/(w+2+z - ...)) of Kummer's M(1, w+1, -z)
 * (Murphy and McCabe's form, DLMF 13.5). Every denominator is at least w + z; after at most some hundred terms it stands.
 */
function fraction(w: number, z: number): number {
  let value = w + z;
  let [above, below] = [value, 0];
  for (let i = 1; i < 1_000; i += 1) {
    below = 1 / (w + i + z - i * z * below);
    above = w + i + z - (i * z) / above;
    const change = above * below;
    value *= change;
    if (Math.abs(change - 1) <= Number.EPSILON) break;
  }
  return value;
}
