/** Gamma and beta functions and the gamma distribution, in logarithms. Pure, sandbox-safe. */
import { deviance } from './deviance.js';
import { LN_SQRT_TWO_PI } from './mills.js';
import { isNearMode, lnTailNearMode } from './near-mode.js';
import { log1mExp } from './sums.js';

/** From here on Stirling's series is exact to a double. */
const LARGE = 10;

/** Bound of the loop for arguments beyond all use; 22,000 random ones from 1e-3 to 1e7 took 89 terms at most. */
const MOST_TERMS = 1_000;

/**
 * ln Gamma(x) for x > 0, infinity at 0, not a number below. Relative error below 1e-14, beside the roots at 1 and 2
 * too. Stirling's series from 10 on; below, a rational function about 2, reached by recurrence.
 */
export function lnGamma(x: number): number {
  if (x >= LARGE) return (x - 0.5) * (Math.log(x) - 1) + (LN_SQRT_TWO_PI - 0.5) + stirlingSeries(x);
  if (x > 2.5) {
    let at = x;
    let product = 1;
    while (at > 2.5) {
      at -= 1;
      product *= at;
    }
    return lnGammaAboutTwo(at - 2) + Math.log(product);
  }
  if (x >= 1.5) return lnGammaAboutTwo(x - 2);
  if (x >= 0.5) return lnGammaAboutTwo(x - 1) - Math.log1p(x - 1);
  return x >= 0 ? lnGammaAboutTwo(x) - Math.log(x * (1 + x)) : Number.NaN;
}

/** ln B(a, b) for a, b > 0. No cancellation where one is huge and the other small. */
export function lnBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < LARGE) return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
  if (small < LARGE) return lnGamma(small) + lnGammaDrop(large, small);
  const sum = small + large;
  return (
    (small - 0.5) * Math.log(small / sum) -
    large * Math.log1p(small / large) -
    0.5 * Math.log(large) +
    LN_SQRT_TWO_PI +
    (stirlingSeries(small) + stirlingSeries(large) - stirlingSeries(sum))
  );
}

/** ln P(a, x), the regularised lower incomplete gamma function: P(X <= x) for X gamma with shape a, scale 1. */
export function lnGammaP(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  return isLower(a, x) ? lnLowerGamma(a, x) : log1mExp(lnUpperGamma(a, x));
}

/** ln Q(a, x), the regularised upper incomplete gamma function: P(X > x) for X gamma with shape a, scale 1. */
export function lnGammaQ(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  return isLower(a, x) ? log1mExp(lnLowerGamma(a, x)) : lnUpperGamma(a, x);
}

/** The side computed first is the smaller, or one whose distance from 1 is kept: the other follows without loss. */
function isLower(a: number, x: number): boolean {
  return x < Math.max(a, 1);
}

function lnLowerGamma(a: number, x: number): number {
  if (a < 1) return a * Math.log(x) - lnGammaOnePlus(a) + Math.log1p(a * smallShapeSeries(a, x));
  const exponent = deviance(a, x, x - a);
  if (isNearMode(a, exponent)) return lnTailNearMode(a, 0, exponent, false);
  let term = 1;
  let sum = 1;
  for (let n = 1; term > 1e-17 * sum; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return lnGammaPrefix(a, exponent) + Math.log(sum / a);
}

/** sum over n >= 1 of (-x)^n / (n! (a + n)), for x < 1. */
function smallShapeSeries(a: number, x: number): number {
  let power = 1;
  let sum = 0;
  for (let n = 1; Math.abs(power) > 1e-18; n += 1) {
    power *= -x / n;
    sum += power / (a + n);
  }
  return sum;
}

/** Legendre's continued fraction by Lentz's method. */
function lnUpperGamma(a: number, x: number): number {
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const exponent = deviance(a, x, x - a);
  if (isNearMode(a, exponent)) return lnTailNearMode(a, 0, exponent, true);
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MOST_TERMS; n += 1) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) <= Number.EPSILON) break;
  }
  return lnGammaPrefix(a, exponent) + Math.log(fraction);
}

/** ln(x^a e^-x / Gamma(a)), by the deviance of a from x. */
function lnGammaPrefix(a: number, exponent: number): number {
  return 0.5 * Math.log(a) - LN_SQRT_TWO_PI - stirlingRest(a) - exponent;
}

/** ln Gamma(1 + x) for 0 < x < 1, in proportion to x where x is small. */
export function lnGammaOnePlus(x: number): number {
  return x > 0.5 ? lnGammaAboutTwo(x - 1) : lnGammaAboutTwo(x) - Math.log1p(x);
}

/** ln Gamma(b) - ln Gamma(b + a), in proportion to a where a is small. */
export function lnGammaDrop(b: number, a: number): number {
  let at = b;
  let rise = 0;
  while (at < LARGE) {
    rise += (a / at) * (1 + rise);
    at += 1;
  }
  const sum = at + a;
  const drop = a - (at - 0.5) * Math.log1p(a / at) - a * Math.log(sum) + (stirlingSeries(at) - stirlingSeries(sum));
  return b < LARGE ? drop + Math.log1p(rise) : drop;
}

/** What Stirling's formula lacks: ln Gamma(x) - ((x - 1/2) ln x - x + ln sqrt(2 pi)). */
export function stirlingRest(x: number): number {
  return x >= LARGE ? stirlingSeries(x) : lnGamma(x) - (x - 0.5) * Math.log(x) + x - LN_SQRT_TWO_PI;
}

/** The same for x >= 10. */
function stirlingSeries(x: number): number {
  const r = 1 / x;
  const w = r * r;
  return (
    r *
    (1 / 12 -
      w *
        (1 / 360 -
          w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360 - w * (1 / 156 - w * (3617 / 122400))))))))
  );
}

/**
 * ln Gamma(2 + z) for |z| <= 1/2, to 1e-16 of itself: z times the Pade approximant [7/7] of
 * (1 - gamma) + sum over n >= 2 of (-1)^n (zeta(n) - 1) z^(n-1) / n.
 */
function lnGammaAboutTwo(z: number): number {
  const top =
    0.42278433509846713 +
    z *
      (1.0500008504947376 +
        z *
          (0.9812533673494664 +
            z *
              (0.44861293619041376 +
                z *
                  (0.10661772322153679 +
                    z * (0.01267871740982719 + z * (0.0006461232819244556 + z * 0.000009044855054775926))))));
  const bottom =
    1 +
    z *
      (1.72081545287429 +
        z *
          (1.167733459492857 +
            z *
              (0.395893248149539 +
                z *
                  (0.06995177647341878 +
                    z * (0.006082671403258377 + z * (0.00021605911739948518 + z * 0.0000018324072752309252))))));
  return (z * top) / bottom;
}
