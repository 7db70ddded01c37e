/** What platform.yaml may say, key by key; docs/plan.md is generated from here. zod; not for the sandbox. */
import { z } from 'zod';
import { duration, name, named, version } from './words.js';

/** `env:NAME` or `file:/path`: secrets are named here and resolved in activities, never written. */
const secretRef = () =>
  z.string({ error: 'a secret is a reference' }).regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0]+)$/, {
    error: 'a secret is a reference, env:NAME or file:/path, never the secret itself',
  });

const httpUrl = () =>
  z
    .string({ error: 'this is a URL' })
    .refine(isHttpUrl, { error: 'this is an http or https URL without user, password or fragment' });

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

const path = () => z.string({ error: 'this is a path' }).min(1).max(1024);
const label = () =>
  z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'a label has letters, digits and underscores' });

const arm = z.strictObject({
  url: httpUrl().meta({
    description: 'Metrics page in Prometheus format.',
    examples: ['http://127.0.0.1:7101/metrics'],
  }),
  health: httpUrl().meta({
    description: 'Answers 200 while the arm is well.',
    examples: ['http://127.0.0.1:7101/health'],
  }),
});

const scrape = z.strictObject({
  kind: z.literal('scrape').meta({ description: 'Pages of two arms.', examples: ['scrape'] }),
  arms: z
    .strictObject({
      baseline: arm.meta({ description: 'Servers of the baseline.', examples: ['{ url: ..., health: ... }'] }),
      candidate: arm.meta({ description: 'Servers of the candidate.', examples: ['{ url: ..., health: ... }'] }),
    })
    .meta({ description: 'Where each arm answers.', examples: ['{ baseline: ..., candidate: ... }'] }),
  digestMetric: label()
    .optional()
    .meta({
      description: 'Gauge whose label `digest` is the digest of the loaded model.',
      examples: ['model_info'],
      standard: '`model_info`',
    }),
});

const prometheus = z.strictObject({
  kind: z.literal('prometheus').meta({ description: 'A Prometheus server.', examples: ['prometheus'] }),
  url: httpUrl().meta({ description: 'Its base URL.', examples: ['http://127.0.0.1:9090'] }),
  labels: z
    .strictObject({
      arm: label()
        .optional()
        .meta({ description: 'Label that tells the arms apart.', examples: ['arm'], standard: '`arm`' }),
      via: label()
        .optional()
        .meta({ description: 'Label that tells how a unit met its arm.', examples: ['via'], standard: '`via`' }),
    })
    .optional()
    .meta({ description: 'Names of labels.', examples: [{ arm: 'arm', via: 'via' }], standard: 'as its keys' }),
  token: secretRef()
    .optional()
    .meta({ description: 'Bearer token, by reference.', examples: ['env:PROMETHEUS_TOKEN'], standard: 'none' }),
});

const source = z.discriminatedUnion('kind', [scrape, prometheus], {
  error: 'a source is of kind scrape or prometheus',
});

const sql = z.strictObject({
  kind: z
    .literal('postgres')
    .optional()
    .meta({
      description: 'Anything that speaks the Postgres protocol.',
      examples: ['postgres'],
      standard: '`postgres`',
    }),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, { error: 'a host is a name or an address' })
    .meta({ description: 'Host.', examples: ['127.0.0.1'] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: 'Port.', examples: [5432], standard: '`5432`' }),
  database: z
    .string()
    .min(1)
    .max(63)
    .meta({ description: 'Database.', examples: ['outcomes'] }),
  user: z
    .string()
    .min(1)
    .max(63)
    .meta({ description: 'Role that may only read.', examples: ['sluice_reader'] }),
  password: secretRef()
    .optional()
    .meta({ description: 'Password, by reference.', examples: ['env:OUTCOMES_PASSWORD'], standard: 'none' }),
  deadline: duration()
    .optional()
    .meta({ description: 'Longest time of one query, kept by the client.', examples: ['3s'], standard: '`3s`' }),
});

const tenant = z.strictObject({
  stores: named(
    name(),
    z.strictObject({
      kind: z
        .literal('flagd')
        .optional()
        .meta({ description: 'A flagd flag-definition file.', examples: ['flagd'], standard: '`flagd`' }),
      file: path().meta({ description: 'The file.', examples: ['flags.json'] }),
      propagation: duration()
        .optional()
        .meta({
          description:
            'Longest time from a write until every evaluator sees it; declared, and part of every rollback time.',
          examples: ['5s'],
          standard: '`5s`',
        }),
    }),
  ).meta({ description: 'Exposure stores.', examples: [{ flags: { kind: 'flagd', file: 'flags.json' } }] }),
  sources: named(name(), source)
    .optional()
    .meta({ description: 'Metric sources.', examples: ['{ spam-servers: { kind: scrape, ... } }'], standard: 'none' }),
  sql: named(name(), sql)
    .optional()
    .meta({
      description: 'Databases.',
      examples: [{ outcomes: { host: '127.0.0.1', database: 'outcomes', user: 'sluice_reader' } }],
      standard: 'none',
    }),
  registries: named(
    name(),
    z.strictObject({
      kind: z
        .literal('files')
        .optional()
        .meta({ description: 'A directory per model and version.', examples: ['files'], standard: '`files`' }),
      root: path().meta({ description: 'The directory.', examples: ['models'] }),
      alias: version()
        .optional()
        .meta({
          description: 'Alias that names the version that serves; moved at promotion.',
          examples: ['production'],
          standard: '`production`',
        }),
    }),
  ).meta({
    description: 'Model registries.',
    examples: [{ models: { kind: 'files', root: 'models', alias: 'production' } }],
  }),
  evidence: z
    .strictObject({ root: path().meta({ description: 'Directory of the evidence.', examples: ['evidence'] }) })
    .meta({ description: 'Where windows, verdicts and journal are kept.', examples: [{ root: 'evidence' }] }),
  hosts: z
    .array(
      z.string().regex(/^(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, { error: 'a host is written host:port' }),
    )
    .max(1000)
    .optional()
    .meta({
      description: '`host:port` that connections may reach; every URL above must be among them.',
      examples: [['127.0.0.1:7101']],
      standard: 'in development mode, those of the connections',
    }),
  notify: named(
    name(),
    z.strictObject({
      kind: z
        .literal('webhook')
        .optional()
        .meta({
          description: 'Standard Webhooks with a CloudEvents body.',
          examples: ['webhook'],
          standard: '`webhook`',
        }),
      url: httpUrl().meta({ description: 'Receiver.', examples: ['https://hooks.example.com/sluice'] }),
      secret: secretRef().meta({
        description: 'Signing secret (`whsec_...`), by reference.',
        examples: ['env:WEBHOOK_SECRET'],
      }),
    }),
  )
    .optional()
    .meta({
      description: 'Notification channels.',
      examples: ['{ rollout-events: { url: ..., secret: env:WEBHOOK_SECRET } }'],
      standard: 'none',
    }),
});

export const platformSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this language.', examples: [1] }),
  mode: z.enum(['development', 'production']).meta({
    description:
      '`development`: loopback only, unsigned decisions, everything marked UNPROVEN. `production`: none of that.',
    examples: ['development'],
  }),
  tenants: named(name(), tenant).meta({
    description: 'Connections by tenant; one tenant cannot name those of another.',
    examples: ['{ mail: { stores: ... } }'],
  }),
});

export type WrittenPlatform = z.infer<typeof platformSchema>;
export type WrittenTenant = z.infer<typeof tenant>;
