/**
 * What the baseline arm looked like before a stage: how its windows scatter and hang together, its mean, its quantile,
 * its distribution. Taken from every usable window seen so far in the rollout, frozen when a stage opens, so that no
 * yardstick is taken from the data it measures (statistics.md 12.2, 12.3, 12.5). Pure, sandbox-safe.
 */
import type { MetricSpec } from '../workflows/contract/plan.js';
import type { Cell } from '../workflows/contract/windows.js';
import { recordedFactor } from './means/dispersion.js';
import { type ArmSums, addArm, armOf, addScatter, noSums } from './means/evidence.js';
import { type Histogram, addHistogram, noHistogram, quantileMs } from './means/histogram.js';
import { type Moments, gather, noCounts } from './means/moments.js';
import { momentsOf } from './kinds/moments.js';

/** Windows before their variance counts as recorded. */
const WINDOWS_NEEDED = 60;
/** Baseline requests before a quantile or a distribution may be frozen. */
const REQUESTS_NEEDED = 1_000;
const MERGES = [1, 2, 4, 8, 16];
const MOST_CORRELATION = 0.08;
const BATCHES_NEEDED = 20;

export interface Frozen {
  /** Variance of windows over what their units explain; null: not enough were recorded. */
  factor: number | null;
  /** Mean of the baseline; null likewise. */
  mean: number | null;
  /** Windows to merge so that neighbours hardly correlate. */
  merge: number;
  /** Variance of one unit; heavy tails only, null likewise. */
  variance: number | null;
  /** The control's quantile in milliseconds; frozen once for the rollout. */
  quantileMs: number | null;
  /** The control's distribution; frozen once for the rollout. */
  reference: Histogram | null;
}

/** Running sums at one merge size, for the correlation of neighbours. */
interface Lag {
  open: { windows: number; units: number; events: number };
  n: number;
  sum: number;
  squares: number;
  products: number;
  previous: number;
}

export interface Calibration {
  windows: number;
  sums: ArmSums;
  lags: Lag[];
  histogram: Histogram;
  frozen: Frozen;
}

export function noCalibration(): Calibration {
  return {
    windows: 0,
    sums: noSums(),
    lags: MERGES.map(() => ({
      open: { windows: 0, units: 0, events: 0 },
      n: 0,
      sum: 0,
      squares: 0,
      products: 0,
      previous: 0,
    })),
    histogram: noHistogram(),
    frozen: { factor: null, mean: null, merge: 1, variance: null, quantileMs: null, reference: null },
  };
}

const WHOLE = { slice: null, named: [], everyone: false };
const SCRATCH = { 0: noCounts(0), 1: noCounts(1), 4: noCounts(4) };

/** Adds the baseline arm's randomised users of one window. */
export function calibrate(calibration: Calibration, metric: MetricSpec, cells: readonly Cell[]): void {
  if (metric.kind === 'quantile' || metric.kind === 'drift') return calibrateHistogram(calibration, cells);
  const moments = momentsOf(metric);
  if (moments) calibrateMeans(calibration, moments, metric, cells);
}

function calibrateHistogram({ histogram }: Calibration, cells: readonly Cell[]): void {
  for (const { arm, via, slice, payload } of cells)
    if (arm === 'baseline' && via === 'share' && slice === null) addHistogram(histogram, payload);
}

function calibrateMeans(calibration: Calibration, moments: Moments, metric: MetricSpec, cells: readonly Cell[]): void {
  const counts = SCRATCH[moments.order];
  if (!gather(moments, metric, cells, WHOLE, null, counts)) return;
  const { control } = counts;
  if (control.units <= 0) return;
  const { sums, lags } = calibration;
  moments.settle?.(control, sums[0], sums[1]);
  calibration.windows += 1;
  addScatter(sums, control);
  addArm(sums, control, moments.kept);
  for (let i = 0; i < lags.length; i += 1) addToLag(lags[i], MERGES[i] ?? 1, control.units, control.events);
}

function addToLag(lag: Lag | undefined, merge: number, units: number, events: number): void {
  if (!lag) return;
  const { open } = lag;
  open.windows += 1;
  open.units += units;
  open.events += events;
  if (open.windows < merge) return;
  const mean = open.events / open.units;
  if (lag.n > 0) lag.products += mean * lag.previous;
  lag.n += 1;
  lag.sum += mean;
  lag.squares += mean * mean;
  lag.previous = mean;
  open.windows = 0;
  open.units = 0;
  open.events = 0;
}

/** Fixes the yardsticks for the stage that opens now. */
export function freeze(calibration: Calibration, metric: MetricSpec): void {
  const { windows, sums, lags, histogram, frozen } = calibration;
  if (histogram.n >= REQUESTS_NEEDED) {
    if (metric.kind === 'quantile') frozen.quantileMs ??= quantileMs(histogram, metric.q);
    if (metric.kind === 'drift') frozen.reference ??= structuredClone(histogram);
  }
  const moments = momentsOf(metric);
  if (!moments || windows < WINDOWS_NEEDED) return;
  frozen.factor = recordedFactor(moments, sums, windows);
  // Once for the rollout: bounds of one process keep the scale they began with.
  frozen.mean ??= sums[1] / sums[0];
  frozen.merge = mergeOf(lags);
  if (moments.heavyTails) frozen.variance = moments.variance(armOf(sums));
}

/** The smallest merge whose neighbours hardly correlate, else the one that correlates least. */
function mergeOf(lags: readonly Lag[]): number {
  let best = { merge: 1, correlation: Number.POSITIVE_INFINITY };
  for (const [i, lag] of lags.entries()) {
    if (lag.n < BATCHES_NEEDED) continue;
    const found = { merge: MERGES[i] ?? 1, correlation: correlationOf(lag) };
    if (found.correlation <= MOST_CORRELATION) return found.merge;
    if (found.correlation < best.correlation) best = found;
  }
  return best.merge;
}

function correlationOf({ n, sum, squares, products }: Lag): number {
  const mean = sum / n;
  const variance = squares / n - mean * mean;
  return variance <= 0 ? 0 : (products / (n - 1) - mean * mean) / variance;
}
