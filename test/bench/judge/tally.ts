/** Counting outcomes: shares, quantiles, and what chance alone may do to them. Pure. */

/** One run in a hundred may exceed the limit although the promise is kept. */
const DOUBT = 0.01;

/**
 * How often an event of this chance may come up in `runs` before it refutes the chance: one-sided, 99 %. Exact binomial
 * tail, summed in logarithms.
 */
export function mostByChance(runs: number, chance: number): number {
  if (runs <= 0 || chance <= 0) return 0;
  let tail = 1;
  let lnTerm = runs * Math.log1p(-chance);
  for (let k = 0; k <= runs; k += 1) {
    tail -= Math.exp(lnTerm);
    if (tail <= DOUBT) return k;
    lnTerm += Math.log(((runs - k) / (k + 1)) * (chance / (1 - chance)));
  }
  return runs;
}

/** The smallest value that at least `part` of all do not exceed; infinity where that many never came to one. */
export function quantileOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function countOf<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length;
}
