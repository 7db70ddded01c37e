/**
 * Main lane for relative margins: differences of windows, which stay honest under bursts because their own variance
 * is measured (asymptotic confidence sequence, one-sided; statistics.md 2.2 and 12.3). Pure, sandbox-safe.
 */
import { asymptoticHalfWidth } from './asymptotic.js';

/** Batches before the variance is known well enough. */
const BATCHES_NEEDED = 30;
/** Events the candidate must be expected to have at the margin before this lane may promote. */
const EVENTS_NEEDED = 30;
const NEAR_ZERO = 10;

/** Sums over batches of u = w rate(treated), v = w rate(control), with w = the harmonic size of the batch. */
export interface Batches {
  /** Windows merged into one batch; fixed when the process begins. */
  merge: number;
  open: { windows: number; control: [units: number, events: number]; treated: [units: number, events: number] };
  n: number;
  u: number;
  v: number;
  uu: number;
  uv: number;
  vv: number;
}

export function noBatches(merge: number): Batches {
  return { merge, open: emptyBatch(), n: 0, u: 0, v: 0, uu: 0, uv: 0, vv: 0 };
}

const emptyBatch = (): Batches['open'] => ({ windows: 0, control: [0, 0], treated: [0, 0] });

interface Counts {
  units: number;
  events: number;
}

export function addToBatches(batches: Batches, control: Counts, treated: Counts): void {
  const { open } = batches;
  open.windows += 1;
  open.control[0] += control.units;
  open.control[1] += control.events;
  open.treated[0] += treated.units;
  open.treated[1] += treated.events;
  if (open.windows < batches.merge) return;
  close(batches);
  open.windows = 0;
  open.control.fill(0);
  open.treated.fill(0);
}

/** A batch that lacks an arm says nothing of their difference. */
function close(batches: Batches): void {
  const [controlUnits, controlEvents] = batches.open.control;
  const [treatedUnits, treatedEvents] = batches.open.treated;
  if (controlUnits <= 0 || treatedUnits <= 0) return;
  const all = controlUnits + treatedUnits;
  const u = (treatedEvents * controlUnits) / all;
  const v = (controlEvents * treatedUnits) / all;
  batches.n += 1;
  batches.u += u;
  batches.v += v;
  batches.uu += u * u;
  batches.uv += u * v;
  batches.vv += v * v;
}

export interface MainQuestion {
  level: number;
  /** Batches at which a decision is expected: the boundary is narrowest there. */
  planned: number;
  /** Variance is multiplied by this when no record told how far windows depend on one another. */
  factor: number;
}

/** True once the lane may speak; `ratio` is the margin a promotion of counts is asked at, null for anything else. */
export function mainLaneReady(batches: Batches, ratio: number | null): boolean {
  if (batches.n < BATCHES_NEEDED) return false;
  return ratio === null || ratio * batches.v >= EVENTS_NEEDED;
}

/** A ratio to a control mean that may be zero says nothing (statistics.md 12; ten standard errors are asked for). */
export function controlNearZero({ n, v, vv }: Batches): boolean {
  if (n < 2) return true;
  const mean = v / n;
  const variance = Math.max(0, vv / n - mean * mean);
  return mean <= 0 || mean < NEAR_ZERO * Math.sqrt(variance / n);
}

/** Ratios the differences do not contradict, by bisection; zero to infinity where nothing is known. */
export function ratioRange(batches: Batches, question: MainQuestion): { lower: number; upper: number } {
  const estimate = batches.v > 0 ? batches.u / batches.v : Number.POSITIVE_INFINITY;
  if (!Number.isFinite(estimate)) return { lower: 0, upper: Number.POSITIVE_INFINITY };
  const lower = edge(estimate, 0, (ratio) => margin(batches, question, ratio, 1) > 0);
  const most = Math.max(1, estimate) * 1000;
  const upper = edge(estimate, most, (ratio) => margin(batches, question, ratio, -1) > 0);
  return { lower, upper: upper >= most ? Number.POSITIVE_INFINITY : upper };
}

/** Whether the differences refute the ratio from the claimed side. */
export function refutes(batches: Batches, question: MainQuestion, ratio: number, claim: 'above' | 'below'): boolean {
  return margin(batches, question, ratio, claim === 'above' ? 1 : -1) > 0;
}

/** How far the mean of u - ratio v lies beyond the boundary, on the side of `sign`. */
function margin(batches: Batches, { level, planned, factor }: MainQuestion, ratio: number, sign: 1 | -1): number {
  const { n, u, v, uu, uv, vv } = batches;
  const mean = (u - ratio * v) / n;
  // On the wrong side of the claim no boundary is reached: most looks end here.
  if (sign * mean <= 0) return Number.NEGATIVE_INFINITY;
  const square = (uu - 2 * ratio * uv + ratio * ratio * vv) / n;
  const variance = Math.max(0, square - mean * mean) * factor;
  return variance === 0 ? Number.NEGATIVE_INFINITY : sign * mean - asymptoticHalfWidth({ n, variance, planned, level });
}

function edge(inside: number, outside: number, refuted: (ratio: number) => boolean): number {
  if (!refuted(outside)) return outside;
  let [near, far] = [inside, outside];
  for (let i = 0; i < 50; i += 1) {
    const middle = (near + far) / 2;
    if (refuted(middle)) far = middle;
    else near = middle;
  }
  return near;
}
