/** Lint: what single kinds of metric ask for beyond their fields. */
import type { FilledMetric } from '../fill.js';
import { missing, shapeOf } from '../issues.js';
import { EXPECT_FIELDS, KINDS, rulesOf } from '../metric-kinds.js';
import type { Finding, Path } from '../problem.js';
import { planSchema } from '../schema.js';
import { gateMetric, ms, type Rule } from './context.js';

const DAY_MS = 86_400_000;

/** What may be left out for some kinds only, said as of any key that must be there. */
export const neededByKind: Rule = ({ plan }) => {
  const metrics = Object.entries(plan.metrics).filter(([, { better }]) => better === undefined);
  const gates = Object.entries(plan.gates).filter(([, gate]) => {
    const metric = gateMetric(plan, gate);
    const filledIn = metric?.kind === 'fairness' && metric.measure === undefined;
    return gate.promoteWhen === undefined && !filledIn;
  });
  const paths: Path[] = [
    ...metrics.filter(([, metric]) => rulesOf(metric)).map(([name]) => ['metrics', name, 'better']),
    ...gates.map(([name]) => ['gates', name, 'promoteWhen']),
  ];
  if (paths.length === 0) return [];
  const shape = shapeOf(planSchema);
  return paths.map((path) => missing(path, shape));
};

/** Where the good direction follows from the kind, the other one is a misunderstanding. */
export const directionOfKind: Rule = ({ plan }) =>
  eachMetric(plan.metrics, (metric, path) => {
    const rules = rulesOf(metric);
    if (!rules?.better || metric.better === undefined || metric.better === rules.better) return [];
    const message = `${metric.better} cannot be better here: ${rules.noun} is judged, of which ${rules.better} is better`;
    return [
      { code: 'wrongDirection', path: [...path, 'better'], message, remedy: `write \`better: ${rules.better}\`` },
    ];
  });

export const rangesRise: Rule = ({ plan }) =>
  eachMetric(plan.metrics, ({ range }, path) => {
    const [lowest, highest] = range ?? [];
    if (lowest === undefined || highest === undefined || lowest < highest) return [];
    const message = `no score lies between ${lowest} and ${highest}`;
    const remedy = 'write the lowest score first, then a higher one, like `range: [0, 1]`';
    return [{ code: 'scoreRange', path: [...path, 'range'], message, remedy }];
  });

/** A burn rate is a speed over hours: over less than a day it would be one over minutes. */
export const periodsLongEnough: Rule = ({ plan }) =>
  eachMetric(plan.metrics, ({ period }, path) => {
    if (period === undefined || ms(period) >= DAY_MS) return [];
    const message = `an error budget over ${period} is spent in minutes, before a burn rate could be told`;
    return [
      { code: 'periodRange', path: [...path, 'period'], message, remedy: 'write at least 1d, like `period: 30d`' },
    ];
  });

/** Fairness is a comparison between the slices of one metric: without them there is nothing to compare. */
export const groupsNamed: Rule = ({ plan }) =>
  eachMetric(plan.metrics, ({ kind, slices }, path) => {
    if (kind !== 'fairness' || slices) return [];
    const message = '`slices` is missing: fairness compares groups, and the slices of the metric are the groups';
    return [{ code: 'groupsMissing', path, at: 'key', message, remedy: 'add `slices: { by: [ageGroup] }`' }];
  });

/** An estimate says of the baseline what its kind has, in values it can have. */
export const expectationsFit: Rule = ({ plan }) =>
  eachMetric(plan.metrics, (metric, path) =>
    EXPECT_FIELDS.flatMap((field): Finding[] => {
      const wrong = metric.expect?.[field] === undefined ? null : unfit(metric, field);
      return wrong ? [{ code: 'expectation', path: [...path, 'expect', field], ...wrong }] : [];
    }),
  );

function unfit(
  metric: FilledMetric,
  field: (typeof EXPECT_FIELDS)[number],
): Pick<Finding, 'message' | 'remedy'> | null {
  const { noun, expect } = rulesOf(metric) ?? KINDS[metric.kind];
  const own = expect.map((one) => `\`${one}\``).join(' and ');
  const value = metric.expect?.[field];
  const no = (message: string, remedy: string) => ({ message, remedy });
  if (!expect.includes(field)) {
    return no(`${noun} has no expected \`${field}\``, own === '' ? 'remove it' : `remove it, or write ${own}`);
  }
  if (field === 'rate' && (metric.kind === 'count') !== (typeof value === 'number')) {
    return metric.kind === 'count'
      ? no('a count is expected as events per exposure, not as a share', 'write a number, like `rate: 0.3`')
      : no('a share of units is written with a percent sign', 'write it like `rate: 1%`');
  }
  if (field === 'rate' && typeof value === 'string' && Number.parseFloat(value) > 100) {
    return no(`${value} of all units is more than there are`, 'write at most 100%');
  }
  const [lowest, highest] = metric.range ?? [];
  if (typeof value !== 'number' || lowest === undefined || highest === undefined || lowest >= highest) return null;
  if (field === 'mean' && (value < lowest || value > highest)) {
    return no(`a mean of ${value} is outside of the range`, `write one from ${lowest} to ${highest}`);
  }
  // Half the scores at either end: no scores in the range spread more.
  const most = (highest - lowest) / 2;
  return field === 'sd' && value > most
    ? no(`scores between ${lowest} and ${highest} cannot spread by ${value}`, `write at most ${most}`)
    : null;
}

function eachMetric(
  metrics: Record<string, FilledMetric>,
  findings: (metric: FilledMetric, path: Path) => Finding[],
): Finding[] {
  return Object.entries(metrics).flatMap(([name, metric]) => findings(metric, ['metrics', name]));
}
