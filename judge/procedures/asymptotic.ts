/**
 * Asymptotic confidence sequence for a mean whose variance is measured: honest at every look once the mean of that many
 * observations is nearly normal, which the caller answers for by a least n (Waudby-Smith, Arbour, Sinha, Kennedy and
 * Ramdas, arXiv 2103.06476; statistics.md 2.2). Pure, sandbox-safe.
 */
import type { Range } from './beta-binomial.js';

/** What a boundary needs to know. `variance`: of one observation. `planned`: the n at which a decision is expected. */
export interface Spread {
  n: number;
  variance: number;
  planned: number;
  level: number;
}

/**
 * The boundary is tuned for its own level up to this one, and for this one beyond: tuned for larger ones it would be
 * wider than at small levels, and a claim proven at one level would not be proven at every larger one.
 */
const LARGEST_TUNED = 0.05;

/**
 * How far the true mean may lie on one side of the measured one, at `level` for that side. With t = n r^2 + 1:
 * sqrt(variance 2t / (n^2 r^2) ln(1 + sqrt(t) / (2 level))), r^2 = (-2 ln 2a + ln(1 - 2 ln 2a)) / planned for a = level.
 * Infinite without observations, and without variance: then nothing is known of how they scatter.
 */
export function asymptoticHalfWidth({ n, variance, planned, level }: Spread): number {
  if (!(n > 0) || !(variance > 0) || !(level > 0)) return Number.POSITIVE_INFINITY;
  const log = -2 * Math.log(2 * Math.min(level, LARGEST_TUNED));
  const tuned = (log + Math.log(1 + log)) / Math.max(1, planned);
  const scale = n * tuned + 1;
  return Math.sqrt(((variance * 2 * scale) / (n * n * tuned)) * Math.log(1 + Math.sqrt(scale) / (2 * level)));
}

/** Means not refuted: each bound holds at `level`, both together at twice that. */
export function asymptoticBounds(mean: number, spread: Spread): Range {
  const half = asymptoticHalfWidth(spread);
  if (half === Number.POSITIVE_INFINITY) return { lower: Number.NEGATIVE_INFINITY, upper: half };
  return { lower: mean - half, upper: mean + half };
}
