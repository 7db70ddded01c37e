/** What the activities need from outside; made once by the worker, faked in tests. */
import type { Policy } from '../approvals/policy.js';
import type { Platform } from '../plan/platform-types.js';
import type { Digest } from '../workflows/contract/plan.js';
import type { Connections } from './connections.js';

export interface ActivityDeps {
  platform: Platform;
  platformDigest: Digest;
  policy: Policy;
  policyDigest: Digest;
  /** Opens what the platform file names; a name it does not know is refused. */
  connections(tenant: string): Connections;
  /** Unix milliseconds. */
  now(): number;
  /** Named stop points for fault tests; does nothing in a real worker. */
  reached(point: string): void | Promise<void>;
}
