/**
 * Heavy tails: one absurd window may not decide. Window means are clipped at a limit fixed before the stage, never one
 * taken from the data it clips (statistics.md 2.4). The same limit binds both arms, so arms that are alike stay alike
 * and nothing is blamed for being clipped; harm beyond the limit weighs no more than the limit, so say so when it did.
 * Pure, sandbox-safe.
 */

/** Windows before their variance tells ordinary from absurd. */
const WINDOWS_NEEDED = 60;

/** Mean and variance of the means of `n` windows of the baseline, recorded before the stage. */
export interface WindowMeans {
  n: number;
  mean: number;
  variance: number;
}

/**
 * The largest window mean that counts in full: `multiple` standard deviations above the mean. Null, nothing is clipped,
 * when too little was recorded or it never varied: a limit at its one value would hide every harm.
 */
export function winsorLimit({ n, mean, variance }: WindowMeans, multiple = 8): number | null {
  if (!(n >= WINDOWS_NEEDED) || !(variance > 0) || !Number.isFinite(mean + variance)) return null;
  return mean + multiple * Math.sqrt(variance);
}

/** The events of a window, clipped so that their mean over its units is at most the limit. */
export function winsorised(units: number, events: number, limit: number | null): { events: number; clipped: boolean } {
  const clipped = limit !== null && events > limit * units;
  return { events: clipped ? limit * units : events, clipped };
}
