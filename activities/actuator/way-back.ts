/**
 * What a way back leads to: what was pinned at admission. An order that called the candidate the baseline would else bring
 * everybody to it, with nobody's leave (governance 7.5: restoring may only give share 0 and no cohorts).
 */
import type { Admission, MoveAliasInput, RestoreInput } from '../../workflows/contract/activities.js';
import type { ExposureTarget } from '../../workflows/contract/exposure.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { ActivityDeps } from '../deps.js';
import { failure, isFailure } from '../failures.js';
import type { RolloutEvidence } from '../store/adapter.js';
import { loadPlan } from '../store/plan.js';

/**
 * Target to bring to zero. Evidence that is away for a while stops no rollback: then the order is taken, of a rollout that
 * the flag itself names as its own. Throws where neither knows the rollout: nothing of it can be in force.
 */
export async function pinnedTarget(deps: ActivityDeps, { ref, target }: RestoreInput): Promise<ExposureTarget> {
  const connections = deps.connections(ref.tenant);
  try {
    const evidence = await connections.evidence().open(ref.tenant, ref.rolloutId);
    return (await admissionIn(evidence)).target;
  } catch (error) {
    if (!isFailure(error, 'storeUnavailable') && !isFailure(error, 'notFound')) throw error;
    const { state } = await connections.exposure(target.store).read(target);
    if (state.rolloutId === ref.rolloutId && target.rolloutId === ref.rolloutId) return target;
    const owner = state.rolloutId ?? 'nobody';
    throw failure(
      error.type === 'notFound' ? 'notFound' : 'storeUnavailable',
      `${error.message} ${target.flag} is of ${owner}.`,
    );
  }
}

/** The alias of an admitted rollout, from its candidate back to its baseline: `order` is asked for nothing but its name. */
export async function pinnedAlias(deps: ActivityDeps, order: MoveAliasInput): Promise<MoveAliasInput> {
  const { tenant, model, rolloutId } = order;
  const evidence = await deps.connections(tenant).evidence().open(tenant, rolloutId);
  const { alias, candidateVersion: from, baselineVersion: to, digests } = await admissionIn(evidence);
  const plan: Plan = await loadPlan(evidence, digests.plan);
  if (plan.model !== model)
    throw failure('planMismatch', `${rolloutId} was admitted for ${plan.model}, not for ${model}.`);
  return { tenant, model, rolloutId, registry: plan.candidate.registry, alias, from, to };
}

async function admissionIn(evidence: RolloutEvidence): Promise<Admission> {
  return (await evidence.getDocument('admission')) as Admission;
}
