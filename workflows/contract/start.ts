/** How a rollout begins and ends on the wire. Sandbox-safe. */
import type { Signed } from './decisions.js';
import type { Digest, Plan } from './plan.js';
import type { Lowering } from './view.js';

export interface RolloutInput {
  version: 1;
  rolloutId: string;
  plan: Plan;
  planDigest: Digest;
  by: string;
  statedPolicyDigest: Digest | null;
  /** Who starts it, signed; required where the worker has trust roots. */
  order?: Signed;
  /** Approvals of an emergency start; the order's statement names what is waived. */
  breakGlass?: Signed[];
  /** Set by continue-as-new only. */
  carried?: unknown;
}

export interface RolloutResult {
  version: 1;
  rolloutId: string;
  outcome: 'completed';
  candidateVersion: string;
  promotedAtMs: number;
  sentence: string;
}

/** Details of the ApplicationFailure of type RolledBack. */
export interface RolledBackDetails {
  version: 1;
  rolloutId: string;
  lowering: Lowering;
}
