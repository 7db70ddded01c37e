/**
 * What the plan language asks of each kind of metric, one row per kind: its fields, the direction that follows from it,
 * the units of its margins. Schema, defaults, lint and docs read this table. Pure; no zod.
 */
import type { ParsedMargin } from '../judge/margin.js';
import type { FairnessMetric, MetricKind, PromoteWhen } from '../workflows/contract/plan.js';

/** Fields of a metric that belong to some kinds or sources only. */
export const FIELDS = [
  'units',
  'events',
  'exposure',
  'histogram',
  'query',
  'q',
  'range',
  'objective',
  'period',
  'against',
  'measure',
] as const;
export type Field = (typeof FIELDS)[number];

export const EXPECT_FIELDS = ['rate', 'mean', 'sd', 'cv'] as const;
export type ExpectField = (typeof EXPECT_FIELDS)[number];

/** One of the two questions of a gate: the candidate beside the baseline, or the candidate alone. */
export interface Question {
  units: readonly ParsedMargin['kind'][];
  /** Margins as they would be written. */
  example: string;
}

export interface KindRules {
  /** With its article, as sentences need it. */
  noun: string;
  meaning: string;
  /** Fields that name its series, from scrape and prometheus; null: those cannot tell what it needs. */
  series: readonly Field[] | null;
  /** Columns its query answers from sql, beside `arm`, `via` and those of the slices. */
  columns: readonly string[];
  /** Fields of the kind itself, whatever the source. */
  own: readonly Field[];
  /** What an estimate for the forecast may say of the baseline, beside the traffic. */
  expect: readonly ExpectField[];
  /** The good direction, where the kind leaves no choice; null: the author says. */
  better: 'lower' | 'higher' | null;
  /** Null: there is no limit that would suit most, so the author writes one. */
  promoteWhen: PromoteWhen | null;
  /** Null: it is not compared with the baseline by a margin. */
  comparing: Question | null;
  alone: Question;
}

const COUNTED = { series: ['units', 'events'], columns: ['units', 'events'], expect: ['rate'] } as const;
const SPREAD = { series: ['histogram'], columns: ['n', 'le_<edge>'], expect: [] } as const;
const AUTHORS = { better: null, promoteWhen: null } as const;
/** Kinds of which only the mean in the units of the application is known. */
const MEANS = {
  comparing: { units: ['relative', 'abs'], example: '2% or 0.01abs' },
  alone: { units: ['abs'], example: '0.9abs' },
} as const;

const GROUPS = {
  ...COUNTED,
  noun: 'a gap between groups',
  meaning:
    '`selectionRate`, `truePositiveRate`, `falsePositiveRate`: largest difference between groups, which are the slices',
  own: ['measure'],
  better: 'lower',
  promoteWhen: null,
  comparing: { units: ['pp', 'abs'], example: '1pp' },
  alone: { units: ['pp', 'abs'], example: '5pp' },
} as const satisfies KindRules;

/** By kind; `impactRatio` is the measure of fairness that is a quotient where the others are differences. */
export const KINDS: Record<MetricKind | 'impactRatio', KindRules> = {
  rate: {
    ...COUNTED,
    ...AUTHORS,
    noun: 'a rate',
    meaning: 'events per unit, at most one each',
    own: [],
    comparing: { units: ['relative', 'pp', 'abs'], example: '0.5pp or 25%' },
    alone: { units: ['relative', 'abs'], example: '1% or 0.01abs' },
  },
  quantile: {
    ...SPREAD,
    ...AUTHORS,
    noun: 'a quantile',
    meaning: 'quantile `q` of a histogram of times',
    own: ['q'],
    comparing: { units: ['relative', 'ms'], example: '20ms or 25%' },
    alone: { units: ['ms'], example: '50ms' },
  },
  score: {
    ...MEANS,
    ...AUTHORS,
    noun: 'a score',
    meaning: 'mean of scores that cannot leave `range`',
    series: null,
    columns: ['n', 'sum', 'sum_sq'],
    own: ['range'],
    expect: ['mean', 'sd'],
  },
  count: {
    ...MEANS,
    ...AUTHORS,
    noun: 'a count',
    meaning: 'events per exposure (hours, tokens, requests), which may exceed one',
    series: ['events', 'exposure'],
    columns: ['events', 'exposure'],
    own: [],
    expect: ['rate'],
    comparing: { units: ['relative', 'abs'], example: '25% or 0.01abs' },
  },
  ratio: {
    ...MEANS,
    ...AUTHORS,
    noun: 'a ratio',
    meaning: 'sum of y over sum of z, like cost per conversation; the query aggregates per user',
    series: null,
    columns: ['n', 'sy', 'sz', 'syy', 'szz', 'syz'],
    own: [],
    expect: ['mean', 'cv'],
  },
  slo: {
    ...COUNTED,
    noun: 'an slo',
    meaning: 'burn rate of the error budget that `objective` leaves over `period`; its events are the bad ones',
    own: ['objective', 'period'],
    better: 'lower',
    promoteWhen: { provenBelow: '6abs' },
    comparing: null,
    alone: { units: ['abs'], example: '6abs' },
  },
  drift: {
    ...SPREAD,
    noun: 'a drift',
    meaning:
      "Jensen-Shannon distance, 0 to 1, of a feature's distribution `against` that of the baseline before the stage (`reference`) and beside it (`control`); holds, never rolls back",
    own: ['against'],
    better: 'lower',
    promoteWhen: { provenBelow: '0.1abs' },
    comparing: null,
    alone: { units: ['abs'], example: '0.1abs' },
  },
  fairness: GROUPS,
  impactRatio: {
    ...GROUPS,
    noun: 'an impact ratio',
    meaning: '`impactRatio`: lowest selection rate of a group over the highest',
    better: 'higher',
    promoteWhen: { provenAbove: '80%' },
    alone: { units: ['relative', 'abs'], example: '80%' },
  },
};

/** Null while a fairness metric does not say what it measures: nothing can be told of its margins then. */
export function rulesOf({ kind, measure }: Measured): KindRules | null {
  if (kind !== 'fairness') return KINDS[kind];
  if (measure === undefined) return null;
  return measure === 'impactRatio' ? KINDS.impactRatio : KINDS.fairness;
}

export interface Measured {
  kind: MetricKind;
  measure?: FairnessMetric['measure'] | undefined;
}
