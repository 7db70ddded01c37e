/** Lint: error budgets of which some pair of burn-rate windows can reach the limit. */
import { factorOf, PAIRS } from '../../judge/procedures/burn.js';
import { fraction } from '../compile.js';
import type { Finding } from '../problem.js';
import { conditionOf, conditionsOf, gateMetric, ms, type Rule } from './context.js';

/** A limit beyond the fastest pair would never roll back, and nobody would be told. */
export const burnsCanRollBack: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    const metric = gateMetric(plan, gate);
    const limit = conditionOf(gate.rollbackWhen);
    if (metric?.kind !== 'slo' || limit?.key !== 'provenAbove' || limit.margin.kind !== 'abs') return [];
    if (metric.objective === undefined || metric.period === undefined) return [];
    const budget = 1 - fraction(metric.objective);
    const fastest = fastestPair(ms(metric.period), budget);
    // Beyond all units being bad, the limit is out of range altogether.
    if (limit.margin.value <= fastest || limit.margin.value * budget >= 1) return [];
    const written = conditionsOf(plan, gate).find(({ side }) => side === 'rollbackWhen');
    const side = written ? 'rollbackWhen' : 'promoteWhen';
    const most = Math.floor(fastest * 100) / 100;
    const message = `a burn rate of ${limit.text} would never roll back: over ${metric.period}, the fastest pair of windows tells rates up to ${most}`;
    const remedy =
      most > 0 ? `write a limit of at most ${most}abs, or \`rollbackWhen: never\`` : 'write `rollbackWhen: never`';
    return [{ code: 'burnTooFast', path: ['gates', name, side], message, remedy }];
  });

/** Highest factor of a pair that some share of bad units can reach. */
function fastestPair(periodMs: number, budget: number): number {
  const factors = PAIRS.map((_, pair) => factorOf(pair, periodMs));
  return Math.max(0, ...factors.filter((factor) => factor * budget < 1));
}
