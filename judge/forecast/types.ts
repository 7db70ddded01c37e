/** What a forecast says, as `sluice plan --json` prints it. Times are milliseconds from the start of a step's bake. */
import type { Level } from './level.js';
import type { Spread } from './spread.js';

export type { Spread } from './spread.js';

/** How many times as bad the regressions are that a gate is tried with. */
export const REGRESSIONS: readonly number[] = [1.25, 2, 4];

export interface Forecast {
  /** Every step of the plan, in order. */
  steps: StepForecast[];
  /** By metric: what was taken as the baseline's level; null: nothing to go by. */
  levels: Record<string, Level | null>;
  /** Null: no gate could be simulated. */
  healthy: HealthyRollouts | null;
}

export interface StepForecast {
  stage: string;
  step: number;
  share: number;
  cohorts: string[];
  maxMs: number;
  /** Until the step passes, all gates together; null: not simulated. */
  decides: Spread | null;
  /** Gates that `decides` leaves out, because nothing could be simulated for them. */
  without: string[];
  gates: GateForecast[];
}

/**
 * `simulated`: by the product's own judge. `unitsOnly`: when minimum bake and units are reached; what the gate then says
 * is not forecast. `noEstimate`: nothing says how much traffic there is, or how the baseline does. `neverPasses`: the
 * baseline itself does not meet the limit, so an equal candidate cannot. `tooLarge`: the plan has more gates and steps
 * than are simulated.
 */
export type Basis = 'simulated' | 'unitsOnly' | 'noEstimate' | 'neverPasses' | 'calculated';

export interface GateForecast {
  gate: string;
  metric: string;
  basis: Basis;
  /** The candidate `passes` speaks of: 1 is equal to the baseline; gates that ask for an improvement need a better one. */
  better: number;
  passes: Spread | null;
  /** Fewer than four of five such candidates pass within `max`. */
  cannotDecide: Shortfall | null;
  catches: Catch[];
  /** The same regressions in the smallest slice alone; null: no slices are known. */
  inSlice: { slice: string; part: number; catches: Catch[] } | null;
}

/** Null where nothing can be said. */
export interface Shortfall {
  /** The slice that takes longest; null: the whole. */
  slice: string | null;
  /** The `max` that would do: by arithmetic, or by trial with longer ones; null: none up to 400 days is known. */
  needsMaxMs: number | null;
  /** The margin or limit that would do, as a plan writes it; null: none is known. */
  margin: string | null;
}

/**
 * `caught`: half of the runs were rolled back within `max`. `late`: they were not. `tolerated`: so much is within the
 * margin or limit. `never`: the gate rolls nothing back. `impossible`: nothing can be that bad.
 */
export interface Catch {
  factor: number;
  /** What is multiplied: the baseline's level, or the gate's own limit where the baseline showed no event at all. */
  of: 'level' | 'limit';
  kind: 'caught' | 'late' | 'tolerated' | 'never' | 'impossible' | 'unknown';
  takes: Spread | null;
}

export interface HealthyRollouts {
  /** `falseAlarms.rollback`: the share of healthy rollouts that may be rolled back, whatever the traffic. */
  budget: number;
  rolledBack: number;
  runs: number;
  /** Gates that were not asked in them. */
  without: string[];
}
