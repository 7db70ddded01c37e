/**
 * The judge's memory: plain JSON that survives a round trip exactly (no undefined, NaN, infinity or minus zero), small
 * enough for a heartbeat. Pure, sandbox-safe.
 */
import type { Calibration } from './calibration.js';
import type { Evidence } from './evidence.js';
import type { Histogram } from './histogram.js';
import type { Batches } from './main-lane.js';
import type { Unusable } from './read-window.js';
import type { SplitState } from './split-check.js';
import type { JudgeState, StepContext } from './types.js';
import type { Lane, VerdictKind } from '../workflows/contract/verdicts.js';

/** Evidence in one direction; grid and batches for ratios only. */
export interface Direction {
  evidence: Evidence;
  grid: number[] | null;
  batches: Batches | null;
  /** Bucket edge at the limit; null for rates, and while none is known. */
  edgeMs: number | null;
  /** The last window had no bucket edge at the limit. */
  noEdge: boolean;
}

/** One gate on the whole or on one slice. */
export interface Process {
  gate: string;
  slice: string | null;
  /** For ratios: count units without the event, because the event is the rule (12.11). Fixed when judging begins. */
  complement: boolean;
  /** Spans the rollout. */
  rollback: Direction;
  /** Restarts with each stage. */
  promote: Direction;
  /** The stage the promotion evidence is of. */
  stage: string;
  fast: number[];
  /** Candidate latencies of the stage; quantiles only. */
  histogram: Histogram;
  failed: { atMs: number; lane: Lane } | null;
  passing: boolean;
}

export interface MetricState {
  /** Newest index seen in the open step; -1 for none. */
  last: number;
  /** Windows of the open step by what they were worth. */
  windows: number;
  unusable: Record<Unusable, number>;
  /** Null: the newest window was usable. */
  trouble: { kind: Unusable; why: string } | null;
  asOfMs: number;
  /** Candidate units of the open step. */
  units: number;
  unitsByShare: number;
  calibration: Calibration;
  /** Slices judged by name; null until judging begins. */
  slices: string[] | null;
  /** What the baseline counted by slice until then. */
  seen: [slice: string, units: number, events: number][];
}

export interface State {
  version: 1;
  step: StepContext | null;
  metrics: Record<string, MetricState>;
  processes: Process[];
  split: SplitState;
  asOfMs: number;
  held: { kind: VerdictKind; sinceMs: number } | null;
}

/** The opaque state as this room knows it. */
export function opened(state: JudgeState): State {
  return state as unknown as State;
}
