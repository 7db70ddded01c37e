/** Gates that the policy demands, by kind for a stage and by definition for a model. Pure; `node:crypto` for digests. */
import { digestOf } from '../plan/canonical.js';
import type { Digest, GateTree, Plan, StageSpec } from '../workflows/contract/plan.js';
import type { Policy } from './policy.js';
import type { Refusal } from './refusal.js';
import { countedAs, isWide, tiersOf } from './tiers.js';

/** Digest of what a gate asks, of the metric it asks, and of where that is read. Null: the plan has no such gate. */
export function gateDigest(plan: Pick<Plan, 'gates' | 'metrics' | 'sources'>, name: string): Digest | null {
  const gate = ownOf(plan.gates, name);
  const metric = gate && ownOf(plan.metrics, gate.metric);
  const source = metric && ownOf(plan.sources, metric.from);
  return gate && metric ? digestOf({ gate, metric, source: source ?? null }) : null;
}

/** The gates that a plan must have exactly as the policy defines them, asked where most users are reached. */
export function requiredGates(plan: Plan, policy: Policy): Refusal[] {
  const required = policy.models.find(({ model }) => model === plan.model)?.gates ?? {};
  return Object.entries(required).flatMap(([name, digest]) => {
    const found = gateDigest(plan, name);
    if (found === digest) return plan.stages.flatMap((stage) => unasked(plan, stage, name));
    const message =
      found === null
        ? `every plan of \`${plan.model}\` must have gate ${name}, as ${digest}, and this one has none`
        : `gate ${name} is ${found} here, and the policy requires ${digest}`;
    const remedy = 'define gate, metric and source as the owner of the policy does, or have the policy changed';
    return [{ code: 'belowFloor', stage: null, message, remedy }];
  });
}

function unasked({ stages }: Plan, stage: StageSpec, name: string): Refusal[] {
  if (!isWide(stages, stage) || !passesWithout(stage, [name])) return [];
  const message = `stage ${stage.name} can pass without gate ${name}, which the policy requires of the model`;
  return [{ code: 'belowFloor', stage: stage.name, message, remedy: `add \`${name}\` to the gates that must pass` }];
}

/** The kinds of metric that a stage must have gates on, by the tiers of the plan. */
export function requiredKinds(plan: Plan, policy: Policy): Refusal[] {
  const byTier = tiersOf(plan, policy).map((tier) => {
    const { requiredKinds: required } = policy.tiers[tier];
    const counted = countedAs(plan.stages, Object.keys(required));
    return counted.map((named) => (named === null ? [] : (required[named] ?? [])));
  });
  return plan.stages.flatMap((stage, index) => {
    const kinds = new Set(byTier.flatMap((stages) => stages[index] ?? []));
    return [...kinds].flatMap((kind) => lacking(plan, stage, kind));
  });
}

function lacking(plan: Plan, stage: StageSpec, kind: string): Refusal[] {
  const fitting = stage.gates.filter((gate) => isOfKind(plan, gate, kind));
  const what = kind === 'slices' ? 'a metric with slices' : `a metric of kind ${kind}`;
  const refusal = { code: 'belowFloor' as const, stage: stage.name };
  if (fitting.length === 0) {
    const message = `stage ${stage.name} must ask a gate on ${what}, and asks none`;
    return [{ ...refusal, message, remedy: `add such a gate to the gates of stage ${stage.name}` }];
  }
  if (!passesWithout(stage, fitting)) return [];
  const message = `stage ${stage.name} can pass without any gate on ${what}`;
  return [{ ...refusal, message, remedy: `have ${fitting.join(' or ')} among the gates that must pass` }];
}

function isOfKind({ gates, metrics }: Plan, name: string, kind: string): boolean {
  const metric = metrics[gates[name]?.metric ?? ''];
  return metric !== undefined && (kind === 'slices' ? metric.slices !== null : metric.kind === kind);
}

/** Whether the stage passes when these gates do not and all others do: then nobody can say they were asked. */
function passesWithout({ gates, passWhen }: StageSpec, names: readonly string[]): boolean {
  return passes(passWhen ?? { all: gates }, names);
}

function passes(tree: GateTree, failing: readonly string[]): boolean {
  if (typeof tree === 'string') return !failing.includes(tree);
  if ('all' in tree) return tree.all.every((each) => passes(each, failing));
  if ('any' in tree) return tree.any.some((each) => passes(each, failing));
  return tree.of.filter((each) => passes(each, failing)).length >= tree.atLeast;
}

/** A name that every object answers to would otherwise be found where nobody wrote it. */
function ownOf<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
