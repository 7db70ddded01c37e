/** The plan language of stages, bakes, approvals and the phase after promotion. zod; not for the sandbox. */
import { z } from 'zod';
import type { GateTree } from '../workflows/contract/plan.js';
import { count, duration, name, NAMED, role, share } from './words.js';

const exposure = z.strictObject({
  cohorts: z
    .array(name())
    .max(50)
    .optional()
    .meta({
      description: 'Chosen users who see the candidate; they stay over later stages unless dropped.',
      examples: [['staff']],
      standard: 'those of the stage before',
    }),
  share: z
    .union([share(), z.array(share()).min(1).max(20)], {
      error: 'this is a share like 25%, or a list like [50%, 100%]',
    })
    .optional()
    .meta({
      description: 'Share of randomised users; a list makes one step of each.',
      examples: [['50%', '100%']],
      standard: 'the share in force',
    }),
  drop: z
    .array(name())
    .max(50)
    .optional()
    .meta({ description: 'Cohorts that go back to the baseline.', examples: [['staff']], standard: 'none' }),
});

const rule = z.strictObject({
  role: role().meta({ description: 'Role a decider must hold; the policy says who does.', examples: ['modelOwner'] }),
  min: z
    .int()
    .min(1, { error: 'at least one person must decide' })
    .max(10)
    .optional()
    .meta({ description: 'How many distinct people.', examples: [1], standard: '`1`' }),
});

export const approvalSchema = z.strictObject({
  rules: z
    .array(rule)
    .min(1)
    .max(10)
    .meta({ description: 'Slots to fill; one person fills one slot.', examples: [[{ role: 'modelOwner', min: 1 }]] }),
  exclude: z
    .array(z.enum(['initiator']))
    .max(1)
    .optional()
    .meta({ description: 'Who may not decide, whatever their roles.', examples: [['initiator']], standard: 'nobody' }),
  timeout: duration()
    .optional()
    .meta({
      description: 'How long the request stays open; stands still while held.',
      examples: ['3d'],
      standard: '`3d`',
    }),
  onTimeout: z
    .enum(['hold', 'reject', 'rollback'])
    .optional()
    .meta({ description: 'What silence means. It never means yes.', examples: ['hold'], standard: '`hold`' }),
  onReject: z
    .enum(['stay', 'rollback'])
    .optional()
    .meta({
      description: 'What a no means: this attempt ends and exposure stays, or everyone goes back.',
      examples: ['stay'],
      standard: '`stay`',
    }),
  remindEvery: duration()
    .optional()
    .meta({
      description: 'How often those awaited are reminded.',
      examples: ['1d'],
      standard: '`1d`, or a third of the timeout where that is shorter',
    }),
});

export const bakeSchema = z.strictObject({
  warmup: duration()
    .optional()
    .meta({
      description: 'Time after a raise that is not judged.',
      examples: ['1m'],
      standard: 'one window of the slowest source among the gates',
    }),
  min: duration()
    .optional()
    .meta({
      description: 'Shortest judged time before a pass; never delays a fail.',
      examples: ['10m'],
      standard: 'ten such windows, or half of what `max` leaves where that is shorter',
    }),
  max: duration()
    .optional()
    .meta({
      description: 'Longest time to a verdict, warm-up included.',
      examples: ['4h'],
      standard: '240 such windows',
    }),
  minUnits: count(1e12)
    .optional()
    .meta({
      description: 'Units the candidate needs before a pass; never delays a fail.',
      examples: [2000],
      standard: '`100`',
    }),
  onTimeout: z
    .enum(['hold', 'escalate', 'rollback'])
    .optional()
    .meta({
      description: 'What follows when `max` passes undecided. Never a promotion.',
      examples: ['hold'],
      standard: '`hold`',
    }),
  onBlind: z
    .enum(['hold', 'rollback'])
    .optional()
    .meta({
      description: 'What follows when a source stays silent past `blindDeadline`.',
      examples: ['hold'],
      standard: '`hold`',
    }),
  blindAfter: duration()
    .optional()
    .meta({
      description: 'How long a source may fail before its gates count as blind, which holds the rollout.',
      examples: ['5m'],
      standard: 'five such windows',
    }),
  blindDeadline: duration()
    .optional()
    .meta({
      description: 'How long a blind hold lasts before `onBlind` acts.',
      examples: ['1h'],
      standard: 'sixty such windows',
    }),
});

/** How deep conditions on gates may nest; deeper ones nobody reads right. */
export const DEEPEST = 4;
const MEMBER = 'this is the name of a gate, or one of { any: [a, b] }, { atLeast: 2, of: [a, b, c] }, { all: [a, b] }';
const CHOICE = 'one of all, any, atLeast with of';
const TOO_DEEP = `conditions nest at most ${DEEPEST} deep; only the name of a gate may stand here`;

/** A gate, or a condition on several; written out per depth, so that every place has its own remedy. */
function gateTree(depth: number): z.ZodType<GateTree, GateTree> {
  if (depth === 0) return name(TOO_DEEP);
  const says = (description: string) => (depth === DEEPEST ? { description, standard: CHOICE } : {});
  const members = () =>
    z
      .array(gateTree(depth - 1))
      .min(1, { error: 'at least one gate stands here' })
      .max(50);
  const all = members().meta({ ...says('Each of these must pass.'), examples: [['errors', 'latency']] });
  const any = members().meta({
    ...says('One of these must pass. Any of them that fails still rolls back.'),
    examples: [['accuracy', 'agreement']],
  });
  const atLeast = z
    .int({ error: 'this is a whole number' })
    .min(1, { error: 'at least one gate must pass' })
    .meta({ ...says('This many of the gates under `of` must pass.'), examples: [2] });
  const of = members().meta({ ...says('The gates to count.'), examples: [['accuracy', 'agreement', 'cost']] });
  return z.union([name(), z.strictObject({ all }), z.strictObject({ any }), z.strictObject({ atLeast, of })], {
    error: ({ input }) => (typeof input === 'string' ? NAMED : MEMBER),
  });
}

export const stageSchema = z.strictObject({
  name: name().meta({ description: 'Name of the stage: internal, beta, general or your own.', examples: ['beta'] }),
  exposure: exposure.meta({ description: 'Who sees the candidate.', examples: [{ share: '25%' }] }),
  approval: approvalSchema.optional().meta({
    description: 'Who must agree before the stage begins.',
    examples: [{ rules: [{ role: 'modelOwner', min: 1 }] }],
    standard: 'nobody',
  }),
  bake: bakeSchema.optional().meta({
    description: 'How long each step is observed.',
    examples: [{ min: '10m', max: '4h' }],
    standard: 'as its keys',
  }),
  gates: z
    .array(gateTree(DEEPEST))
    .min(1, { error: 'at least one gate stands here' })
    .max(50)
    .meta({
      description:
        'Gates that must all pass at each step; `{ any: [a, b] }`, `{ atLeast: 2, of: [a, b, c] }` and `{ all: [a, b] }` may stand among them. Each gate once; whichever fails rolls back.',
      examples: [['errors', 'latency']],
    }),
});

export const afterSchema = z.strictObject({
  for: duration().meta({ description: 'How long gates are watched after promotion.', examples: ['1d'] }),
  every: duration()
    .optional()
    .meta({ description: 'Pause between two looks.', examples: ['5m'], standard: '`guardEvery`' }),
  holdBack: share()
    .optional()
    .meta({
      description: 'Share kept on the old model until the phase ends, as a control. At most 50%.',
      examples: ['5%'],
      standard: '`0%`',
    }),
  gates: z
    .array(name('whichever gate fails here rolls back, so this is a plain list of names'))
    .min(1)
    .max(50)
    .meta({ description: 'Gates that can still roll back.', examples: [['errors']] }),
});
