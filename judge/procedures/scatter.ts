/**
 * By how much windows scatter more than the units in them would make them, where a unit falls into one of several
 * categories. Evidence is divided by it, as elsewhere (`means/dispersion.ts`). Pure, sandbox-safe.
 */
import { rounded } from '../numerics/round.js';

/** Pearson's chi-square of windows, each against those before it, and its degrees of freedom. */
export type Scatter = [squares: number, degrees: number];

const FIGURES = 7;
/** With one or two degrees of freedom the quantile is nearly nought. */
const LEAST_SHRINK = 0.2;

/**
 * Adds how far a window's counts are from the sums before it, by the chi-square of a two by bins table: its mean is its
 * degrees of freedom when units are drawn alike, and more by the factor by which windows scatter beyond that.
 */
export function addScatter(scatter: Scatter, window: readonly number[], sums: readonly number[]): void {
  const n = total(window);
  const all = total(sums);
  if (n <= 0 || all <= 0) return;
  let squares = 0;
  let bins = 0;
  for (let i = 0; i < window.length; i += 1) {
    const own = window[i] ?? 0;
    const others = sums[i] ?? 0;
    if (own + others <= 0) continue;
    const off = own * all - others * n;
    squares += (off * off) / (own + others);
    bins += 1;
  }
  scatter[0] = rounded(scatter[0] + squares / (n * all), FIGURES);
  scatter[1] += bins - 1;
}

/**
 * 95 % upper bound of the factor, by Wilson and Hilferty's quantile of chi-square, and at least one: while little is known
 * of the scatter, little is proven. One as well where all units of all windows fared alike.
 */
export function scatterFactor([squares, degrees]: Scatter): number {
  if (degrees < 1) return 1;
  const shrink = 1 - 2 / (9 * degrees) - 1.645 * Math.sqrt(2 / (9 * degrees));
  return Math.max(1, squares / (degrees * Math.max(LEAST_SHRINK, shrink) ** 3));
}

export function total(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) sum += counts[i] ?? 0;
  return sum;
}
