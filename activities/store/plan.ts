/** The pinned plan, read back from the evidence and checked against its digest. */
import { digestOf } from '../../plan/canonical.js';
import type { Digest, Plan } from '../../workflows/contract/plan.js';
import { failure } from '../failures.js';
import type { RolloutEvidence } from './adapter.js';

const byDigest = new Map<Digest, Plan>();

/** Plans are immutable by digest, so one read serves every later look of this process. */
export async function loadPlan(evidence: RolloutEvidence, digest: Digest): Promise<Plan> {
  const known = byDigest.get(digest);
  if (known) return known;
  const plan = (await evidence.getDocument('plan')) as Plan;
  const found = digestOf(plan);
  if (found !== digest)
    throw failure('digestMismatch', `The plan in the evidence store is ${found}, but ${digest} was pinned.`);
  if (byDigest.size > 1_000) byDigest.clear();
  byDigest.set(digest, plan);
  return plan;
}
