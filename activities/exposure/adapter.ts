/** The contract an exposure store fulfils; one file per store beside this one. Adding one touches no workflow code. */
import type {
  DesiredExposure,
  ExposureFacts,
  ExposureRead,
  ExposureState,
  ExposureTarget,
} from '../../workflows/contract/exposure.js';
import type { Exposure } from '../../workflows/contract/plan.js';

export interface ApplyOrder {
  target: ExposureTarget;
  desired: DesiredExposure;
  /** From the workflow, never re-read: a stalled raise that wakes later must find another revision and be refused. */
  expectedRevision: number;
  /** The same id again is done already. */
  writeId: string;
}

/** Errors are ApplicationFailures typed by the error table: exposureConflict, exposureClosed, leaseLapsed, exposureUnreachable. */
export interface ExposureStore {
  describe(): ExposureFacts;
  read(target: ExposureTarget): Promise<ExposureRead>;
  /** Full replacement of our part. Compare-and-swap on revision and owner; refused when closed for this rollout or its lease has lapsed. */
  apply(order: ApplyOrder): Promise<ExposureState>;
  /** What the evaluation plane serves now, by golden keys; `missingKeyServesBaseline` is checked as well. */
  verify(
    target: ExposureTarget,
    desired: Exposure,
  ): Promise<{ ok: boolean; served: { share: number; cohorts: string[] }; sentence: string }>;
  /** The untouched definition, for the record and the dry run of the way back. */
  snapshot(target: ExposureTarget): Promise<string>;
  /** Share 0, no cohorts, baseline as default, closed for this rollout, revision bumped. Always writes, whatever it finds. */
  restoreToZero(target: ExposureTarget, writeId: string): Promise<ExposureState>;
  /** Moves the lease of the same rollout and revision; refused with leaseLapsed when it has already run out. */
  renewLease(target: ExposureTarget, revision: number, leaseUntilMs: number): Promise<ExposureState>;
  /** Frees the flag of a rollout that no longer exists: used by `reconcile` only. */
  dryRunRestore(target: ExposureTarget): Promise<void>;
}
