/** The plan language of metrics; metric-kinds.ts says which fields go with which kind. zod; not for the sandbox. */
import { z } from 'zod';
import { parseMargin } from '../judge/margin.js';
import { parseShare } from './quantities.js';
import { attribute, count, duration, name } from './words.js';

const METRIC_KINDS = ['rate', 'quantile', 'score', 'count', 'ratio', 'slo', 'drift', 'fairness'] as const;

const slices = z.strictObject({
  by: z
    .array(attribute())
    .min(1)
    .max(3)
    .meta({
      description:
        'Labels or columns that cut the traffic; each slice is judged apart. With fairness, they name the groups.',
      examples: [['mailType']],
    }),
  minUnits: count(1e9)
    .optional()
    .meta({
      description: 'Units the candidate needs in a slice before the slice may pass.',
      examples: [200],
      standard: '`200`',
    }),
  onThin: z
    .enum(['extend', 'hold', 'escalate'])
    .optional()
    .meta({
      description: 'What a slice with too few units does at the end of the bake.',
      examples: ['extend'],
      standard: '`extend`: the bake goes on to its `max`',
    }),
});

const unit = z.union(
  [
    z.enum(['request', 'user']),
    z.strictObject({ user: z.union([z.int().min(1).max(1e10), z.string().regex(/^about \d{1,10}$/)]) }),
  ],
  { error: 'this is `request`, `user`, or `{ user: about 5000 }`' },
);

const series = () => z.string({ error: 'this is a text' }).min(1).max(2000);

/** A share of one that is neither nothing nor everything. */
const objective = () =>
  z.string({ error: OBJECTIVE }).refine((text) => ![null, 0, 1].includes(parseShare(text)), { error: OBJECTIVE });
const OBJECTIVE = 'an objective is a share between 0% and 100%, like 99.9%';

const number = () => z.number({ error: 'this is a number' });

const percent = () =>
  z.string().refine((text) => parseMargin(text)?.kind === 'relative', { error: 'a rate is written like 1% or 0.02%' });

const expect = z.strictObject({
  perMinute: number()
    .gt(0, { error: 'without traffic nothing is ever decided' })
    .max(1e12)
    .meta({
      description: 'Units in a minute, both arms together, at full traffic (count: exposure; ratio: users).',
      examples: [24_000],
    }),
  rate: z
    .union([percent(), number().gt(0).max(1e12)], {
      error: 'this is a rate like 1%, or for a count a number of events per exposure like 0.3',
    })
    .optional()
    .meta({
      description: 'Rate, slo, fairness: share of units with an event. Count: events per exposure, as a number.',
      examples: ['1%'],
      standard: 'none',
    }),
  mean: number()
    .optional()
    .meta({ description: 'Score, ratio: the mean.', examples: [0.82], standard: 'none' }),
  sd: number()
    .gt(0)
    .optional()
    .meta({ description: 'Score: standard deviation of one score.', examples: [0.2], standard: 'none' }),
  cv: number()
    .gt(0)
    .max(1000)
    .optional()
    .meta({
      description: 'Ratio: standard deviation over users of y - mean x z, as a part of the mean of y.',
      examples: [1.5],
      standard: 'none',
    }),
});

export const metricSchema = z.strictObject({
  from: name().meta({ description: 'Source, as named under `sources`.', examples: ['traffic'] }),
  kind: z.enum(METRIC_KINDS).meta({
    description: 'What is measured. Each kind with its fields, columns and margins: see [kinds](#kinds-of-metrics).',
    examples: ['rate'],
  }),
  better: z
    .enum(['lower', 'higher'])
    .optional()
    .meta({
      description: 'Which way is good. Never guessed: the wrong way round promotes what is worse.',
      examples: ['lower'],
      standard:
        '**required**, but where it follows from the kind: lower for slo, drift and gaps, higher for impactRatio',
    }),
  unit: unit.optional().meta({
    description:
      'What one unit is. Users that return make requests dependent, so say so and about how many distinct ones each arm sees at full traffic.',
    examples: ['request', { user: 'about 5000' }],
    standard: '`request`',
  }),
  users: z
    .int()
    .min(1)
    .max(1e10)
    .optional()
    .meta({ description: 'With `unit: user`: about how many.', examples: [5000], standard: 'none' }),
  units: series()
    .optional()
    .meta({
      description: 'Rate, slo, fairness from scrape (counter) or prometheus (selector of a counter): the units.',
      examples: ['requests_total'],
      standard: 'required there',
    }),
  events: series()
    .optional()
    .meta({
      description: 'Likewise the events among them; count: the events, of which one unit may have several.',
      examples: ['requests_failed_total'],
      standard: 'required there',
    }),
  exposure: series()
    .optional()
    .meta({
      description: 'Count from scrape or prometheus: what the events are counted against.',
      examples: ['tokens_total'],
      standard: 'required there',
    }),
  histogram: series()
    .optional()
    .meta({
      description:
        'Quantile from scrape or prometheus: the histogram, in seconds, without `_bucket`. Drift: that of the feature, in its own unit.',
      examples: ['request_seconds'],
      standard: 'required there',
    }),
  query: series()
    .max(64_000)
    .optional()
    .meta({
      description:
        'From sql: a file beside the plan with one SELECT over `:start` and `:end`, or the text itself; its text is part of the digest.',
      examples: ['mail-lost.sql'],
      standard: 'required there',
    }),
  q: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .meta({ description: 'Quantile kind: which quantile.', examples: [0.99], standard: 'required there' }),
  range: z
    .array(number())
    .length(2, { error: 'a range is two numbers, the lowest score and the highest' })
    .optional()
    .meta({
      description:
        'Score kind: the lowest and the highest score there can be; one beyond them is an error. Margins in % need a lowest score of 0.',
      examples: [[0, 1]],
      standard: 'required there',
    }),
  objective: objective()
    .optional()
    .meta({
      description: 'Slo kind: share of units that shall be good.',
      examples: ['99.9%'],
      standard: 'required there',
    }),
  period: duration()
    .optional()
    .meta({
      description: 'Slo kind: time over which the objective holds; its error budget is spent over it. From 1d.',
      examples: ['30d'],
      standard: 'required there',
    }),
  against: z
    .array(z.enum(['reference', 'control']))
    .min(1)
    .max(2)
    .optional()
    .meta({
      description:
        'Drift kind: `reference`, the baseline before the stage (has the world changed?), `control`, the baseline beside the candidate (is it the model?).',
      examples: [['reference', 'control']],
      standard: 'both',
    }),
  measure: z
    .enum(['selectionRate', 'truePositiveRate', 'falsePositiveRate', 'impactRatio'])
    .optional()
    .meta({
      description:
        'Fairness kind: what is compared between groups. Units are those it is a share of: all, or with truePositiveRate those truly positive, with falsePositiveRate those truly negative.',
      examples: ['selectionRate'],
      standard: 'required there',
    }),
  slices: slices.optional().meta({
    description: 'Cut of the traffic, so that a small group cannot be harmed unseen.',
    examples: [{ by: ['mailType'], minUnits: 200 }],
    standard: 'none',
  }),
  expect: expect.optional().meta({
    description: 'Traffic to expect and how the baseline does, for the forecast of `sluice plan`; no verdict reads it.',
    examples: [{ perMinute: 24_000, rate: '1%' }],
    standard: 'none',
  }),
});
