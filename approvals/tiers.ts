/** The rules of a rollout's risk tier; of both tiers, the stricter, where a plan raises its own. Pure and sandbox-safe. */
import type { Assurance } from '../workflows/contract/decisions.js';
import type { Plan, RiskTier, StageSpec } from '../workflows/contract/plan.js';
import type { Policy, TierRules } from './policy.js';

const TIERS: readonly RiskTier[] = ['low', 'medium', 'high'];
const ASSURANCES: readonly Assurance[] = ['identity', 'signed', 'hardware'];

/** Whether the plan says less than the policy binds its model to. */
export function isLowered(risk: RiskTier, bound: RiskTier): boolean {
  return TIERS.indexOf(risk) < TIERS.indexOf(bound);
}

/** The tiers whose rules all hold: the one the policy binds the model to, and the plan's own where it is higher. */
export function tiersOf({ model, risk }: Pick<Plan, 'model' | 'risk'>, policy: Pick<Policy, 'models'>): RiskTier[] {
  const bound = policy.models.find((binding) => binding.model === model)?.tier;
  if (bound === undefined) return [];
  return risk === bound || isLowered(risk, bound) ? [bound] : [bound, risk];
}

/** What holds for the whole rollout, whatever the stage: of each rule the strictest that one of its tiers sets. */
export function strictest(
  plan: Pick<Plan, 'model' | 'risk'>,
  policy: Pick<Policy, 'models' | 'tiers'>,
): Omit<TierRules, 'requiredKinds'> {
  const rules = tiersOf(plan, policy).map((tier) => policy.tiers[tier]);
  const ages = rules.flatMap(({ evidenceMaxAgeMs }) => evidenceMaxAgeMs ?? []);
  return {
    assurance: ASSURANCES.findLast((level) => rules.some(({ assurance }) => assurance === level)) ?? 'identity',
    capBeforeApproval: Math.min(1, ...rules.map(({ capBeforeApproval }) => capBeforeApproval)),
    evidenceMaxAgeMs: ages.length === 0 ? null : Math.min(...ages),
  };
}

/** Whoever reaches more users than this is general, by any name. */
const MOST_USERS = 0.5;

/** Whether a stage is the last before promotion, or reaches most users. */
export function isWide(stages: readonly StageSpec[], stage: StageSpec): boolean {
  return stage === stages.at(-1) || stage.steps.some(({ share }) => share > MOST_USERS);
}

/**
 * The stage of the policy that each stage of the plan must meet, null for none; `order` are those it names, rising. Names
 * alone would be easy to evade, so no stage counts for less than one before it, and a wide one counts as the last.
 */
export function countedAs(stages: readonly StageSpec[], order: readonly string[]): (string | null)[] {
  let least = -1;
  return stages.map((stage) => {
    least = Math.max(least, isWide(stages, stage) ? order.length - 1 : order.indexOf(stage.name));
    return order[least] ?? null;
  });
}
