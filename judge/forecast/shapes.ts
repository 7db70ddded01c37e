/** Quantiles need more than a number: the shape of the baseline's histogram. Pure, sandbox-safe. */
import type { Plan } from '../../workflows/contract/plan.js';
import { claimOf } from './harm.js';
import type { Level } from './level.js';

/**
 * What the plan expects comes first; the shape of a distribution, which no plan can state, from what was observed. With
 * neither, observations are taken to lie below the limits asked about: then the times are the shortest possible. Null: a
 * comparison needs a shape, and there is none; or nothing is known at all.
 */
export function prepared(plan: Plan, name: string, expected: Level | null, observed: Level | null): Level | null {
  const level = expected ?? observed;
  const metric = plan.metrics[name];
  if (!level || metric?.kind !== 'quantile' || level.whole.shape) return level;
  if (observed?.whole.shape) return { ...level, whole: observed.whole, slices: observed.slices };
  const claims = Object.values(plan.gates)
    .filter((gate) => gate.metric === name)
    .map(({ promoteWhen }) => claimOf(promoteWhen));
  if (!claims.every((claim) => claim?.comparing === false && claim.margin.kind === 'ms')) return null;
  const edges = [...new Set(claims.flatMap((claim) => claim?.margin.value ?? []))].sort((a, b) => a - b);
  return { ...level, whole: { ...level.whole, shape: { edges, below: edges.map(() => 1), assumed: true } } };
}
