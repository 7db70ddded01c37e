/** Lint: gates that compare need users who were not chosen, on both sides of a draw. */
import type { Exposure } from '../../workflows/contract/plan.js';
import { hasControl } from '../exposures.js';
import type { FilledPlan } from '../fill.js';
import { gateNames, leavesOf } from '../gate-list.js';
import type { Finding } from '../problem.js';
import { compares, gateMetric, holdBackOf, own, type Rule, stepsOf } from './context.js';

/**
 * A comparative gate is legal in a stage with a randomised step, or after a stage with one that asks the same gate:
 * there its verdict is carried. Elsewhere it could never pass, and the rollout would wait for its timeout.
 */
export const comparisonsHaveControl: Rule = ({ plan }) => {
  const steps = stepsOf(plan);
  return plan.stages.flatMap(({ name, gates }, index) =>
    leavesOf(gates, ['stages', index, 'gates']).flatMap(({ tree: gate, path }): Finding[] => {
      const need = needOf(plan, gate);
      if (need === null || answerable(plan, steps, index, gate, need)) return [];
      const message = `gate \`${gate}\` compares with the baseline, but nobody in stage \`${name}\` is drawn at random: ${reason(steps[index] ?? [])}`;
      return [{ code: 'noControl', path, message, remedy: REMEDIES[need] }];
    }),
  );
};

export const afterHasControl: Rule = ({ plan }) => {
  if (!plan.after || holdBackOf(plan) > 0) return [];
  return [...plan.after.gates.entries()].flatMap(([position, gate]): Finding[] => {
    const need = needOf(plan, gate);
    if (need === null || need === 'drawn') return [];
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

/**
 * `control`: a randomised step of this stage or, carried, of one before. `ownControl`: of this stage, since a drift is
 * of the traffic of its stage. `drawn`: users who were not chosen, be it all of them; against the baseline of before.
 */
type Need = 'control' | 'ownControl' | 'drawn';

const KEEP = 'give the stage a share below 100%, or keep a control with `after: { holdBack: 5% }`';
const REMEDIES: Record<Need, string> = {
  control: `use a gate with provenBelow or provenAbove here, or ${KEEP}`,
  ownControl: `remove it here, or ${KEEP}; where there is a share, \`against: [reference]\` without slices needs no control`,
  drawn: 'remove it here, or give the stage a share',
};

function needOf(plan: FilledPlan, name: string): Need | null {
  const gate = own(plan.gates, name);
  if (!gate) return null;
  const metric = gateMetric(plan, gate);
  // Slices are compared with the control beside them alone: before the stage nobody knew which slices to keep.
  if (metric?.against) return metric.against.includes('control') || metric.slices ? 'ownControl' : 'drawn';
  return compares(gate) ? 'control' : null;
}

function answerable(plan: FilledPlan, steps: Exposure[][], index: number, gate: string, need: Need): boolean {
  if (need === 'drawn') return (steps[index] ?? []).some(({ share }) => share > 0);
  const from = need === 'ownControl' ? index : 0;
  return plan.stages
    .slice(from, index + 1)
    .some((stage, at) => gateNames(stage.gates).includes(gate) && (steps[from + at] ?? []).some(hasControl));
}

function reason(steps: Exposure[]): string {
  return steps.some(({ share }) => share > 0) ? 'at 100% there is no control left' : 'cohorts are chosen users';
}
