/** The least that a plan must ask for at its risk tier: tier, approvals, exposure before the first of them. Pure. */
import { showShare } from '../plan/quantities.js';
import type { ApprovalRule, Plan, StageSpec } from '../workflows/contract/plan.js';
import type { Policy } from './policy.js';
import type { Refusal } from './refusal.js';
import { countedAs, isLowered, strictest, tiersOf } from './tiers.js';

export function belowFloor(plan: Plan, policy: Policy): Refusal[] {
  const demands = tiersOf(plan, policy).map((tier) => {
    const floor = policy.floor[tier];
    const counted = countedAs(plan.stages, Object.keys(floor));
    return counted.map((named): Demand => ({ named, rules: named === null ? [] : (floor[named] ?? []) }));
  });
  return [
    ...loweredTier(plan, policy),
    ...plan.stages.flatMap((stage, index) =>
      stageBelow(
        stage,
        demands.flatMap((stages) => stages[index] ?? []),
      ),
    ),
    ...beforeApproval(plan, policy),
  ];
}

function loweredTier({ model, risk }: Plan, policy: Policy): Refusal[] {
  const bound = policy.models.find((binding) => binding.model === model)?.tier;
  if (bound === undefined || !isLowered(risk, bound)) return [];
  const message = `the plan says risk ${risk}, and the policy binds \`${model}\` to ${bound}; a plan may only raise the tier`;
  return [{ code: 'belowFloor', stage: null, message, remedy: `write \`risk: ${bound}\`` }];
}

/** What one tier asks of a stage. */
interface Demand {
  /** Stage of the floor that it counts as; null: none. */
  named: string | null;
  rules: readonly ApprovalRule[];
}

function stageBelow(stage: StageSpec, demands: readonly Demand[]): Refusal[] {
  const roles = [...new Set(demands.flatMap(({ rules }) => rules.map(({ role }) => role)))];
  return roles.flatMap((role): Refusal[] => {
    const most = demands.reduce((one, other) => (needed(other.rules, role) > needed(one.rules, role) ? other : one));
    const min = needed(most.rules, role);
    const more = min - needed(stage.approval?.rules ?? [], role);
    if (more <= 0) return [];
    const as = most.named === stage.name ? '' : ` (which counts as ${most.named} here)`;
    const message = `stage ${stage.name}${as} must be approved by ${more} more ${more === 1 ? 'person' : 'people'} with role ${role}`;
    const remedy = `add \`{ role: ${role}, min: ${min} }\` to its approval rules`;
    return [{ code: 'belowFloor', stage: stage.name, message, remedy }];
  });
}

function needed(rules: readonly ApprovalRule[], role: string): number {
  return rules.filter((rule) => rule.role === role).reduce((sum, { min }) => sum + min, 0);
}

/** Where nobody is ever asked, promotion itself comes before any approval. */
function beforeApproval(plan: Plan, policy: Policy): Refusal[] {
  const { capBeforeApproval: cap } = strictest(plan, policy);
  if (cap >= 1) return [];
  const first = plan.stages.findIndex(({ approval }) => approval !== null && approval.rules.length > 0);
  const early = first === -1 ? plan.stages : plan.stages.slice(0, first);
  return early.flatMap((stage, index): Refusal[] => {
    const share = Math.max(...stage.steps.map((step) => step.share));
    const promotes = index === plan.stages.length - 1;
    if (share <= cap && !promotes) return [];
    const reaches = share > cap ? `reaches ${showShare(share)}` : 'leads to promotion';
    const message = `stage ${stage.name} ${reaches} before anybody approves, and the policy allows ${showShare(cap)}`;
    return [{ code: 'belowFloor', stage: stage.name, message, remedy: `add \`approval\` to stage ${stage.name}` }];
  });
}
