/** Does a plan ask for enough, of people who exist, for a model that is where it should be? Pure. */
import { nearest } from '../plan/suggest.js';
import type { Assurance } from '../workflows/contract/decisions.js';
import type { Plan } from '../workflows/contract/plan.js';
import { belowFloor } from './floor.js';
import type { Policy, PolicyPerson } from './policy.js';
import { matchQuorum } from './quorum.js';
import type { Refusal } from './refusal.js';
import { requiredGates, requiredKinds } from './required-gates.js';
import { strictest } from './tiers.js';

/**
 * All reasons; none means the policy admits the plan. `initiator` is the person id of whoever starts. `assurance` is how
 * decisions are proven where it will run: `signed` where the worker has trust roots; a caller that does not know must not
 * claim it. `atMs` leaves out people whose every key is revoked or has run out by then; null: no key is dated.
 */
export function checkAgainstPolicy(
  plan: Plan,
  policy: Policy,
  initiator: string,
  assurance: Assurance = 'identity',
  atMs: number | null = null,
): Refusal[] {
  return [
    ...bindings(plan, policy),
    ...belowFloor(plan, policy),
    ...requiredKinds(plan, policy),
    ...requiredGates(plan, policy),
    ...unproven(plan, policy, assurance),
    ...quorums(plan, policy, { initiator, assurance, atMs }),
  ];
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

function unproven(plan: Plan, policy: Policy, assurance: Assurance): Refusal[] {
  const { assurance: asked } = strictest(plan, policy);
  if (asked === 'identity' || assurance !== 'identity') return [];
  const means = asked === 'hardware' ? 'signed with security keys' : 'signed';
  const message = `decisions on \`${plan.model}\` must be ${means}, and this worker has no trust roots, so names prove nothing`;
  return [{ code: 'belowFloor', stage: null, message, remedy: 'start the worker with `--trust-roots FILE`' }];
}

interface Asking {
  initiator: string;
  assurance: Assurance;
  atMs: number | null;
}

function quorums(plan: Plan, policy: Policy, { initiator, ...proof }: Asking): Refusal[] {
  const needsHardware = strictest(plan, policy).assurance === 'hardware';
  const humans = policy.people.filter(({ kind }) => kind === 'human');
  const able = humans.filter((person) => canProve(person, proof, needsHardware));
  const keyless = able.length < humans.length ? `, ${needsHardware ? 'security key' : 'key'} in hand` : '';
  return plan.stages.flatMap(({ name, approval }): Refusal[] => {
    if (!approval) return [];
    const excluded = approval.exclude.includes('initiator') ? initiator : null;
    const { satisfied, open } = matchQuorum(
      approval.rules,
      able.filter(({ id }) => id !== excluded),
    );
    if (satisfied) return [];
    const without = excluded === null ? '' : `, with ${excluded} excluded for starting the rollout`;
    const message = `stage ${name} can never be approved: nobody is left for ${open.join(', ')}${keyless}${without}`;
    const remedy =
      keyless === ''
        ? 'have the policy give somebody the role, or let somebody else start the rollout'
        : 'have the policy list keys of those who hold the role, or let somebody else start the rollout';
    return [{ code: 'unsatisfiableQuorum', stage: name, message, remedy }];
  });
}

/** A key that is valid later counts: approvals may be days away. */
function canProve(
  { keys }: PolicyPerson,
  { assurance, atMs }: Omit<Asking, 'initiator'>,
  needsHardware: boolean,
): boolean {
  if (assurance === 'identity') return true;
  return keys.some(({ hardware, validToMs, revokedAtMs }) => {
    const hasEnded = atMs !== null && [validToMs, revokedAtMs].some((endMs) => endMs !== null && endMs <= atMs);
    return !hasEnded && (hardware || !needsHardware);
  });
}
