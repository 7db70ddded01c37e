/**
 * How the false-alarm budget of a rollout is divided. Fixed weights, known before the first window is judged, so that
 * the parts add up to at most `falseAlarms.rollback` whatever the data does:
 *
 * - equally over the gates that can roll back;
 * - within a gate, the fast lane takes its declared share;
 * - within a lane, half to the whole and half to its slices, equally, one part being kept for `other`;
 * - within a relative gate of counts, grid and main lane take half each (in `means/find-ratio.ts`).
 *
 * Promotion needs every gate and slice (intersection-union), so there each has the whole level. Pure, sandbox-safe.
 */
import type { Plan } from '../workflows/contract/plan.js';
import { kindOf } from './kinds.js';

export interface Levels {
  rollback: number;
  fast: number;
  promote: number;
}

/** Levels of a gate before its slices are known. */
export function gateLevels(plan: Plan, gate: string): Levels {
  const able = Object.values(plan.gates).filter(({ rollbackWhen, fastLane }) => rollbackWhen ?? fastLane).length;
  const spec = plan.gates[gate];
  const part = plan.falseAlarms.rollback / Math.max(1, able);
  const fast = part * (spec?.fastLane?.share ?? 0);
  return { rollback: part - fast, fast, promote: plan.falseAlarms.promote };
}

/** Levels of one process of a gate: `slices` are those judged by name, null for a metric that is not judged by slice. */
export function processLevels(levels: Levels, slice: string | null, slices: readonly string[] | null): Levels {
  if (slices === null) return levels;
  const weight = slice === null ? 0.5 : 0.5 / (slices.length + 1);
  return { rollback: levels.rollback * weight, fast: levels.fast * weight, promote: levels.promote };
}

/** Whether a metric's slices are judged one by one. */
export function judgedBySlice(spec: Plan['metrics'][string]): boolean {
  return spec.slices !== null && !kindOf(spec).acrossSlices;
}
