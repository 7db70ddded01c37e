/** What the activities need from outside; made once by the worker, faked in tests. */
import type { Policy } from '../approvals/policy.js';
import type { PublicKey } from '../approvals/ssh-key.js';
import type { Platform } from '../plan/platform-types.js';
import type { Digest } from '../workflows/contract/plan.js';
import type { Connections } from './connections.js';

/** Whom this worker believes: set by whoever runs it, never by a plan or a message. */
export interface Trust {
  /** Keys that sign the policy. */
  roots: PublicKey[];
  /** The exact text of the policy file, which the roots signed. */
  policyText: string;
  /** Armored, as they stand in `policy.yaml.sig`. */
  policySignatures: string[];
}

export interface ActivityDeps {
  platform: Platform;
  platformDigest: Digest;
  policy: Policy;
  policyDigest: Digest;
  /** Null: nobody's signature is asked for, and approvals prove nothing; in development mode only. */
  trust: Trust | null;
  /** Armored SSHSIG of the log key over a checkpoint; null: the journal is kept without checkpoints. */
  signCheckpoint: ((statement: string) => Promise<string>) | null;
  /** Whether exposure is written by this process or by one of its own user, which alone holds the credentials. */
  actuator: 'in-process' | 'separate';
  /** Opens what the platform file names; a name it does not know is refused. */
  connections(tenant: string): Connections;
  /** Unix milliseconds. */
  now(): number;
  /** Named stop points for fault tests; does nothing in a real worker. */
  reached(point: string): void | Promise<void>;
}
