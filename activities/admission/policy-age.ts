/** Whether the policy of this worker is the newest that was ever in force on the evidence store. */
import { createHash } from 'node:crypto';
import type { ActivityDeps } from '../deps.js';
import { failure } from '../failures.js';
import type { EvidenceStore } from '../store/adapter.js';

/**
 * Throws policyOlder. Without roots nothing is remembered: the serial of a policy that nobody signed is nobody's word, and
 * would lock the signed one out.
 */
export async function checkPolicyAge({ policy, trust }: ActivityDeps, store: EvidenceStore): Promise<void> {
  if (!trust) return;
  const { serial } = policy;
  const digest = `sha256:${createHash('sha256').update(trust.policyText, 'utf8').digest('hex')}` as const;
  const newest = await store.newestPolicy({ serial, digest });
  if (newest.serial > serial) {
    const message = `This worker holds policy serial ${serial}, but serial ${newest.serial} has been in force here; give it the newer one.`;
    throw failure('policyOlder', message);
  }
  if (newest.digest === digest) return;
  const message = `Another policy of serial ${serial} has been in force here; each change of the policy raises its serial.`;
  throw failure('policyOlder', message);
}
