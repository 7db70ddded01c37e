/**
 * Count e-process on a grid, for a ratio of two rates (statistics.md 2.2, tempered as 12.1 and 12.2 say). Given the
 * events of both arms in a window, the candidate's share of them is binomial with a chance that depends on the ratio
 * alone: whatever shook both arms cancels. Pure, sandbox-safe.
 */
import { lnMeanExp } from '../numerics/sums.js';

/** Alternatives as multiples of the ratio refuted: main grid, and fast lane for disasters. */
export const MAIN_GRID: readonly number[] = [1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10];
export const FAST_GRID: readonly number[] = [1.5, 2, 3, 5, 10];

/** Windows the grid needs before it may speak: with fewer, dispersion cannot be told. */
export const GRID_WINDOWS = 10;

/**
 * Lower a log likelihood ratio does not sink, so that an alternative refuted for a month can still be found on a bad day.
 * Raised to it at every window, it adds at most exp(-1000/factor) a window to an e-value that starts at one.
 */
const LEAST_LOG = -1_000;

const LOGS = new Map([...MAIN_GRID, ...FAST_GRID].map((step) => [step, Math.log(step)]));
const MAIN_LOGS = MAIN_GRID.map((step) => LOGS.get(step) ?? 0);
const FAST_LOGS = FAST_GRID.map((step) => LOGS.get(step) ?? 0);

interface Counts {
  units: number;
  events: number;
}

/**
 * Adds one window to the log likelihood ratios, in place; counted so that a ratio above one is harm. `above`: evidence
 * grows when the ratio exceeds `ratio`; `below`: when it stays under it. A window that lacks an arm says nothing.
 * Kept to six decimals: the state must stay small, and the rounding of a month of minutes stays below 0.03 even when
 * every window is the same.
 */
export function addToGrid(
  sums: number[],
  ratio: number,
  claim: 'above' | 'below',
  grid: readonly number[],
  control: Counts,
  treated: Counts,
): void {
  if (control.units <= 0 || treated.units <= 0 || ratio <= 0) return;
  const events = control.events + treated.events;
  if (events <= 0) return;
  const logs = grid === MAIN_GRID ? MAIN_LOGS : FAST_LOGS;
  const sign = claim === 'above' ? 1 : -1;
  const own = ratio * treated.units;
  const expected = own + control.units;
  for (let i = 0; i < grid.length; i += 1) {
    const step = grid[i] ?? 1;
    const alternative = (sign > 0 ? own * step : own / step) + control.units;
    const gained = treated.events * sign * (logs[i] ?? 0) - events * Math.log(alternative / expected);
    sums[i] = Math.round(Math.max(LEAST_LOG, (sums[i] ?? 0) + gained) * 1e6) / 1e6 + 0;
  }
}

/** ln of the e-value, tempered by the overdispersion factor. */
export function lnEvidence(logs: readonly number[], factor: number): number {
  return lnMeanExp(logs, 1 / factor);
}

/** Whether the tempered e-value reaches 1/level; the mean never exceeds the largest, which is cheaper to look at. */
export function gridProves(logs: readonly number[], factor: number, level: number): boolean {
  const needed = -Math.log(level);
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logs.length; i += 1) largest = Math.max(largest, logs[i] ?? 0);
  return largest / factor >= needed && lnEvidence(logs, factor) >= needed;
}
