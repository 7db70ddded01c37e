/** What policy.yaml may say, key by key; docs/plan.md is generated from here. zod; not for the workflow sandbox. */
import { z } from 'zod';
import { modelName, name, named, role } from '../plan/words.js';

const person = z.strictObject({
  id: name().meta({
    description: "Opaque id, as given with `--as`; never a person's name or mail address, since it is kept for ever.",
    examples: ['p-ada'],
  }),
  kind: z.enum(['human', 'service']).meta({ description: 'Only humans fill approval slots.', examples: ['human'] }),
  roles: z
    .array(role())
    .max(50)
    .meta({ description: 'Roles held.', examples: [['modelOwner']] }),
  keys: z
    .array(z.string().min(1).max(2000))
    .max(20)
    .optional()
    .meta({ description: 'Public keys, for signed decisions.', examples: [['ssh-ed25519 AAAA...']], standard: 'none' }),
});

const model = z.strictObject({
  model: modelName().meta({ description: 'Model the entry binds.', examples: ['spam-filter'] }),
  tier: z
    .enum(['low', 'medium', 'high'])
    .meta({ description: 'Its risk tier; a plan may only raise it.', examples: ['medium'] }),
  tenant: name().meta({ description: 'The one tenant it belongs to.', examples: ['mail'] }),
  target: z
    .string()
    .regex(/^(?:[^\s/]+\/)?[^\s/]+$/, {
      error: 'a target is written <store>/<flag>, or <flag> for the flag in whatever store',
    })
    .meta({
      description: 'The one flag that sets its exposure: `<store>/<flag>`, or `<flag>` in whatever store.',
      examples: ['flags/spam-filter'],
    }),
  registry: name().meta({ description: 'The one registry it comes from.', examples: ['models'] }),
});

const rule = z.strictObject({
  role: role().meta({ description: 'Role that must agree.', examples: ['risk'] }),
  min: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .meta({ description: 'How many distinct people.', examples: [1], standard: '`1`' }),
});

const stages = named(name(), z.array(rule).max(10));

export const policySchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this language.', examples: [1] }),
  serial: z
    .int()
    .min(1)
    .max(1e9)
    .meta({ description: 'Number of this policy; each change raises it.', examples: [1] }),
  people: z
    .array(person)
    .min(1)
    .max(10_000)
    .meta({ description: 'Who may decide.', examples: [[{ id: 'p-ada', kind: 'human', roles: ['modelOwner'] }]] }),
  models: z
    .array(model)
    .min(1)
    .max(10_000)
    .meta({
      description: 'What binds each model. A model that is not listed cannot be rolled out.',
      examples: [
        [{ model: 'spam-filter', tier: 'medium', tenant: 'mail', target: 'flags/spam-filter', registry: 'models' }],
      ],
    }),
  floor: z.strictObject({ low: stages.optional(), medium: stages.optional(), high: stages.optional() }).meta({
    description:
      'The least approval rules, by tier and stage, stages in rising order. No stage of a plan counts for less than one before it; the last one, and any that reaches more than half of the users, counts as the last one here, whatever its name.',
    examples: [{ medium: { general: [{ role: 'modelOwner', min: 1 }] } }],
  }),
});

export type WrittenPolicy = z.infer<typeof policySchema>;
