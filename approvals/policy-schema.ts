/** What policy.yaml may say, key by key; docs/plan.md is generated from here. zod; not for the workflow sandbox. */
import { z } from 'zod';
import { modelName, name, named, role, sentence } from '../plan/words.js';
import { breakGlass, freeze, isDay, log, rule, tiers } from './policy-schema-rules.js';

const line = () => z.string().min(1).max(2_000);
const instant = () =>
  z.string({ error: 'a moment is written like `2026-12-31T23:00:00Z`' }).refine(isInstant, {
    error: 'a moment is written with its zone, like `2026-12-31T23:00:00Z`',
  });

function isInstant(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text) &&
    isDay(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

const key = z.strictObject({
  key: line().meta({ description: 'The public key, as its `.pub` file has it.', examples: ['ssh-ed25519 AAAA...'] }),
  validFrom: instant()
    .optional()
    .meta({
      description: 'Signatures count from here on.',
      examples: ['2026-01-01T00:00:00Z'],
      standard: 'always',
    }),
  validTo: instant()
    .optional()
    .meta({
      description: 'Signatures count before this only; those accepted by then stay good.',
      examples: ['2027-01-01T00:00:00Z'],
      standard: 'never ends',
    }),
  revokedAt: instant()
    .optional()
    .meta({
      description: 'Lost or stolen: nothing it signed is acted upon from here on, whenever it was accepted.',
      examples: ['2026-06-01T12:00:00Z'],
      standard: 'none',
    }),
  reason: sentence()
    .optional()
    .meta({ description: 'Why it was revoked.', examples: ['laptop lost'], standard: 'none' }),
});

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
    .array(z.union([line(), key]))
    .max(20)
    .optional()
    .meta({
      description: 'Public keys to sign decisions with: each a text, or a mapping with its dates.',
      examples: [['ssh-ed25519 AAAA...']],
      standard: 'none',
    }),
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
  gates: named(
    name(),
    z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'a digest is written `sha256:` and 64 hexadecimal digits' }),
  )
    .optional()
    .meta({
      description: 'Gates every plan of the model must have, exactly as defined: by the digest that the refusal tells.',
      examples: [{ errors: `sha256:${'0'.repeat(64)}` }],
      standard: 'none',
    }),
});

const stages = named(name(), z.array(rule).max(10));

export const policySchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this language.', examples: [1] }),
  serial: z
    .int()
    .min(1)
    .max(1e9)
    .meta({
      description: 'Number of this policy; each change raises it. An older one than was in force is refused.',
      examples: [1],
    }),
  prev: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: 'a digest is written `sha256:` and 64 hexadecimal digits' })
    .optional()
    .meta({
      description: 'Digest of the policy before this one.',
      examples: [`sha256:${'0'.repeat(64)}`],
      standard: 'none',
    }),
  demo: z
    .literal(true)
    .optional()
    .meta({
      description: 'Its keys were made for a demonstration and lie about unprotected: refused in production mode.',
      examples: [true],
      standard: 'not so',
    }),
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
  tiers: tiers.optional(),
  freezes: z
    .array(freeze)
    .max(100)
    .optional()
    .meta({
      description: 'Times at which nothing is raised, whatever was approved. Lowering never waits.',
      examples: [[]],
      standard: 'none',
    }),
  breakGlass: breakGlass.optional().meta({
    description: 'Emergency starts: a few named gates need not pass, up to a cap.',
    examples: [{ reasonCodes: ['outage'] }],
    standard: 'none there',
  }),
  logs: z
    .array(log)
    .max(20)
    .optional()
    .meta({
      description: 'Logs whose keys sign checkpoints of journals; kept apart from the keys of people.',
      examples: [[]],
      standard: 'none',
    }),
});

export type WrittenPolicy = z.infer<typeof policySchema>;
