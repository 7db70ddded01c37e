/** The plan language of sources, metrics and gates. zod; not for the sandbox. */
import { z } from 'zod';
import { attribute, connection, count, duration, margin, name } from './words.js';

export const sourceSchema = z.strictObject({
  scrape: connection()
    .optional()
    .meta({
      description: 'Metrics pages of both arms, read by Sluice itself.',
      examples: ['spam-servers'],
      standard: 'one of scrape, sql, prometheus',
    }),
  sql: connection()
    .optional()
    .meta({
      description: 'Database that speaks the Postgres protocol.',
      examples: ['outcomes'],
      standard: 'one of scrape, sql, prometheus',
    }),
  prometheus: connection()
    .optional()
    .meta({ description: 'Prometheus server.', examples: ['metrics'], standard: 'one of scrape, sql, prometheus' }),
  window: duration()
    .optional()
    .meta({
      description: 'Length of a window; every look judges whole windows. From 1s to 1d.',
      examples: ['1m'],
      standard: '`1m`',
    }),
  settle: duration()
    .optional()
    .meta({
      description: 'How long after the end of a window outcomes may still arrive: it closes at end + settle.',
      examples: ['30s'],
      standard: '`0s`',
    }),
});

/** Kinds the language has; lint says of those that cannot be judged yet that they cannot. */
export const METRIC_KINDS = ['rate', 'quantile', 'score', 'count', 'ratio', 'slo', 'drift', 'fairness'] as const;

const slices = z.strictObject({
  by: z
    .array(attribute())
    .min(1)
    .max(3)
    .meta({
      description: 'Labels or columns that cut the traffic; each slice is judged apart.',
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

export const metricSchema = z.strictObject({
  from: name().meta({ description: 'Source, as named under `sources`.', examples: ['traffic'] }),
  kind: z.enum(METRIC_KINDS).meta({
    description: '`rate`: events per unit. `quantile`: a quantile of a histogram. The others are not judged yet.',
    examples: ['rate'],
  }),
  better: z.enum(['lower', 'higher']).meta({
    description: 'Which way is good. Never guessed: the wrong way round promotes what is worse.',
    examples: ['lower'],
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
      description: 'Rate from scrape (counter) or prometheus (selector of a counter): the units.',
      examples: ['requests_total'],
      standard: 'required there',
    }),
  events: series()
    .optional()
    .meta({
      description: 'Likewise the events among them.',
      examples: ['requests_failed_total'],
      standard: 'required there',
    }),
  histogram: series()
    .optional()
    .meta({
      description: 'Quantile from scrape or prometheus: the histogram, in seconds, without `_bucket`.',
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
  slices: slices.optional().meta({
    description: 'Cut of the traffic, so that a small group cannot be harmed unseen.',
    examples: [{ by: ['mailType'], minUnits: 200 }],
    standard: 'none',
  }),
});

const rollbackWhen = z.union(
  [
    z.literal('never'),
    z.strictObject({ provenWorseBy: margin() }),
    z.strictObject({ provenAbove: margin() }),
    z.strictObject({ provenBelow: margin() }),
  ],
  { error: 'this is one of { provenWorseBy: 0.2pp }, { provenAbove: 1% }, { provenBelow: 99% }, never' },
);

const promoteWhen = z.union(
  [
    z.strictObject({ provenWithin: margin() }),
    z.strictObject({ provenBetterBy: margin() }),
    z.strictObject({ provenBelow: margin() }),
    z.strictObject({ provenAbove: margin() }),
  ],
  {
    error: 'this is one of { provenWithin: 0.5pp }, { provenBetterBy: 0% }, { provenBelow: 1% }, { provenAbove: 99% }',
  },
);

const fastLane = z.strictObject({
  ratio: z
    .number()
    .gt(1, { error: 'the ratio is above 1' })
    .max(10, { error: 'the ratio is at most 10' })
    .meta({ description: 'Candidate rate over baseline rate that counts as a disaster.', examples: [1.5] }),
  share: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .meta({ description: "Part of the gate's rollback budget it may spend.", examples: [0.25], standard: '`0.25`' }),
});

export const gateSchema = z.strictObject({
  metric: name()
    .optional()
    .meta({ description: 'Metric, as named under `metrics`.', examples: ['errors'], standard: "the gate's own name" }),
  role: z
    .enum(['guardrail', 'success'])
    .optional()
    .meta({
      description: '`guardrail`: must not get worse. `success`: answers the intent.',
      examples: ['guardrail'],
      standard: '`guardrail`',
    }),
  rollbackWhen: rollbackWhen.optional().meta({
    description:
      'When users go back: the candidate is proven worse than the margin, or beyond a limit. `never`: the gate can only withhold a pass.',
    examples: [{ provenWorseBy: '0.2pp' }],
    standard:
      '0.4 x a `provenWithin` margin in its unit; the mirror of a `provenBelow` or `provenAbove` limit; `never` for `provenBetterBy`',
  }),
  promoteWhen: promoteWhen.meta({
    description:
      'When the gate passes: `provenWithin` and `provenBetterBy` compare with the baseline, `provenBelow` and `provenAbove` judge the candidate alone.',
    examples: [{ provenWithin: '0.5pp' }],
  }),
  fastLane: fastLane.optional().meta({
    description: 'A second, quicker test for disasters, on comparative gates of rates.',
    examples: [{ ratio: 1.5 }],
    standard: 'none',
  }),
});
