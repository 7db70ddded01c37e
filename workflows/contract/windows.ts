/**
 * Windows: closed time buckets of sufficient statistics per arm, `via` and slice. They are the truth a verdict
 * stands on: written once by index, judged in order, kept as evidence. Sandbox-safe: types only.
 */
import type { Arm } from './plan.js';

/** How a unit met its arm: by the randomised share, through a cohort, or not by the rollout at all (never judged). */
export type Via = 'share' | `cohort:${string}` | 'none';

/** `units` observed, `events` among them; `firstSeen` units never counted before, where the source knows. */
export interface RatePayload {
  kind: 'rate';
  units: number;
  events: number;
  firstSeen?: number;
}
/** Cumulative histogram: `[upper edge in milliseconds, observations at or below it]`, last edge may be Infinity as `null`. */
export interface QuantilePayload {
  kind: 'quantile';
  n: number;
  buckets: [edgeMs: number | null, count: number][];
}
export type Payload = RatePayload | QuantilePayload;

export interface Cell {
  arm: Arm;
  via: Via;
  /** `null` for the whole; `name=value` (joined by `,` when several) for a slice. */
  slice: string | null;
  payload: Payload;
}

/** What a source says about one metric in one closed window. Never a bare number. */
export type Observation =
  | { kind: 'value'; cells: Cell[] }
  | { kind: 'noData'; reason: string }
  | { kind: 'error'; retryable: boolean; message: string };

/** `baseline`: before the first raise (calibrates only). `guard`, `after`: feed the rollback process only. */
export type WindowPhase = 'baseline' | 'bake' | 'guard' | 'after';

export interface Window {
  version: 1;
  metric: string;
  /** Ordinal within its directory for scrapes, epoch-aligned for queries. Judged in this order, once. */
  index: number;
  startMs: number;
  endMs: number;
  phase: WindowPhase;
  /** Share in force during the whole window; a window that straddles a change carries `discarded`. */
  share: number;
  observation: Observation;
  /** Why the window is kept but not judged. */
  discarded?: string;
}
