/**
 * Seeded chance for simulations: the same numbers on every machine, so that a forecast does not change by being asked
 * again. Pure, sandbox-safe. Never used by a verdict.
 */
import { type Random, normal } from '../numerics/seeded.js';

/** Beyond this mean, counts are drawn from the rounded normal: its error is far below that of a few hundred runs. */
const NORMAL_FROM = 25;

export function poisson(random: Random, mean: number): number {
  if (mean > NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let [k, product] = [0, random()];
  while (product > limit) {
    k += 1;
    product *= random();
  }
  return k;
}

/** Events among `n` units of chance `p`. */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const mean = n * p;
  if (mean > NORMAL_FROM)
    return Math.min(n, Math.max(0, Math.round(mean + Math.sqrt(mean * (1 - p)) * normal(random))));
  return byInversion(random, n, p);
}

function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let left = random();
  let chance = Math.exp(n * Math.log1p(-p));
  let k = 0;
  while (left > chance && k < n) {
    left -= chance;
    chance *= (odds * (n - k)) / (k + 1);
    k += 1;
  }
  return k;
}

/** A factor of mean 1 and the given coefficient of variation (log-normal). */
export function burst(random: Random, cv: number): number {
  if (cv <= 0) return 1;
  const variance = Math.log1p(cv * cv);
  return Math.exp(Math.sqrt(variance) * normal(random) - variance / 2);
}
