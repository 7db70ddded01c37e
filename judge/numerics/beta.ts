/** The beta distribution in logarithms, both tails. Pure, sandbox-safe. */
import { deviance } from './deviance.js';
import { lnBeta, lnGammaDrop, lnGammaOnePlus, stirlingRest } from './gamma.js';
import { LN_SQRT_TWO_PI } from './mills.js';
import { isNearMode, lnTailNearMode } from './near-mode.js';
import { log1mExp } from './sums.js';

/** Bound of the loops for arguments beyond all use; 22,000 random ones from 1e-3 to 1e7 took 139 terms at most. */
const MOST_TERMS = 1_000;

/** ln I_x(a, b): P(X <= x) for X beta with parameters a, b > 0. */
export function lnBetaCdf(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  const y = 1 - x;
  const beyond = fromMean(x, a, b);
  return isLower(x, y, a, b, beyond) ? lnLower(x, y, a, b, beyond) : log1mExp(lnLower(y, x, b, a, -beyond));
}

/** ln(1 - I_x(a, b)): P(X > x) for X beta with parameters a, b > 0. */
export function lnBetaTail(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  if (x >= 1) return Number.NEGATIVE_INFINITY;
  const y = 1 - x;
  const beyond = fromMean(x, a, b);
  return isLower(x, y, a, b, beyond) ? log1mExp(lnLower(x, y, a, b, beyond)) : lnLower(y, x, b, a, -beyond);
}

/** The side computed first is the smaller, or one whose distance from 1 is kept: the other follows without loss. */
function isLower(x: number, y: number, a: number, b: number, beyond: number): boolean {
  if (a < 1 && b < 1) return x <= 0.5;
  if (a < 1) return x <= Math.min(0.5, 1 / b);
  if (b < 1) return y > Math.min(0.5, 1 / a);
  return beyond <= 0;
}

/** ln I_x(a, b), x on the lower side; `beyond` is (a + b) x - a. */
function lnLower(x: number, y: number, a: number, b: number, beyond: number): number {
  if (x <= 0.7 && (b <= 1 || b * x <= 1)) return lnBySeries(x, a, b);
  const exponent = deviance(a, x * (a + b), beyond) + deviance(b, y * (a + b), -beyond);
  const [smaller, larger] = a < b ? [a, b] : [b, a];
  const weight = smaller * (1 + smaller / larger);
  if (isNearMode(weight, exponent)) return lnTailNearMode(weight, smaller / larger, exponent, a > b);
  return lnByFraction(x, y, a, b, beyond, exponent);
}

/** Power series of I_x(a, b) in x (Abramowitz & Stegun 26.5.4), where its terms do not cancel. */
function lnBySeries(x: number, a: number, b: number): number {
  let power = 1;
  let sum = 0;
  for (let n = 1; n < MOST_TERMS; n += 1) {
    power *= ((n - b) / n) * x;
    sum += power / (a + n);
    if (Math.abs(power) <= 1e-17 * Math.abs(sum)) break;
  }
  const lnScale = a < 1 ? lnGammaOnePlus(a) + lnGammaDrop(b, a) : Math.log(a) + lnBeta(a, b);
  return a * Math.log(x) - lnScale + Math.log1p(a * sum);
}

/** Continued fraction of DiDonato & Morris (ACM TOMS 18, 1992, algorithm 708), by Lentz's method. */
function lnByFraction(x: number, y: number, a: number, b: number, beyond: number, exponent: number): number {
  const sum = a + b;
  let fraction = (a * (1 - beyond)) / (a + 1);
  let c = fraction;
  let d = 0;
  for (let m = 1; m < MOST_TERMS; m += 1) {
    const at = a + 2 * m;
    const ratio = (m * (b - m) * x) / (at - 1);
    const numerator = (ratio * (a + m - 1) * (sum + m - 1) * x) / (at - 1);
    const denominator = m + ratio + ((a + m) * (1 - beyond + m * (1 + y))) / (at + 1);
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) <= Number.EPSILON) break;
  }
  const rest = stirlingRest(a) + stirlingRest(b) - stirlingRest(sum);
  return 0.5 * Math.log(a * (b / sum)) - LN_SQRT_TWO_PI - rest - exponent - Math.log(fraction);
}

/**
 * (a + b) x - a to the last bit, by exact products and sums (T. J. Dekker, Numer. Math. 18, 1971): near the mean of
 * 1e7 trials the plain difference is wrong in the tenth digit, and the tail with it.
 */
function fromMean(x: number, a: number, b: number): number {
  const [ax, bx] = [a * x, b * x];
  const near = bx - a;
  const all = near + ax;
  return all + (sumError(bx, -a, near) + sumError(near, ax, all) + productError(a, x, ax) + productError(b, x, bx));
}

/** u + v - sum, exactly. */
function sumError(u: number, v: number, sum: number): number {
  const w = sum - u;
  return u - (sum - w) + (v - w);
}

/** u * v - product, exactly. */
function productError(u: number, v: number, product: number): number {
  const [uHigh, vHigh] = [highHalf(u), highHalf(v)];
  const [uLow, vLow] = [u - uHigh, v - vHigh];
  return uLow * vLow - (product - uHigh * vHigh - uLow * vHigh - uHigh * vLow);
}

/** The upper 26 bits. */
function highHalf(u: number): number {
  const wide = 134217729 * u;
  return wide - (wide - u);
}
