/** Lint: fast lanes where they can do something. */
import type { MetricKind } from '../../workflows/contract/plan.js';
import { KINDS } from '../metric-kinds.js';
import type { Finding } from '../problem.js';
import { type Condition, conditionOf, gateMetric, isComparative, type Rule } from './context.js';

/** A fast lane is a ratio test between arms with a budget taken from rollback: elsewhere it would be ignored. */
export const fastLaneUseful: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    if (!gate.fastLane) return [];
    const rollback = conditionOf(gate.rollbackWhen);
    const why = uselessBecause(gateMetric(plan, gate)?.kind, rollback, gate.fastLane.ratio);
    return why === null
      ? []
      : [
          {
            code: 'uselessFastLane',
            path: ['gates', name, 'fastLane'],
            message: `a fast lane is of no use here: ${why}`,
            remedy: 'remove `fastLane`',
          },
        ];
  });

function uselessBecause(kind: MetricKind | undefined, rollback: Condition | null, ratio: number): string | null {
  if (kind && kind !== 'rate' && kind !== 'count')
    return `it compares rates and counts, and this is ${KINDS[kind].noun}`;
  if (!rollback) return 'the gate never rolls back';
  if (!isComparative(rollback)) return 'the gate judges the candidate alone, and the lane compares two arms';
  const { kind: unit, value } = rollback.margin;
  return unit === 'relative' && 1 + value >= ratio
    ? `the rollback margin of ${rollback.text} is as large as a ratio of ${ratio}`
    : null;
}
