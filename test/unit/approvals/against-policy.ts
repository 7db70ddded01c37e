/** The example plan held against the example policies, with one thing changed in either. */
import assert from 'node:assert/strict';
import { checkAgainstPolicy } from '../../../approvals/check.js';
import { type Policy, readPolicy, type TierRules } from '../../../approvals/policy.js';
import type { Refusal } from '../../../approvals/refusal.js';
import type { Assurance } from '../../../workflows/contract/decisions.js';
import type { ApprovalRule, Plan, RiskTier, StageSpec } from '../../../workflows/contract/plan.js';
import { accepted, example } from '../plan/support.js';

export const { plan } = accepted(example('spam-filter.rollout.yaml'));
export const POLICY = policyOf('policy.yaml');
export const SIGNED = policyOf('policy-signed.yaml');

function policyOf(file: string): Policy {
  const reading = readPolicy(example(file), file);
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  return reading.policy;
}

interface Asked {
  plan?: Plan;
  policy?: Policy;
  initiator?: string;
  assurance?: Assurance;
  atMs?: number;
}

export function refusals({
  plan: asked = plan,
  policy = POLICY,
  initiator = 's-ci',
  assurance,
  atMs,
}: Asked): Refusal[] {
  return checkAgainstPolicy(asked, policy, initiator, assurance, atMs);
}

export const codes = (asked: Asked): string[] => refusals(asked).map(({ code, stage }) => `${code}:${stage}`);

export function withTier(tier: RiskTier, rules: Partial<TierRules>, policy = POLICY): Policy {
  return { ...policy, tiers: { ...policy.tiers, [tier]: { ...policy.tiers[tier], ...rules } } };
}

export function withFloor(tier: RiskTier, floor: Record<string, ApprovalRule[]>, policy = POLICY): Policy {
  return { ...policy, floor: { ...policy.floor, [tier]: floor } };
}

export function withStages(change: (stage: StageSpec) => Partial<StageSpec>, asked = plan): Plan {
  return { ...asked, stages: asked.stages.map((stage) => ({ ...stage, ...change(stage) })) };
}

/** Only where the stage has that name. */
export function withStage(name: string, change: Partial<StageSpec>, asked = plan): Plan {
  return withStages((stage) => (stage.name === name ? change : {}), asked);
}
