/**
 * Count e-process on a grid, for a ratio of two rates (statistics.md 2.2, tempered as 12.1 and 12.2 say). Given the
 * events of both arms in a window, the candidate's share of them is binomial with a chance that depends on the ratio
 * alone: whatever shook both arms cancels. Pure, sandbox-safe.
 */
import { lnMeanExp } from './numerics.js';

/** Alternatives as multiples of the ratio refuted: main grid, and fast lane for disasters. */
export const MAIN_GRID: readonly number[] = [1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10];
export const FAST_GRID: readonly number[] = [1.5, 2, 3, 5, 10];

/** Windows the grid needs before it may speak: with fewer, dispersion cannot be told. */
export const GRID_WINDOWS = 10;

/** Counts of one window, counted so that a ratio above one is harm. */
export interface ArmCounts {
  control: { units: number; events: number };
  treated: { units: number; events: number };
}

/** `above`: evidence grows when the ratio exceeds `ratio`; `below`: when it stays under it. */
export interface GridQuestion {
  ratio: number;
  claim: 'above' | 'below';
  grid: readonly number[];
}

/** Adds one window to the log likelihood ratios, in place. A window that lacks an arm says nothing. */
export function addToGrid(logs: number[], question: GridQuestion, { control, treated }: ArmCounts): void {
  if (control.units <= 0 || treated.units <= 0 || question.ratio <= 0) return;
  const events = control.events + treated.events;
  const expected = question.ratio * treated.units + control.units;
  for (let i = 0; i < question.grid.length; i += 1) {
    const step = question.grid[i] ?? 1;
    const factor = question.claim === 'above' ? step : 1 / step;
    const alternative = question.ratio * factor * treated.units + control.units;
    logs[i] = (logs[i] ?? 0) + treated.events * Math.log(factor) - events * Math.log(alternative / expected);
  }
}

/** ln of the e-value, tempered by the overdispersion factor. */
export function lnEvidence(logs: readonly number[], factor: number): number {
  return lnMeanExp(logs, 1 / factor);
}
