/** Lint: gates that compare need users who were not chosen, on both sides of a draw. */
import type { Exposure } from '../../workflows/contract/plan.js';
import { hasControl } from '../exposures.js';
import type { FilledPlan } from '../fill.js';
import type { Finding } from '../problem.js';
import { comparative, holdBackOf, own, type Rule, stepsOf } from './context.js';

/**
 * A comparative gate is legal in a stage with a randomised step, or after a stage with one that asks the same gate:
 * there its verdict is carried. Elsewhere it could never pass, and the rollout would wait for its timeout.
 */
export const comparisonsHaveControl: Rule = ({ plan }) => {
  const steps = stepsOf(plan);
  return plan.stages.flatMap(({ name, gates }, index) =>
    [...gates.entries()].flatMap(([position, gate]): Finding[] => {
      if (!isComparative(plan, gate) || carriable(plan, steps, index, gate)) return [];
      const message = `gate \`${gate}\` compares with the baseline, but nobody in stage \`${name}\` is drawn at random: ${reason(steps[index] ?? [])}`;
      const remedy =
        'use a gate with provenBelow or provenAbove here, or give the stage a share below 100%, or keep a control with `after: { holdBack: 5% }`';
      return [{ code: 'noControl', path: ['stages', index, 'gates', position], message, remedy }];
    }),
  );
};

export const afterHasControl: Rule = ({ plan }) => {
  if (!plan.after || holdBackOf(plan) > 0) return [];
  return [...plan.after.gates.entries()].flatMap(([position, gate]): Finding[] => {
    if (!isComparative(plan, gate)) return [];
    const message = `gate \`${gate}\` compares with the baseline, but after promotion nobody is on the old model`;
    return [
      {
        code: 'noControl',
        path: ['after', 'gates', position],
        message,
        remedy: 'keep a control with `holdBack: 5%`, or remove the gate here',
      },
    ];
  });
};

function isComparative(plan: FilledPlan, name: string): boolean {
  const gate = own(plan.gates, name);
  return gate !== undefined && comparative(gate);
}

function carriable(plan: FilledPlan, steps: Exposure[][], index: number, gate: string): boolean {
  return plan.stages
    .slice(0, index + 1)
    .some((stage, at) => stage.gates.includes(gate) && (steps[at] ?? []).some(hasControl));
}

function reason(steps: Exposure[]): string {
  return steps.some(({ share }) => share > 0) ? 'at 100% there is no control left' : 'cohorts are chosen users';
}
