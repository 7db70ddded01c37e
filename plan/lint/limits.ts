/** Lint: limits that the metric can reach on either side, the right way round. */
import { fraction } from '../compile.js';
import type { FilledMetric } from '../fill.js';
import { rulesOf } from '../metric-kinds.js';
import type { Finding } from '../problem.js';
import { conditionsOf, gateMetric, isComparative, type Rule } from './context.js';

/** Where the values of a metric lie: beyond, a limit is met always or never. */
interface Span {
  lowest: number;
  highest: number;
  /** The same for people, and how a limit in it is written. */
  says: string;
  between: string;
}

const SHARE = { lowest: 0, highest: 1, between: '0% and 100%' };

/** Null: the values have no bounds, or the file does not say them yet. */
function spanOf(metric: FilledMetric): Span | null {
  const { kind, range, objective } = metric;
  switch (kind) {
    case 'rate':
      return { ...SHARE, says: 'a rate lies between 0 % and 100 %' };
    case 'fairness':
      return { ...SHARE, says: `${rulesOf(metric)?.noun ?? 'a gap'} lies between 0 % and 100 %` };
    case 'drift':
      return { lowest: 0, highest: 1, says: 'the distance lies between 0 and 1', between: '0abs and 1abs' };
    case 'score': {
      const [lowest, highest] = range ?? [];
      if (lowest === undefined || highest === undefined || lowest >= highest) return null;
      const between = `${lowest}abs and ${highest}abs`;
      return { lowest, highest, says: `a score lies between ${lowest} and ${highest}`, between };
    }
    case 'slo': {
      if (objective === undefined) return null;
      const highest = Number((1 / (1 - fraction(objective))).toPrecision(9));
      const says = `with an objective of ${objective}, all units being bad is a burn rate of ${highest}`;
      return { lowest: 0, highest, says, between: `0abs and ${highest}abs` };
    }
    case 'quantile':
    case 'count':
    case 'ratio':
      return null;
  }
}

export const limitsInRange: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    const metric = gateMetric(plan, gate);
    const span = metric && spanOf(metric);
    const rules = metric && rulesOf(metric);
    if (!span || !rules) return [];
    return conditionsOf(plan, gate).flatMap(({ side, condition }): Finding[] => {
      const { kind, value } = condition.margin;
      const comparing = isComparative(condition);
      const question = comparing ? rules.comparing : rules.alone;
      const within = comparing
        ? kind === 'relative' || value < span.highest - span.lowest
        : value > span.lowest && value < span.highest;
      if (within || !question?.units.includes(kind)) return [];
      const message = `\`${condition.key}: ${condition.text}\` can never decide anything: ${span.says}`;
      const path = ['gates', name, side, condition.key];
      const remedy = comparing ? `write ${question.example}` : `write a limit strictly between ${span.between}`;
      return [{ code: 'limitRange', path, message, remedy }];
    });
  });

/** The direction of a limit must be that of the metric, or the worst candidate would pass. */
export const limitDirection: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    const metric = gateMetric(plan, gate);
    const given = metric && rulesOf(metric)?.better;
    const better = given ?? metric?.better;
    if (!better) return [];
    return conditionsOf(plan, gate).flatMap(({ side, condition }): Finding[] => {
      if (isComparative(condition)) return [];
      const below = condition.key === 'provenBelow';
      const goodBelow = better === 'lower';
      if (below === (side === 'promoteWhen' ? goodBelow : !goodBelow)) return [];
      const message = `\`${side}: ${condition.key}\` is the wrong way round for a metric where ${better} is better`;
      const mend = given ? '' : ', or mend `better` of the metric';
      const remedy = `write \`${below ? 'provenAbove' : 'provenBelow'}\`${mend}`;
      return [{ code: 'limitDirection', path: ['gates', name, side], message, remedy }];
    });
  });
