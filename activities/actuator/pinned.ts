/** What this rollout was admitted with, read from the evidence that admission wrote: the only plan there is here. */
import { isSame } from '../../approvals/statement.js';
import type { Admission, RolloutRef } from '../../workflows/contract/activities.js';
import type { ExposureTarget } from '../../workflows/contract/exposure.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { ActivityDeps } from '../deps.js';
import { failure, isFailure } from '../failures.js';
import type { RolloutEvidence } from '../store/adapter.js';
import { loadPlan } from '../store/plan.js';

export interface Pinned {
  plan: Plan;
  admission: Admission;
  evidence: RolloutEvidence;
}

/** Throws planMismatch where the order names another rollout, model or target than was admitted. */
export async function pinnedFor(
  deps: ActivityDeps,
  { tenant, model, rolloutId, target }: RolloutRef & { target: ExposureTarget },
): Promise<Pinned> {
  const evidence = await deps.connections(tenant).evidence().open(tenant, rolloutId);
  const admission = (await evidence.getDocument('admission')) as Admission;
  const plan = await planOf(evidence, admission);
  if (plan.tenant !== tenant || plan.model !== model) {
    throw planMismatch(`${rolloutId} was admitted for ${plan.tenant}/${plan.model}, not for ${tenant}/${model}.`);
  }
  if (!isSame(admission.target, target)) {
    throw planMismatch(
      `${rolloutId} was admitted for flag ${admission.target.flag}, and the order names another target.`,
    );
  }
  return { plan, admission, evidence };
}

export function planMismatch(sentence: string): Error {
  return failure('planMismatch', sentence);
}

async function planOf(evidence: RolloutEvidence, { digests }: Admission): Promise<Plan> {
  try {
    return await loadPlan(evidence, digests.plan);
  } catch (error) {
    if (isFailure(error, 'digestMismatch')) throw planMismatch(error.message);
    throw error;
  }
}
