/** The standard normal distribution, and the tail of the chi-square one. Pure, sandbox-safe. */
import { lnGammaQ } from './gamma.js';
import { LN_SQRT_TWO_PI, SQRT_TWO_PI, millsRatio } from './mills.js';
import { polynomial } from './polynomial.js';

/** ln P(Z <= z): as precise beside zero (-1e-300 at z = 37) as far below it (-5e15 at z = -1e8). */
export function lnNormalCdf(z: number): number {
  if (z > 0) return Math.log1p(-upperTail(z));
  return Math.log(millsRatio(-z)) - LN_SQRT_TWO_PI - (z * z) / 2;
}

/** P(Z <= z). */
export function normalCdf(z: number): number {
  return z > 0 ? 1 - upperTail(z) : upperTail(-z);
}

/** P(Z > z) for z >= 0. */
function upperTail(z: number): number {
  return (millsRatio(z) / SQRT_TWO_PI) * Math.exp(-(z * z) / 2);
}

/** The z with P(Z <= z) = p; minus or plus infinity for 0 and 1, not a number outside. */
export function normalQuantile(p: number): number {
  return p < 0.5 ? -normalUpperQuantile(p) : normalUpperQuantile(1 - p);
}

const CENTRAL = {
  top: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const NEAR_TAIL = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const FAR_TAIL = {
  top: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  bottom: [
    1, 0.5998322065558879, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/**
 * Upper quantile of the standard normal: P(Z > z) = tail, for tails from 1e-308 to 1; infinity for 0, not a number
 * outside [0, 1]. M. J. Wichura's AS 241 (Applied Statistics 37, 1988).
 */
export function normalUpperQuantile(tail: number): number {
  const q = 0.5 - tail;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRAL.top, r)) / polynomial(CENTRAL.bottom, r);
  }
  if (q < 0) return -normalUpperQuantile(1 - tail);
  if (tail === 0) return Number.POSITIVE_INFINITY;
  const r = Math.sqrt(-Math.log(tail));
  return r <= 5
    ? polynomial(NEAR_TAIL.top, r - 1.6) / polynomial(NEAR_TAIL.bottom, r - 1.6)
    : polynomial(FAR_TAIL.top, r - 5) / polynomial(FAR_TAIL.bottom, r - 5);
}

/** P(X > x) of a chi-square distribution with `df` degrees of freedom: the p-value of Pearson's statistic. */
export function chiSquareTail(x: number, df: number): number {
  return Math.exp(lnGammaQ(df / 2, x / 2));
}
