/** What an exposure store holds and says. State per target is whole and absolute (DESIGN section 6). Sandbox-safe. */
import type { Exposure, OnSilence } from './plan.js';

/** Which flag, which two versions, who owns the write. Everything a store needs to go back, without any other lookup. */
export interface ExposureTarget {
  tenant: string;
  store: string;
  flag: string;
  cohortAttribute: string;
  rolloutId: string;
  baselineVersion: string;
  candidateVersion: string;
}

/**
 * `serving`: no rollout shows. `exposing`: share and cohorts under a lease.
 * `promoted`: candidate is the default; `holdBack` of randomised users stay on the old model.
 */
export type ExposureMode = 'serving' | 'exposing' | 'promoted';

export interface ExposureState extends Exposure {
  mode: ExposureMode;
  holdBack: number;
  /** Unix milliseconds; null: no lease. After it the store's own rule serves the baseline. */
  leaseUntilMs: number | null;
  onSilence: OnSilence;
  rolloutId: string | null;
  /** Bumped by every write but a lease renewal. */
  revision: number;
  writeId: string | null;
  /** Rollout that was rolled back here and may never raise again. */
  closedFor: string | null;
}

export interface ExposureRead {
  state: ExposureState;
  /** Version the store serves to somebody outside any rollout. */
  defaultVersion: string;
  /** False: what the store would serve is not what its recorded state says: edited by hand. */
  intact: boolean;
  /** Share and cohorts by evaluating golden keys now: lapsed leases and hand edits included. */
  served: { share: number; cohorts: string[] };
}

/** Whole desired state of a write. */
export type DesiredExposure =
  | ({ mode: 'exposing'; leaseUntilMs: number; onSilence: OnSilence } & Exposure)
  | { mode: 'promoted'; holdBack: number };

export interface ExposureFacts {
  /** Longest time from a write to every evaluator seeing it. */
  propagationMs: number;
  lease: boolean;
  smallestShare: number;
  sticky: boolean;
  cohorts: boolean;
}
