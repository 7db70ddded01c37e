/** One gate that is simulated, with all that its simulations share. Pure, sandbox-safe. */
import type { GateSpec, MetricSpec, Plan, SourceSpec } from '../../workflows/contract/plan.js';
import type { JudgeFor } from './judges.js';
import { type Drawn, COARSE_LOOKS, PILOT_RUNS } from './journey.js';
import type { Level } from './level.js';
import type { Work } from './work.js';

export interface Setting {
  plan: Plan;
  judgeFor: JudgeFor;
  levels: Record<string, Level | null>;
  work: Work;
}

export interface Case extends Setting {
  gate: string;
  spec: GateSpec;
  metric: MetricSpec;
  source: SourceSpec;
  level: Level;
}

/** The metric with this candidate beside the baseline. */
export function drawnWith({ spec, metric, source, level }: Case, candidate: Level): Drawn {
  return { name: spec.metric, metric, source, arms: { baseline: level, candidate } };
}

/** What trying a question costs at least, in so many steps: a few runs of a bake that takes its time. */
export function leastCost(level: Level, steps: number): number {
  return 2 * PILOT_RUNS * COARSE_LOOKS * weightOf(level) * steps;
}

/** What one look costs, in looks at a metric without slices. */
export function weightOf({ slices }: Level): number {
  return 1 + slices.length;
}
