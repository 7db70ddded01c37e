/**
 * Tails of the gamma and beta distributions near the mode, for large parameters, where series and continued fractions
 * need thousands of terms. Pure, sandbox-safe.
 *
 * Uniform expansion of N. M. Temme (SIAM J. Math. Anal. 10, 1979; Special Functions, 1996, sections 11.2-11.3): with
 * the exponent of the density written as A H^2 / 2, the tail is a normal one and a correction S that is smooth in H,
 *   upper tail = exp(-A H^2 / 2) / sqrt(2 pi) * (millsRatio(H sqrt A) + S(H) / sqrt A),
 * where S' - A H S = A (1 - f / G), f = H / T, and T is the distance from the mode relative to the mode:
 *   T T' = H (1 + T) (1 - rho T),
 * gamma: A = a, rho = 0; beta: A = a (a + b) / b, rho = a / b <= 1. Power series of T and f follow from the one
 * equation, that of S from the other backwards from its last term, and G = 1 + s_1 / A.
 */
import { LN_SQRT_TWO_PI, millsRatio } from './mills.js';

/** Terms of the power series: the last is below 1e-16 at the edge of the region, where the radius is 2.5 or more. */
const TERMS = 28;
/** The region: A at least, and H at most. */
const LEAST_WEIGHT = 30;
const LARGEST_H = 0.6;

/** The series last asked for: gamma always needs the same one, a search along x too. */
let expanded = Number.NaN;
const distance = new Float64Array(TERMS + 2);
const squared = new Float64Array(TERMS + 2);
const factor = new Float64Array(TERMS + 1);

/** Whether the expansion holds to full precision. */
export function isNearMode(weight: number, exponent: number): boolean {
  return weight >= LEAST_WEIGHT && 2 * exponent <= LARGEST_H * LARGEST_H * weight;
}

/**
 * ln of the tail on the side away from the mode: upper tail where `above`, else lower. `exponent` is A H^2 / 2,
 * `weight` A.
 */
export function lnTailNearMode(weight: number, rho: number, exponent: number, above: boolean): number {
  const z = Math.sqrt(2 * exponent);
  const h = z / Math.sqrt(weight);
  const correction = above ? correctionAt(h, weight, rho) : -correctionAt(-h, weight, rho);
  return Math.log(millsRatio(z) + correction / Math.sqrt(weight)) - LN_SQRT_TWO_PI - exponent;
}

function correctionAt(h: number, weight: number, rho: number): number {
  expand(rho);
  let next = 0;
  let current = 0;
  let sum = 0;
  // s_{n-1} = f_n + (n + 1) s_{n+1} / A, backwards; the series at h is summed on the way.
  for (let n = TERMS; n >= 1; n -= 1) {
    const s = (factor[n] ?? 0) + ((n + 1) * next) / weight;
    next = current;
    current = s;
    sum = sum * h + s;
  }
  return sum / (1 + next / weight);
}

/** Coefficients of T (from H^1) into `distance`, and of f = H / T (from H^0) into `factor`. */
function expand(rho: number): void {
  if (rho === expanded) return;
  expanded = rho;
  distance[1] = 1;
  squared[2] = 1;
  for (let n = 2; n <= TERMS + 1; n += 1) {
    const right = (1 - rho) * (distance[n - 1] ?? 0) - rho * (squared[n - 1] ?? 0);
    // (T^2)' / 2 = T T'
    const square = (2 * right) / (n + 1);
    let crossed = 0;
    for (let i = 2; i < n; i += 1) crossed += (distance[i] ?? 0) * (distance[n + 1 - i] ?? 0);
    if (n <= TERMS) squared[n + 1] = square;
    distance[n] = (square - crossed) / 2;
  }
  factor[0] = 1;
  for (let n = 1; n <= TERMS; n += 1) {
    let sum = 0;
    for (let i = 1; i <= n; i += 1) sum -= (distance[i + 1] ?? 0) * (factor[n - i] ?? 0);
    factor[n] = sum;
  }
}
