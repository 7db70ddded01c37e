/**
 * What tells the kinds that compare means apart: how a payload becomes sums, how much one unit varies, and which bounds
 * hold for the mean of one arm. Everything else they share. Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Payload } from '../../workflows/contract/windows.js';
import { selects, type Selection } from '../selection.js';
import type { Range } from '../procedures/beta-binomial.js';

/**
 * Sums of one arm in one window. `units` and `events` are what a mean is made of: requests and failures, exposure and
 * counts, users and their scores in 0..1, sum of z and sum of y. `moments` are those of second order a kind needs.
 */
export interface ArmCounts {
  units: number;
  events: number;
  moments: number[];
}

/** Counts of one window, by arm. */
export interface WindowCounts {
  control: ArmCounts;
  treated: ArmCounts;
}

export interface Tempering {
  level: number;
  /** Everything is divided by it: what scatters more than chance is worth less. */
  factor: number;
  windows: number;
  /** Windows at which a decision is expected. */
  planned: number;
  /** Mean, and variance of one unit, seen before the stage, where they were. */
  usual: number | null;
  usualVariance: number | null;
}

export interface Moments {
  payload: Payload['kind'];
  /** Moments of a window gathered, and how many of them are kept once settled. */
  order: 0 | 1 | 4;
  kept: 0 | 1 | 2;
  /** Adds a payload; false: its histogram has no such edge. */
  add(payload: Payload, edgeMs: number | null, into: ArmCounts, metric: MetricSpec): boolean;
  /** Makes the moments of a window such as may be summed, given the arm's sums before it; absent: they may be. */
  settle?(counts: ArmCounts, unitsBefore: number, eventsBefore: number): void;
  /** Variance of one unit. */
  variance(arm: ArmCounts): number;
  /** Standard deviation between users, at most, as a fraction of the arm's mean. */
  between(arm: ArmCounts): number;
  /** Bounds on one arm's mean that hold at every look at once. */
  bounds(arm: ArmCounts, tempering: Tempering): Range;
  /** Bounds on the difference of two arms, treated less control, where one for each arm would be too wide. */
  rise?(control: ArmCounts, treated: ArmCounts, controlFactor: number, tempering: Tempering): Range;
  /** Cheap to know: no bound lies nearer to the mean. */
  reach?(arm: ArmCounts, factor: number, level: number): number;
  least: number;
  most: number;
  /** Events are counts, so that given the events of both arms the candidate's share of them is binomial. */
  counts: boolean;
  /** A unit has the event or has it not: then those without it may be counted instead. */
  either: boolean;
  /**
   * Means of windows are cut at a limit fixed before the stage; and as an arm of few units may have missed its tail so
   * far, its mean low and its scatter low with it, no arm is taken to vary less than the other, or than the record.
   */
  heavyTails: boolean;
}

export function noCounts(order: Moments['order']): WindowCounts {
  const arm = (): ArmCounts => ({ units: 0, events: 0, moments: Array.from({ length: order }, () => 0) });
  return { control: arm(), treated: arm() };
}

/** From the cells of a window to the sums one question needs. False: the histogram of some cell has no such edge. */
export function gather(
  moments: Moments,
  metric: MetricSpec,
  cells: readonly Cell[],
  selection: Selection,
  edgeMs: number | null,
  into: WindowCounts,
): boolean {
  clear(into.control);
  clear(into.treated);
  for (const cell of cells) {
    if (!selects(selection, cell)) continue;
    if (!moments.add(cell.payload, edgeMs, cell.arm === 'baseline' ? into.control : into.treated, metric)) return false;
  }
  return true;
}

function clear(arm: ArmCounts): void {
  arm.units = 0;
  arm.events = 0;
  arm.moments.fill(0);
}
