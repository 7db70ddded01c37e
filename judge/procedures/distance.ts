/**
 * How far apart two distributions are, by the Jensen-Shannon distance, and whether they differ at all; both at every
 * look. Pure, sandbox-safe.
 *
 * The distance d is Euclidean in the small, and so is its error, whatever d is: with s^2 = (1/N + 1/M) / (8 ln 2),
 * d^2 / s^2 is about noncentral chi-square with a degree of freedom less than there are bins (Pardo 2006, ch. 3), so that
 * chance puts s around d and adds (bins - 1) s^2 to d^2. Bounds are a confidence sequence for a mean with that variance
 * (`asymptotic.ts`): honest once both arms have some hundred units. What chance adds is taken off below, and not above,
 * where it is on the safe side.
 */
import { asymptoticHalfWidth } from './asymptotic.js';
import { total } from './scatter.js';
import { jensenShannon, lnTwoSampleEvidence } from './two-sample.js';

/** Variance of the distance, times the harmonic size of both samples: 1 / (8 ln 2). */
const VARIANCE = 1 / (8 * Math.LN2);
/** Harmonic size at which two alike are told apart from two at the limit, times the square of the limit. */
const PLANNED = 7;

export interface Distance {
  value: number;
  lower: number;
  upper: number;
}

export interface DistanceQuestion {
  limit: number;
  /** By which units are divided, as windows scatter more than chance does. */
  factor: number;
  lowerLevel: number;
  upperLevel: number;
}

/** Null while either has no counts. */
export function distanceOf(a: readonly number[], b: readonly number[], question: DistanceQuestion): Distance | null {
  const value = jensenShannon(a, b);
  if (value === null) return null;
  const { limit, factor, lowerLevel, upperLevel } = question;
  const n = 1 / (1 / total(a) + 1 / total(b)) / factor;
  const planned = PLANNED / (limit * limit);
  const chance = (Math.max(0, binsIn(a, b) - 1) * VARIANCE) / n;
  const half = (level: number) => asymptoticHalfWidth({ n, variance: VARIANCE, planned, level });
  return {
    value,
    lower: Math.max(0, Math.sqrt(Math.max(0, value * value - chance)) - half(lowerLevel)),
    upper: Math.min(1, value + half(upperLevel)),
  };
}

function binsIn(a: readonly number[], b: readonly number[]): number {
  let bins = 0;
  for (let i = 0; i < a.length; i += 1) if ((a[i] ?? 0) + (b[i] ?? 0) > 0) bins += 1;
  return bins;
}

/** ln of the e-value against both being drawn alike. */
export function lnChanged(a: readonly number[], b: readonly number[], factor: number): number {
  const divided = (counts: readonly number[]) => counts.map((count) => count / factor);
  return lnTwoSampleEvidence(divided(a), divided(b));
}
