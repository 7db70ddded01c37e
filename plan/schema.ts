/**
 * The plan language: what a rollout file may say, key by key. Grammar only; what must fit together is lint's, what
 * stands where nothing is written is defaults.ts. docs/plan.md is generated from here. zod; not for the sandbox.
 */
import { z } from 'zod';
import { gateSchema } from './schema-gates.js';
import { metricSchema } from './schema-metrics.js';
import { sourceSchema } from './schema-sources.js';
import { afterSchema, stageSchema } from './schema-stages.js';
import { attribute, connection, duration, modelName, name, named, sentence, version } from './words.js';

const candidate = z.strictObject({
  registry: connection().meta({
    description: 'Registry that holds the model, as platform.yaml names it.',
    examples: ['models'],
  }),
  version: version().meta({ description: 'Version to roll out; pinned by digest at admission.', examples: ['nb-2'] }),
});

const target = z.strictObject({
  store: connection().meta({ description: 'Exposure store, as platform.yaml names it.', examples: ['flags'] }),
  flag: version().meta({ description: 'Flag whose evaluation chooses the model.', examples: ['spam-filter'] }),
  stickyBy: attribute().meta({
    description:
      'Attribute whose hash decides who is in the share; passed as targeting key. One value, one arm, as long as the share only grows.',
    examples: ['mailboxId'],
  }),
  cohortAttribute: attribute()
    .optional()
    .meta({ description: 'Attribute that names the cohort of a user.', examples: ['cohort'], standard: '`cohort`' }),
});

const falseAlarms = z.strictObject({
  rollback: z
    .number()
    .gt(0)
    .max(0.2, { error: 'a budget above 0.2 would roll back one healthy rollout in five' })
    .optional()
    .meta({
      description: 'Share of healthy rollouts that may be rolled back by chance, over all gates, slices and looks.',
      examples: [0.02],
      standard: '`0.02`',
    }),
  promote: z
    .number()
    .gt(0)
    .max(0.2, { error: 'a budget above 0.2 would let one bad candidate in five pass a gate' })
    .optional()
    .meta({
      description: 'Chance that a candidate worse than a promote margin passes that gate.',
      examples: [0.05],
      standard: '`0.05`',
    }),
});

const lease = z.strictObject({
  for: duration()
    .optional()
    .meta({
      description: 'Exposure lapses this long after the last poll, even with worker and Temporal dead.',
      examples: ['15m'],
      standard: '`15m`',
    }),
  onSilence: z
    .enum(['baseline', 'keep'])
    .optional()
    .meta({
      description:
        'What users get when the lease runs out: the baseline, or (asked for on purpose) whatever they have.',
      examples: ['baseline'],
      standard: '`baseline`',
    }),
});

export const planSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this language.', examples: [1] }),
  preset: z
    .enum(['standard'])
    .optional()
    .meta({
      description:
        'Fills in stages, approvals and the phase after promotion by risk, and one comparative gate for each rate metric that has none. What the file says itself wins.',
      examples: ['standard'],
      standard: 'none',
    }),
  model: modelName().meta({
    description: 'Model; one rollout of it may be open at a time.',
    examples: ['spam-filter'],
  }),
  tenant: name().meta({ description: 'Whose it is: selects connections in platform.yaml.', examples: ['mail'] }),
  owner: sentence().meta({
    description: 'Who answers for the rollout: a team rather than a person.',
    examples: ['team-mail-ml'],
  }),
  intent: sentence()
    .optional()
    .meta({
      description: 'What the new version is for; answered by the gates with role `success`.',
      examples: ['Lose less real mail and let less spam through.'],
      standard: '`replace the serving version of <model>`',
    }),
  risk: z
    .enum(['low', 'medium', 'high'])
    .optional()
    .meta({
      description: 'Risk tier. The policy binds a tier to each model; a plan may only raise it.',
      examples: ['medium'],
      standard: '`medium`',
    }),
  runbook: sentence()
    .optional()
    .meta({
      description: 'Where on-call reads on; shown with every alert.',
      examples: ['docs/runbooks/spam-filter.md'],
      standard: 'none',
    }),
  candidate: candidate.meta({
    description: 'The version that shall serve.',
    examples: [{ registry: 'models', version: 'nb-2' }],
  }),
  target: target.meta({
    description: 'Where exposure is set.',
    examples: [{ store: 'flags', flag: 'spam-filter', stickyBy: 'mailboxId' }],
  }),
  arms: name()
    .optional()
    .meta({
      description: 'Scrape connection on which both arms report their health and the digest they serve.',
      examples: ['spam-servers'],
      standard: 'the connection of the first `scrape` source by name; with none, nobody reports them and lint warns',
    }),
  sources: named(name(), sourceSchema).meta({
    description: 'Where numbers come from, by a name of your choice.',
    examples: [{ traffic: { scrape: 'spam-servers', window: '1m' } }],
  }),
  metrics: named(name(), metricSchema).meta({
    description: 'What is measured, by a name of your choice.',
    examples: [
      {
        errors: {
          from: 'traffic',
          kind: 'rate',
          units: 'requests_total',
          events: 'requests_failed_total',
          better: 'lower',
        },
      },
    ],
  }),
  gates: named(name(), gateSchema)
    .optional()
    .meta({
      description: 'Questions asked of metrics, by a name of your choice.',
      examples: [{ errors: { promoteWhen: { provenWithin: '0.5pp' } } }],
      standard: 'with `preset`, one per rate metric; without, there must be some',
    }),
  falseAlarms: falseAlarms.optional().meta({
    description: 'Error budgets of the whole rollout.',
    examples: [{ rollback: 0.02, promote: 0.05 }],
    standard: 'as its keys',
  }),
  lease: lease.optional().meta({
    description: 'What happens when everything that guards the rollout dies.',
    examples: [{ for: '15m', onSilence: 'baseline' }],
    standard: 'as its keys',
  }),
  guardEvery: duration()
    .optional()
    .meta({
      description: 'Longest pause between two looks while people decide.',
      examples: ['5m'],
      standard: '`5m`, or a third of the lease where that is shorter',
    }),
  splitCheck: z
    .strictObject({
      level: z
        .number()
        .gt(0)
        .max(0.05)
        .optional()
        .meta({ description: 'Error level of the check.', examples: [0.001], standard: '`0.001`' }),
    })
    .optional()
    .meta({
      description: 'The check, always on, that users are split as planned.',
      examples: [{ level: 0.001 }],
      standard: 'as its key',
    }),
  stages: z
    .array(stageSchema)
    .min(1)
    .max(12)
    .optional()
    .meta({
      description: 'Stages in order, each with one or more steps of exposure.',
      examples: [[{ name: 'beta', exposure: { share: '25%' }, gates: ['errors'] }]],
      standard: 'with `preset`, by risk; without, there must be some',
    }),
  after: afterSchema.optional().meta({
    description: 'Guards after promotion.',
    examples: [{ for: '1d', holdBack: '5%', gates: ['errors'] }],
    standard: 'with `preset`, by risk; without, none',
  }),
  notify: z
    .array(name())
    .max(10)
    .optional()
    .meta({
      description: 'Channels that hear of it, as platform.yaml names them.',
      examples: [['rollout-events']],
      standard: 'none',
    }),
});

/** A plan as written: legal keys and values, defaults not filled in. */
export type WrittenPlan = z.infer<typeof planSchema>;
export type WrittenStage = z.infer<typeof stageSchema>;
export type WrittenMetric = z.infer<typeof metricSchema>;
export type WrittenGate = z.infer<typeof gateSchema>;
export type WrittenSource = z.infer<typeof sourceSchema>;
