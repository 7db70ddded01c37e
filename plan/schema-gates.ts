/** The plan language of gates. zod; not for the sandbox. */
import { z } from 'zod';
import { margin, name } from './words.js';

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
      'When users go back: the candidate is proven worse than the margin, or beyond a limit. `never`: the gate can only withhold a pass. Of an slo, the burn-rate pairs whose factor reaches the limit roll back; the others hold.',
    examples: [{ provenWorseBy: '0.2pp' }],
    standard:
      '0.4 x a `provenWithin` margin in its unit; the mirror of a `provenBelow` or `provenAbove` limit; `never` for `provenBetterBy` and for drift',
  }),
  promoteWhen: promoteWhen.optional().meta({
    description:
      'When the gate passes: `provenWithin` and `provenBetterBy` compare with the baseline, `provenBelow` and `provenAbove` judge the candidate alone.',
    examples: [{ provenWithin: '0.5pp' }],
    standard:
      '**required**, but `{ provenBelow: 6abs }` for slo, `{ provenBelow: 0.1abs }` for drift, `{ provenAbove: 80% }` for impactRatio',
  }),
  fastLane: fastLane.optional().meta({
    description: 'A second, quicker test for disasters, on comparative gates of rates and counts.',
    examples: [{ ratio: 1.5 }],
    standard: 'none',
  }),
});
