/** What policy.yaml may say beside people and models: tiers, freeze windows, emergencies, logs. zod; not for the sandbox. */
import { z } from 'zod';
import { duration, name, named, role, sentence, share } from '../plan/words.js';

export const rule = z.strictObject({
  role: role().meta({ description: 'Role that must agree.', examples: ['risk'] }),
  min: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .meta({ description: 'How many distinct people.', examples: [1], standard: '`1`' }),
});

const required = z.enum(['rate', 'score', 'quantile', 'count', 'ratio', 'slo', 'drift', 'fairness', 'slices'], {
  error: 'a stage is required to have gates on a kind of metric, like fairness, or on any metric with slices',
});

const tier = z.strictObject({
  assurance: z
    .enum(['identity', 'signed', 'hardware'])
    .optional()
    .meta({
      description:
        'How decisions must be proven: by name only (development mode), by an SSH key listed here, or by one on a security key (`sk-`).',
      examples: ['signed'],
      standard: '`identity`',
    }),
  requires: named(name(), z.array(required).min(1).max(10))
    .optional()
    .meta({
      description:
        'By stage, kinds of metric its gates must ask: `fairness`, say, or `slices` for any metric with slices.',
      examples: [{ general: ['fairness', 'slices'] }],
      standard: 'none',
    }),
  capBeforeApproval: share()
    .optional()
    .meta({
      description: 'Largest share that may be reached before the first stage that asks for approval.',
      examples: ['5%'],
      standard: '`100%`',
    }),
  evidenceMaxAge: duration()
    .optional()
    .meta({
      description: 'Evidence older than this is measured anew before anybody may decide on it.',
      examples: ['2h'],
      standard: 'none',
    }),
});

export const tiers = z
  .strictObject({ low: tier.optional(), medium: tier.optional(), high: tier.optional() })
  .meta({ description: 'Further rules, by risk tier.', examples: [{ high: { assurance: 'signed' } }] });

const WEEKLY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:[01]\d|2[0-3]):[0-5]\d$/;
const DATED = /^\d{4}-\d{2}-\d{2} (?:[01]\d|2[0-3]):[0-5]\d$/;

const moment = () =>
  z
    .string({ error: 'a time is written like `Fri 16:00`, each week, or `2026-12-20 18:00`' })
    .refine((text) => WEEKLY.test(text) || (DATED.test(text) && isDay(text)), {
      error: 'a time is written like `Fri 16:00`, each week, or `2026-12-20 18:00`, once',
    });

/** Whether the date that a text begins with is one of the calendar: JavaScript takes 30 February for 2 March. */
export function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const atMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().slice(0, 10) === day;
}

const span = z.strictObject({
  from: moment().meta({ description: 'Begins, on the clocks of the zone.', examples: ['Fri 16:00'] }),
  to: moment().meta({ description: 'Ends, on the clocks of the zone.', examples: ['Mon 08:00'] }),
});

export const freeze = z.strictObject({
  name: name().meta({ description: 'What people call it.', examples: ['weekend'] }),
  zone: z
    .string()
    .refine(isZone, { error: 'a zone is an IANA name, like `Europe/Berlin` or `UTC`' })
    .meta({ description: 'Time zone of its clocks (IANA).', examples: ['Europe/Berlin'] }),
  deny: z
    .array(span)
    .max(100)
    .optional()
    .meta({
      description: 'Nothing is raised in these; deny beats allow.',
      examples: [[{ from: 'Fri 16:00', to: 'Mon 08:00' }]],
      standard: 'none',
    }),
  allow: z
    .array(span)
    .max(100)
    .optional()
    .meta({
      description: 'Where given, exposure is raised in these only.',
      examples: [[{ from: 'Mon 09:00', to: 'Fri 16:00' }]],
      standard: 'always',
    }),
  tenants: z
    .array(name())
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'Tenants it holds for.', examples: [['mail']], standard: 'all' }),
  reason: sentence().meta({
    description: 'Told to whoever is kept waiting.',
    examples: ['Nobody is here at weekends.'],
  }),
});

/** Some versions of Intl take offsets too: they know no daylight saving, and not every reader of the policy takes them. */
function isZone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

export const breakGlass = z.strictObject({
  rules: z
    .array(rule)
    .min(1)
    .max(10)
    .meta({
      description: 'Quorum of its own; at least two people.',
      examples: [[{ role: 'onCall', min: 2 }]],
    }),
  reasonCodes: z
    .array(name())
    .min(1)
    .max(50)
    .meta({ description: 'Reasons there are.', examples: [['outage', 'security']] }),
  cap: share().meta({ description: 'Largest share at which waived gates need not pass.', examples: ['25%'] }),
  reviewWithin: duration()
    .optional()
    .meta({
      description: 'A start that was not reviewed by then blocks the next rollout of its tenant.',
      examples: ['48h'],
      standard: '`48h`',
    }),
  reviewRole: role().meta({ description: 'Role that reviews it afterwards.', examples: ['risk'] }),
});

export const log = z.strictObject({
  name: name().meta({ description: 'Which log it is.', examples: ['log-1'] }),
  key: z
    .string()
    .min(1)
    .max(2_000)
    .meta({ description: 'Public key that signs checkpoints of journals.', examples: ['ssh-ed25519 AAAA...'] }),
});
