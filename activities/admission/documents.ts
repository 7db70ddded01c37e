/** What an admission is asked for on paper: plan, policy, who starts it, and whether they may. No store is touched. */
import { checkAgainstPolicy } from '../../approvals/check.js';
import { checkPolicySignatures } from '../../approvals/policy-trust.js';
import { checkStartOrder } from '../../approvals/start-order.js';
import { digestOf } from '../../plan/canonical.js';
import { resolvePlan } from '../../plan/resolve.js';
import type { AdmitInput } from '../../workflows/contract/activities.js';
import { type BreakGlass, NAMESPACES } from '../../workflows/contract/decisions.js';
import type { ActivityDeps, Trust } from '../deps.js';
import { failure } from '../failures.js';

/** Throws the refusal; gives back the emergency that the start order declares, null for an ordinary start. */
export function checkDocuments(deps: ActivityDeps, input: AdmitInput): BreakGlass | null {
  checkPlan(input);
  checkPolicy(deps, input);
  const emergency = checkOrder(deps, input);
  const refusals = checkAgainstPolicy(input.plan, deps.policy, input.by, assuranceOf(deps), deps.now());
  const [first] = refusals;
  if (first) throw failure(first.code, refusals.map(({ message, remedy }) => `${message}; ${remedy}`).join('. '));
  const resolved = resolvePlan(input.plan, deps.platform);
  if (resolved.kind === 'missing') throw failure('unsupported', resolved.missing.join('. '));
  return emergency;
}

function checkPlan({ plan, planDigest, tenant, model }: AdmitInput): void {
  const found = digestOf(plan);
  if (found !== planDigest)
    throw failure('digestMismatch', `The plan is ${found}, but the start order says ${planDigest}.`);
  if (plan.tenant === tenant && plan.model === model) return;
  throw failure('digestMismatch', `The plan is for ${plan.tenant}/${plan.model}, the rollout for ${tenant}/${model}.`);
}

function checkPolicy({ policyDigest, trust, platform }: ActivityDeps, input: AdmitInput): void {
  const { statedPolicyDigest: stated } = input;
  if (stated !== null && stated !== policyDigest) {
    throw failure('policyMismatch', `The start order states policy ${stated}; this worker holds ${policyDigest}.`);
  }
  if (trust) return checkRoots(trust);
  if (platform.mode === 'development') return;
  const message = 'Without roots of trust approvals prove nothing, which is for development mode alone';
  throw failure('unsupported', `${message}; name the policy's roots to the worker with --trust-roots.`);
}

function checkRoots({ roots, policyText, policySignatures }: Trust): void {
  const check = checkPolicySignatures({ text: policyText, signatures: policySignatures, roots });
  if (check.kind === 'unsigned') throw failure('policyUnsigned', check.sentence);
}

/** An order that is given is checked, asked for or not: nobody is believed on a signature that does not fit. */
function checkOrder(deps: ActivityDeps, input: AdmitInput): BreakGlass | null {
  const { tenant, model, rolloutId, plan, planDigest, by, order } = input;
  if (!order && deps.trust) {
    throw failure(
      'unsigned',
      `Start orders are signed here, and the one of ${by} is not: sluice start PLAN --key KEY.`,
    );
  }
  if (!order) return null;
  const check = checkStartOrder({
    signed: order,
    policy: deps.policy,
    facts: { tenant, model, rolloutId, plan: planDigest, by },
    namespace: NAMESPACES.start,
    atMs: deps.now(),
    tier: plan.risk,
  });
  if (check.kind === 'refused') throw failure(check.code, `The start order does not count: ${check.sentence}`);
  return check.statement.breakGlass;
}

/** By the worker's own settings: neither plan nor order can turn it down. */
export function assuranceOf({ trust }: Pick<ActivityDeps, 'trust'>): 'signed' | 'identity' {
  return trust ? 'signed' : 'identity';
}
