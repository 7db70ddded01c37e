/** The contract a metric source fulfils; one file per kind beside this one. */
import type { Arm, MetricSpec, SourceSpec } from '../../workflows/contract/plan.js';
import type { Observation } from '../../workflows/contract/windows.js';

/** A closed window of one source, with what every metric of that source says about it. */
export interface CollectedWindow {
  index: number;
  startMs: number;
  endMs: number;
  observations: Record<string, Observation>;
}

/** What an arm says of itself; `null` where the source cannot tell. */
export interface ArmReport {
  digest: string | null;
  healthy: boolean | null;
  sentence: string;
}

export interface CollectOrder {
  /** Metrics of this source by name. */
  metrics: Record<string, MetricSpec>;
  source: SourceSpec;
  /** First index not yet collected; 0 at the start of a bake. */
  cursor: number;
  /** Windows that begin before this are of no use. */
  sinceMs: number;
  nowMs: number;
  /** Raw pages already kept under this bake, newest last, as `keep` stored them; scrape differences need the last one. */
  kept(index: number): Promise<string | null>;
  /** Keeps a raw page under its index before it is used; false when one is there already (then that one counts). */
  keep(index: number, raw: string): Promise<boolean>;
  signal: AbortSignal;
}

export interface MetricSource {
  /**
   * Closed windows from the cursor on, in order, at most a few per call so that an attempt ends within 5 s.
   * Throws ApplicationFailure `sourceUnavailable` when the source cannot be asked at all.
   */
  collect(order: CollectOrder): Promise<CollectedWindow[]>;
  /** Health and served digest of an arm, now; null where this source knows nothing of arms. */
  inspectArm(arm: Arm, signal: AbortSignal): Promise<ArmReport | null>;
  /** One throw-away look at admission: can it be asked, does it answer in the right shape, is the role harmless? */
  check(metrics: Record<string, MetricSpec>, source: SourceSpec, signal: AbortSignal): Promise<string[]>;
  close(): Promise<void>;
}
