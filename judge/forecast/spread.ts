/** Times of simulated runs, summed up. Pure, sandbox-safe. */

/** Half, and four fifths, of all runs are done by then; null: fewer than so many ever were. */
export interface Spread {
  p50Ms: number | null;
  p80Ms: number | null;
  /** Part of the runs that were done at all. */
  share: number;
  runs: number;
}

/** `null` stands for a run that was not done in time. */
export function spreadOf(times: readonly (number | null)[]): Spread {
  const done = times.filter((time) => time !== null).sort((a, b) => a - b);
  const at = (part: number): number | null => done[Math.max(0, Math.ceil(part * times.length) - 1)] ?? null;
  const runs = times.length;
  return runs === 0
    ? { p50Ms: null, p80Ms: null, share: 0, runs }
    : { p50Ms: at(0.5), p80Ms: at(0.8), share: done.length / runs, runs };
}
