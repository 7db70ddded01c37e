/**
 * Overdispersion: by how much the windows scatter more than the units in them would make them. Evidence is divided by
 * the factor. Formulas: statistics.md 12.1 and 12.2, Wilson and Hilferty for the quantiles of chi-square.
 * Pure, sandbox-safe.
 */
import { GRID_WINDOWS } from '../procedures/grid.js';
import { type ArmSums, type Evidence, type Joint, armOf } from './evidence.js';
import type { Moments } from './moments.js';

/** Taken when nothing recorded, and too few windows seen, could tell. */
export const ASSUMED_FACTOR = 2;
/** Windows before a rollout's own counts may tell. */
const TELLING_WINDOWS = 10;

export interface Dispersion {
  factor: number;
  assumed: boolean;
}

/** `calibrated`: from windows before the stage, null if too few. `evidence`: everything this rollout saw. */
export function armDispersion(
  moments: Moments,
  evidence: Evidence,
  arm: 'control' | 'treated',
  calibrated: number | null,
): Dispersion {
  let squares = 0;
  let degrees = 0;
  let windows = 0;
  for (const [, seen, control, treated] of evidence) {
    windows += seen;
    const excess = pearson(moments, arm === 'control' ? control : treated);
    if (excess === null || seen < 2) continue;
    squares += excess;
    degrees += seen - 1;
  }
  // So few cannot tell that windows scatter little; what they do scatter is believed.
  const seen = Math.max(ASSUMED_FACTOR, degrees > 1 ? squares / degrees : 0);
  if (windows < TELLING_WINDOWS) return { factor: calibrated ?? seen, assumed: calibrated === null };
  return { factor: Math.max(calibrated ?? 1, proven(squares, degrees)), assumed: false };
}

const NONE: Joint = [0, 0, 0, 0];

/** Factor for the ratio grid: the 95 % upper bound, for the grid has no other protection. Infinite before 10 batches of windows. */
export function ratioDispersion(evidence: Evidence): number {
  let squares = 0;
  let degrees = 0;
  let windows = 0;
  for (const [, , , , [seen, events, treated, scatter] = NONE] of evidence) {
    windows += seen;
    if (seen < 2 || treated <= 0 || treated >= events) continue;
    const share = treated / events;
    squares += scatter / (share * (1 - share));
    degrees += seen - 1;
  }
  if (windows < GRID_WINDOWS) return Number.POSITIVE_INFINITY;
  if (degrees < 1) return 1;
  const spread = Math.sqrt(2 / (9 * degrees));
  const shrink = Math.max(0.05, 1 - 2 / (9 * degrees) - 1.645 * spread);
  return Math.max(1, squares / (degrees * shrink * shrink * shrink));
}

/** Factor of recorded windows of one arm: variance over what its units explain, at least one. */
export function recordedFactor(moments: Moments, sums: ArmSums, windows: number): number {
  const excess = pearson(moments, sums);
  return excess === null || windows < 2 ? 1 : Math.max(1, excess / (windows - 1));
}

/** The estimate where it exceeds one beyond chance (99 %), else one: scatter that chance explains is not paid for. */
function proven(squares: number, degrees: number): number {
  if (degrees < 1) return 1;
  const quantile = degrees * (1 - 2 / (9 * degrees) + 2.326 * Math.sqrt(2 / (9 * degrees))) ** 3;
  return squares > quantile ? squares / degrees : 1;
}

/** Pearson's chi-square of windows against one common mean; null where every unit fared alike. */
function pearson(moments: Moments, sums: ArmSums): number | null {
  if (sums[0] <= 0) return null;
  const variance = moments.variance(armOf(sums));
  return variance > 0 ? sums[2] / variance : null;
}
