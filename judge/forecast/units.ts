/** When minimum bake and minimum units are reached, by arithmetic. Pure, sandbox-safe. */
import type { SourceSpec, StageSpec } from '../../workflows/contract/plan.js';
import type { Level } from './level.js';
import type { Spread } from './spread.js';
import { COHORT_PART } from './stream.js';

/** Milliseconds of judged time until the candidate has so many units. */
export function unitsMs({ perMinute }: Pick<Level, 'perMinute'>, share: number, units: number): number {
  const perMs = (perMinute / 60_000) * (share > 0 ? share : COHORT_PART);
  return units <= 0 ? 0 : perMs > 0 ? units / perMs : Number.POSITIVE_INFINITY;
}

/** From the start of the bake; no chance in it, so no runs. */
export function unitsReached({ bake }: StageSpec, source: SourceSpec, level: Level, share: number): Spread {
  const judgedMs = Math.max(bake.minMs, unitsMs(level, share, bake.minUnits));
  const windows = Math.max(1, Math.ceil(judgedMs / source.windowMs));
  const atMs = bake.warmupMs + windows * source.windowMs + source.settleMs;
  const inTime = atMs <= bake.maxMs ? atMs : null;
  return { p50Ms: inTime, p80Ms: inTime, share: inTime === null ? 0 : 1, runs: 0 };
}
