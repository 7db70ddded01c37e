/**
 * Heavy tails: one absurd window may not decide. The mean of a window counts up to a distance from the baseline's mean
 * that is fixed before the stage, never one taken from the data it cuts (statistics.md 2.4). One rule binds both arms, by
 * the units of the window: the mean of few scatters more than that of many, and an arm of few users must not be cut more
 * often than an arm of many. What is cut weighs no more than the limit, so say so; and where it is not rare, it was no
 * freak. Pure, sandbox-safe.
 */

/** The baseline before the stage. `variance`: of the mean of a window, times its units. */
export interface Ordinary {
  mean: number;
  variance: number;
}

/** Standard deviations of a window's mean, and multiples of the mean, that count in full: the larger of the two. */
const DEVIATIONS = 8;
const MULTIPLES = 3;
/** Beyond this part of the windows, and more than these few, what is cut is the rule. */
const RARE = 0.02;
const FEW = 2;

/** The events of a window, cut so that their mean over its units lies within the limit. */
export function winsorised(units: number, events: number, ordinary: Ordinary | null): number {
  if (ordinary === null || units <= 0) return events;
  const { mean, variance } = ordinary;
  const reach = Math.max(DEVIATIONS * Math.sqrt(variance * units), MULTIPLES * Math.abs(mean) * units);
  return Math.min(mean * units + reach, Math.max(mean * units - reach, events));
}

/** Whether so many of the windows were cut that the limit hides what it was not made for. */
export function cutTooOften(cut: number, windows: number): boolean {
  return cut > Math.max(FEW, RARE * windows);
}
