/**
 * Windows: closed time buckets of sufficient statistics per arm, `via` and slice. They are the truth a verdict
 * stands on: written once by index, judged in order, kept as evidence. Sandbox-safe: types only.
 */
import type { Arm } from './plan.js';

/** How a unit met its arm: by the randomised share, through a cohort, or not by the rollout at all (never judged). */
export type Via = 'share' | `cohort:${string}` | 'none';

/**
 * What every payload may add. `firstSeen`: units never counted before, where the source knows. `unlabelled`: units of the
 * window whose outcome had not arrived when it closed; they are in no other count, and compared between the arms.
 */
interface Counted {
  firstSeen?: number;
  unlabelled?: number;
}
/** `units` observed, `events` among them. Also what slo and fairness stand on. */
export interface RatePayload extends Counted {
  kind: 'rate';
  units: number;
  events: number;
}
/** Cumulative histogram: `[upper edge, observations at or below it]`, edges in milliseconds (drift: in the feature's own unit), last edge may be Infinity as `null`. */
export interface QuantilePayload extends Counted {
  kind: 'quantile';
  n: number;
  buckets: [edgeMs: number | null, count: number][];
}
/** Scores of `n` units in a range the metric declares: their sum and the sum of their squares. */
export interface ScorePayload extends Counted {
  kind: 'score';
  n: number;
  sum: number;
  sumSq: number;
}
/** Events per exposure (hours, tokens, requests that may have several events each). */
export interface CountPayload extends Counted {
  kind: 'count';
  events: number;
  exposure: number;
}
/** Sum of y over sum of z, over `n` independent units (cost per interaction, by user): sums, squares, product. */
export interface RatioPayload extends Counted {
  kind: 'ratio';
  n: number;
  sy: number;
  sz: number;
  syy: number;
  szz: number;
  syz: number;
}
export type Payload = RatePayload | QuantilePayload | ScorePayload | CountPayload | RatioPayload;

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
