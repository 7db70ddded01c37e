/**
 * Main lane for relative margins: differences of windows, which stay honest under bursts because their own variance
 * is measured (asymptotic confidence sequence, one-sided; statistics.md 2.2 and 12.3). Pure, sandbox-safe.
 */
import { rounded } from '../numerics/round.js';
import { asymptoticHalfWidth } from './asymptotic.js';

/** Batches before the variance is known well enough. */
const BATCHES_NEEDED = 30;
/** Events the candidate must be expected to have at the margin before this lane may promote. */
const EVENTS_NEEDED = 30;
const NEAR_ZERO = 10;

/**
 * Over batches of u = w rate(treated) and v = w rate(control), with w = the harmonic size of the batch. `merge`: windows
 * in one batch, fixed when the process begins. `u`, `v`: sums; `uu`, `uv`, `vv`: sums of squares and products of the
 * distances from their means. Then the batch that is open. A tuple, because names would be half of the state.
 */
export type Batches = [
  merge: number,
  n: number,
  u: number,
  v: number,
  uu: number,
  uv: number,
  vv: number,
  windows: number,
  controlUnits: number,
  controlEvents: number,
  treatedUnits: number,
  treatedEvents: number,
];

/** Where the open batch begins in the tuple. */
const OPEN = 7;
/** What is summed from squares needs fewer figures than what differences are taken of. */
const FIGURES = 7;

export function noBatches(merge: number): Batches {
  return [merge, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}

export function mergeOf([merge]: Batches): number {
  return merge;
}

export function batchesIn([, n]: Batches): number {
  return n;
}

/** Rate of the treated arm over that of the control. */
export function ratioOf([, , u, v]: Batches): number {
  return u / v;
}

interface Counts {
  units: number;
  events: number;
}

export function addToBatches(batches: Batches, control: Counts, treated: Counts): void {
  batches[7] += 1;
  batches[8] = rounded(batches[8] + control.units);
  batches[9] = rounded(batches[9] + control.events);
  batches[10] = rounded(batches[10] + treated.units);
  batches[11] = rounded(batches[11] + treated.events);
  if (batches[7] < batches[0]) return;
  close(batches);
  batches.fill(0, OPEN);
}

/** Units and events of the batch that this window will close; null while it stays open. */
export function closing(
  batches: Batches,
  control: Counts,
  treated: Counts,
): { control: Counts; treated: Counts } | null {
  const [merge, , , , , , , windows, controlUnits, controlEvents, treatedUnits, treatedEvents] = batches;
  if (windows + 1 < merge) return null;
  return {
    control: { units: controlUnits + control.units, events: controlEvents + control.events },
    treated: { units: treatedUnits + treated.units, events: treatedEvents + treated.events },
  };
}

/** A batch that lacks an arm says nothing of their difference. */
function close(batches: Batches): void {
  const [, n, sumU, sumV, , , , , controlUnits, controlEvents, treatedUnits, treatedEvents] = batches;
  if (controlUnits <= 0 || treatedUnits <= 0) return;
  const all = controlUnits + treatedUnits;
  const u = (treatedEvents * controlUnits) / all;
  const v = (controlEvents * treatedUnits) / all;
  const [du, dv] = n === 0 ? [0, 0] : [u - sumU / n, v - sumV / n];
  const weight = n / (n + 1);
  batches[1] += 1;
  batches[2] = rounded(sumU + u);
  batches[3] = rounded(sumV + v);
  batches[4] = rounded(batches[4] + weight * du * du, FIGURES);
  batches[5] = rounded(batches[5] + weight * du * dv, FIGURES);
  batches[6] = rounded(batches[6] + weight * dv * dv, FIGURES);
}

export interface MainQuestion {
  level: number;
  /** Batches at which a decision is expected: the boundary is narrowest there. */
  planned: number;
  /** Variance is multiplied by this when no record told how far windows depend on one another. */
  factor: number;
  /** Variances of u and of v of one batch that there are at least, whatever the batches show. */
  least: { u: number; v: number };
}

/** True once the lane may speak; `ratio` is the margin a promotion of counts is asked at, null for anything else. */
export function mainLaneReady(batches: Batches, ratio: number | null): boolean {
  const [, n, , v] = batches;
  return n >= BATCHES_NEEDED && (ratio === null || ratio * v >= EVENTS_NEEDED);
}

/** A ratio to a control mean that may be zero says nothing (statistics.md 12; ten standard errors are asked for). */
export function nearZero([, n, u, v, uu, , vv]: Batches, arm: 'treated' | 'control'): boolean {
  const [sum, squares] = arm === 'treated' ? [u, uu] : [v, vv];
  return n < 2 || sum <= 0 || sum < NEAR_ZERO * Math.sqrt(squares);
}

/** A ratio beyond so many times the estimate, and beyond so many, is as good as infinite. */
const ENDLESS = 1_000;

/** Ratios the differences do not contradict, by bisection; zero to infinity where nothing is known. */
export function ratioRange(batches: Batches, question: MainQuestion): { lower: number; upper: number } {
  const [, , u, v] = batches;
  if (!(u > 0 || v > 0)) return { lower: 0, upper: Number.POSITIVE_INFINITY };
  const most = ENDLESS * Math.max(1, v > 0 ? u / v : 1);
  const estimate = v > 0 ? u / v : most;
  const lower = edge(estimate, 0, (ratio) => margin(batches, question, ratio, 1) > 0);
  const upper = edge(estimate, most, (ratio) => margin(batches, question, ratio, -1) > 0);
  return { lower, upper: upper >= most ? Number.POSITIVE_INFINITY : upper };
}

/** Whether the differences refute the ratio from the claimed side. */
export function refutes(batches: Batches, question: MainQuestion, ratio: number, claim: 'above' | 'below'): boolean {
  return margin(batches, question, ratio, claim === 'above' ? 1 : -1) > 0;
}

/** How far the mean of u - ratio v lies beyond the boundary, on the side of `sign`. */
function margin(batches: Batches, question: MainQuestion, ratio: number, sign: 1 | -1): number {
  const { level, planned, factor, least } = question;
  const [, n, u, v, uu, uv, vv] = batches;
  const mean = (u - ratio * v) / n;
  // On the wrong side of the claim no boundary is reached: most looks end here.
  if (sign * mean <= 0) return Number.NEGATIVE_INFINITY;
  const measured = (uu - 2 * ratio * uv + ratio * ratio * vv) / n;
  const variance = Math.max(0, measured, least.u + ratio * ratio * least.v) * factor;
  return variance === 0 ? Number.NEGATIVE_INFINITY : sign * mean - asymptoticHalfWidth({ n, variance, planned, level });
}

function edge(inside: number, outside: number, refuted: (ratio: number) => boolean): number {
  if (!refuted(outside)) return outside;
  if (refuted(inside)) return inside;
  let [near, far] = [inside, outside];
  for (let i = 0; i < 50; i += 1) {
    const middle = (near + far) / 2;
    if (refuted(middle)) far = middle;
    else near = middle;
  }
  return near;
}
