/** Do the people whom the stage asks still stand behind it? Every signature is checked again, by the newest policy. */
import { type PinnedRequest, recheckMandate } from '../../approvals/decision-check.js';
import { isObject } from '../../approvals/statement.js';
import type { Mandate, StartStatement } from '../../workflows/contract/decisions.js';
import type { ApprovalSpec, StageSpec } from '../../workflows/contract/plan.js';
import type { ActivityDeps } from '../deps.js';
import { failure, isFailure } from '../failures.js';
import type { Pinned } from './pinned.js';

/**
 * Throws quorumLost where the stage asks for a decision that is not there or does not hold any more, planMismatch where
 * people were asked for something else than the pinned plan says. Nothing of the mandate is believed but its signatures;
 * under identity assurance there are none, and it is only asked whether somebody was asked.
 */
export async function checkMandate(
  deps: ActivityDeps,
  pinned: Pinned,
  stage: StageSpec,
  mandate: Mandate | null,
): Promise<void> {
  const { name, approval } = stage;
  if (!approval) return;
  if (!isMandate(mandate) || mandate.request.stage !== name || mandate.request.rolloutId !== rolloutOf(pinned)) {
    throw failure('quorumLost', `Nobody's decision on stage ${name} came with the order; it asks for one.`);
  }
  const { plan, admission } = pinned;
  // Where this actuator has trust roots, no document of the rollout can say that signatures are not needed.
  if (deps.trust === null && admission.assurance === 'identity') return;
  const check = recheckMandate({
    mandate,
    pinned: await pinnedRequest(pinned, stage, approval),
    policy: deps.policy,
    people: admission.people,
    tier: plan.risk,
    atMs: deps.now(),
  });
  if (check.kind === 'lost') throw failure(check.code, check.sentence);
}

const rolloutOf = ({ admission }: Pinned): string => admission.target.rolloutId;

async function pinnedRequest(
  pinned: Pinned,
  { name, steps }: StageSpec,
  { rules, exclude }: ApprovalSpec,
): Promise<PinnedRequest> {
  const { admission, plan } = pinned;
  const { candidateVersion, baselineVersion, digests } = admission;
  return {
    tenant: plan.tenant,
    model: plan.model,
    rolloutId: rolloutOf(pinned),
    stage: name,
    steps,
    rules,
    excluded: exclude.includes('initiator') ? [await initiatorOf(pinned)] : [],
    candidateVersion,
    baselineVersion,
    digests: {
      plan: digests.plan,
      policy: digests.policy,
      candidate: digests.candidate,
      baseline: digests.baseline,
    },
  };
}

/** By the signed start order that admission checked and pinned. */
async function initiatorOf({ evidence }: Pinned): Promise<string> {
  const order = await evidence.getDocument('start-order').catch((error: unknown) => {
    if (isFailure(error, 'notFound')) return null;
    throw error;
  });
  const statement = isObject(order) ? order['statement'] : null;
  if (typeof statement === 'string') return (JSON.parse(statement) as StartStatement).by;
  throw failure(
    'quorumLost',
    'Whoever started the rollout may not decide, and no signed start order says who that is.',
  );
}

function isMandate(value: Mandate | null): value is Mandate {
  if (!isObject(value) || !isObject(value['request']) || !isObject(value['request']['digests'])) return false;
  const { decisions } = value;
  return Array.isArray(decisions) && decisions.every(isDecision);
}

function isDecision(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { statement, signature, by, atMs } = value;
  return [statement, signature, by].every((text) => typeof text === 'string') && Number.isSafeInteger(atMs);
}
