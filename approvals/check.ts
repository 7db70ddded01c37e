/** Does a plan ask for enough, of people who exist, for a model that is where it should be? Pure. */
import { nearest } from '../plan/suggest.js';
import type { ErrorCode } from '../workflows/contract/errors.js';
import type { ApprovalRule, Plan, RiskTier, StageSpec } from '../workflows/contract/plan.js';
import type { Policy, StageFloor } from './policy.js';
import { matchQuorum } from './quorum.js';

/** One reason why the policy does not admit the plan. */
export interface Refusal {
  code: ErrorCode;
  /** Stage it is about; null: the whole plan. */
  stage: string | null;
  message: string;
  remedy: string;
}

/** All reasons; none means the policy admits the plan. `initiator` is the person id of whoever starts. */
export function checkAgainstPolicy(plan: Plan, policy: Policy, initiator: string): Refusal[] {
  return [...bindings(plan, policy), ...belowFloor(plan, policy), ...quorums(plan, policy, initiator)];
}

function bindings(plan: Plan, policy: Policy): Refusal[] {
  const bound = policy.models.find(({ model }) => model === plan.model);
  if (!bound) {
    const meant = nearest(
      plan.model,
      policy.models.map(({ model }) => model),
    );
    const remedy = meant ? `did you mean \`${meant}\`?` : 'ask the owner of the policy to list the model';
    return [{ code: 'modelUnknown', stage: null, message: `the policy knows no model \`${plan.model}\``, remedy }];
  }
  const { store, flag } = plan.target;
  const facts: [string, string, string][] = [
    ['tenant', plan.tenant, bound.tenant],
    ['target', bound.target.includes('/') ? `${store}/${flag}` : flag, bound.target],
    ['registry', plan.candidate.registry, bound.registry],
  ];
  return facts.flatMap(([what, asked, should]): Refusal[] => {
    if (asked === should) return [];
    const message = `the policy binds \`${plan.model}\` to ${what} \`${should}\`, and the plan says \`${asked}\``;
    return [
      {
        code: 'boundElsewhere',
        stage: null,
        message,
        remedy: `write ${what} \`${should}\`, or have the policy changed`,
      },
    ];
  });
}

const TIERS: readonly RiskTier[] = ['low', 'medium', 'high'];

function belowFloor(plan: Plan, policy: Policy): Refusal[] {
  const tier = policy.models.find(({ model }) => model === plan.model)?.tier;
  if (tier === undefined) return [];
  const lowered = TIERS.indexOf(plan.risk) < TIERS.indexOf(tier);
  const lowering: Refusal = {
    code: 'belowFloor',
    stage: null,
    message: `the plan says risk ${plan.risk}, and the policy binds \`${plan.model}\` to ${tier}; a plan may only raise the tier`,
    remedy: `write \`risk: ${tier}\``,
  };
  const floor = policy.floor[lowered ? tier : plan.risk];
  const counts = floorStages(plan.stages, floor);
  return [
    ...(lowered ? [lowering] : []),
    ...plan.stages.flatMap((stage, index) => stageBelow(stage, counts[index] ?? null, floor)),
  ];
}

function stageBelow(stage: StageSpec, named: string | null, floor: StageFloor): Refusal[] {
  const rules = named === null ? [] : (floor[named] ?? []);
  return missingSlots(stage.approval?.rules ?? [], rules).map(({ role, min }): Refusal => {
    const as = named === stage.name ? '' : ` (which counts as ${named} here)`;
    const message = `stage ${stage.name}${as} must be approved by ${min} more ${min === 1 ? 'person' : 'people'} with role ${role}`;
    const remedy = `add \`{ role: ${role}, min: ${needed(rules, role)} }\` to its approval rules`;
    return { code: 'belowFloor', stage: stage.name, message, remedy };
  });
}

/** Whoever reaches more users than this is general, by any name. */
const MOST_USERS = 0.5;

/**
 * The stage of the floor that each stage of the plan must meet, null for none. Names alone would be easy to evade, so
 * no stage counts for less than one before it, and a stage that reaches most users, or is the last before promotion,
 * counts as the floor's last.
 */
function floorStages(stages: readonly StageSpec[], floor: StageFloor): (string | null)[] {
  const order = Object.keys(floor);
  let least = -1;
  return stages.map(({ name, steps }, index) => {
    const wide = index === stages.length - 1 || steps.some(({ share }) => share > MOST_USERS);
    least = Math.max(least, wide ? order.length - 1 : order.indexOf(name));
    return order[least] ?? null;
  });
}

function missingSlots(rules: readonly ApprovalRule[], floor: readonly ApprovalRule[]): ApprovalRule[] {
  const roles = [...new Set(floor.map(({ role }) => role))];
  const lacking = roles.map((role) => ({ role, min: needed(floor, role) - needed(rules, role) }));
  return lacking.filter(({ min }) => min > 0);
}

function needed(rules: readonly ApprovalRule[], role: string): number {
  return rules.filter((rule) => rule.role === role).reduce((sum, { min }) => sum + min, 0);
}

function quorums(plan: Plan, policy: Policy, initiator: string): Refusal[] {
  const humans = policy.people.filter(({ kind }) => kind === 'human');
  return plan.stages.flatMap(({ name, approval }): Refusal[] => {
    if (!approval) return [];
    const excluded = approval.exclude.includes('initiator') ? initiator : null;
    const { satisfied, open } = matchQuorum(
      approval.rules,
      humans.filter(({ id }) => id !== excluded),
    );
    if (satisfied) return [];
    const without = excluded === null ? '' : `, with ${excluded} excluded for starting the rollout`;
    const message = `stage ${name} can never be approved: nobody is left for ${open.join(', ')}${without}`;
    return [
      {
        code: 'unsatisfiableQuorum',
        stage: name,
        message,
        remedy: 'have the policy give somebody the role, or let somebody else start the rollout',
      },
    ];
  });
}
