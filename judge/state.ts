/**
 * The judge's memory: plain JSON that survives a round trip exactly (no undefined, NaN, infinity or minus zero), small
 * enough for a heartbeat. Pure, sandbox-safe.
 */
import type { Lane, VerdictKind } from '../workflows/contract/verdicts.js';
import type { Calibration } from './calibration.js';
import type { Labels } from './labels.js';
import type { Unusable } from './read-window.js';
import type { SplitState } from './split-check.js';
import type { JudgeState, StepContext } from './types.js';

/** One gate on the whole or on one slice. */
export interface Process {
  gate: string;
  slice: string | null;
  /** The stage the promotion evidence is of. */
  stage: string;
  failed: { atMs: number; lane: Lane } | null;
  passing: boolean;
  /** The kind's own evidence. */
  body: object;
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
  labels: Labels;
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
