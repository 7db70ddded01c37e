/**
 * What the baseline arm looked like before a stage: how its windows scatter and hang together, its rate, its quantile.
 * Taken from every usable window seen so far in the rollout, frozen when a stage opens, so that no yardstick is taken
 * from the data it measures (statistics.md 12.2, 12.3, 12.5). Pure, sandbox-safe.
 */
import type { MetricSpec } from '../workflows/contract/plan.js';
import type { Cell } from '../workflows/contract/windows.js';
import { recordedFactor } from './dispersion.js';
import type { ArmSums } from './evidence.js';
import { type Histogram, addHistogram, noHistogram, quantileMs } from './histogram.js';

/** Windows before their variance counts as recorded. */
const WINDOWS_NEEDED = 60;
/** Baseline requests before a quantile may be frozen. */
const REQUESTS_NEEDED = 1_000;
const MERGES = [1, 2, 4, 8, 16];
const MOST_CORRELATION = 0.08;
const BATCHES_NEEDED = 20;

export interface Frozen {
  /** Variance over mean of windows; null: not enough were recorded. */
  factor: number | null;
  /** Windows to merge so that neighbours hardly correlate. */
  merge: number;
  /** The control's quantile in milliseconds; frozen once for the rollout. */
  quantileMs: number | null;
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
    sums: { units: 0, events: 0, squares: 0 },
    lags: MERGES.map(() => ({ open: noBatch(), n: 0, sum: 0, squares: 0, products: 0, previous: 0 })),
    histogram: noHistogram(),
    frozen: { factor: null, merge: 1, quantileMs: null },
  };
}

const noBatch = () => ({ windows: 0, units: 0, events: 0 });

/** Adds the baseline arm's randomised users of one window. */
export function calibrate(calibration: Calibration, metric: MetricSpec, cells: readonly Cell[]): void {
  let [units, events] = [0, 0];
  for (const { arm, via, slice, payload } of cells) {
    if (arm !== 'baseline' || via !== 'share' || slice !== null) continue;
    if (payload.kind === 'quantile') addHistogram(calibration.histogram, payload);
    else [units, events] = [units + payload.units, events + payload.events];
  }
  if (metric.kind !== 'rate' || units <= 0) return;
  calibration.windows += 1;
  calibration.sums.units += units;
  calibration.sums.events += events;
  calibration.sums.squares += (events * events) / units;
  for (const [i, lag] of calibration.lags.entries()) addToLag(lag, MERGES[i] ?? 1, units, events);
}

function addToLag(lag: Lag, merge: number, units: number, events: number): void {
  lag.open.windows += 1;
  lag.open.units += units;
  lag.open.events += events;
  if (lag.open.windows < merge) return;
  const rate = lag.open.events / lag.open.units;
  if (lag.n > 0) lag.products += rate * lag.previous;
  lag.n += 1;
  lag.sum += rate;
  lag.squares += rate * rate;
  lag.previous = rate;
  lag.open = noBatch();
}

/** Fixes the yardsticks for the stage that opens now. */
export function freeze(calibration: Calibration, metric: MetricSpec): void {
  const { windows, sums, lags, histogram, frozen } = calibration;
  if (metric.kind === 'quantile') {
    if (frozen.quantileMs === null && histogram.n >= REQUESTS_NEEDED)
      frozen.quantileMs = quantileMs(histogram, metric.q);
    return;
  }
  if (windows < WINDOWS_NEEDED) return;
  frozen.factor = recordedFactor(sums, windows);
  frozen.merge = mergeOf(lags);
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
