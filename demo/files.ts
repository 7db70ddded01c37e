/**
 * The files a platform team would own, written for one run of the demo: platform.yaml with the ports this run got,
 * policy.yaml with three people, the flag as it stands before any rollout, and a plan per act.
 */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument, stringify } from 'yaml';
import { FLAG_DELAY_MS } from './flag-provider.js';
import { NAMESPACES } from '../workflows/contract/decisions.js';
import { type DemoKeys, ROOTS } from './keys.js';
import { ALIAS, MODEL, type Version } from './models/versions.js';
import type { ArmUrls } from './routes.js';

export const TENANT = 'mail';
export const COHORT_ATTRIBUTE = 'cohort';

/** Everything below the directory of one run. */
export interface Paths {
  platform: string;
  policy: string;
  flags: string;
  registry: string;
  evidence: string;
  webhookSecret: string;
  /** Public keys of the policy's roots. */
  roots: string;
  keys: string;
}

export function pathsIn(directory: string): Paths {
  return {
    platform: join(directory, 'platform.yaml'),
    policy: join(directory, 'policy.yaml'),
    flags: join(directory, 'flags.json'),
    registry: join(directory, 'registry'),
    evidence: join(directory, 'evidence'),
    webhookSecret: join(directory, 'webhook-secret'),
    roots: join(directory, 'roots.pub'),
    keys: join(directory, 'keys'),
  };
}

export interface Addresses {
  arms: ArmUrls;
  databasePort: number;
  eventsPort: number;
}

export function writePlatform(paths: Paths, { arms, databasePort, eventsPort }: Addresses): void {
  const arm = (url: string) => ({ url: `${url}/metrics`, health: `${url}/health` });
  const host = (url: string) => new URL(url).host;
  const platform = {
    version: 1,
    mode: 'development',
    tenants: {
      [TENANT]: {
        stores: { flags: { kind: 'flagd', file: paths.flags, propagation: `${2 * FLAG_DELAY_MS}ms` } },
        sources: {
          'spam-servers': {
            kind: 'scrape',
            arms: { baseline: arm(arms.baseline), candidate: arm(arms.candidate) },
            digestMetric: 'model_info',
          },
        },
        sql: {
          outcomes: { kind: 'postgres', host: '127.0.0.1', port: databasePort, database: 'postgres', user: 'postgres' },
        },
        registries: { models: { kind: 'files', root: paths.registry, alias: ALIAS } },
        evidence: { root: paths.evidence },
        hosts: [host(arms.baseline), host(arms.candidate), `127.0.0.1:${databasePort}`, `127.0.0.1:${eventsPort}`],
        notify: {
          'rollout-events': {
            kind: 'webhook',
            url: `http://127.0.0.1:${eventsPort}/events`,
            secret: `file:${paths.webhookSecret}`,
          },
        },
      },
    },
  };
  writeFileSync(paths.platform, stringify(platform));
}

/** Who exists in the demo. `ada` starts rollouts, so by the plan she may not approve the last stage. */
export const PEOPLE = [
  { id: 'ada', kind: 'human', roles: ['engineer', 'modelOwner'] },
  { id: 'grace', kind: 'human', roles: ['modelOwner'] },
  { id: 'edsger', kind: 'human', roles: ['risk'] },
] as const;
export type Person = (typeof PEOPLE)[number]['id'];

/** The policy, with the public keys of this run, signed by both of its roots. */
export function writePolicy(paths: Paths, keys: DemoKeys): void {
  const policy = {
    version: 1,
    serial: 1,
    demo: true,
    people: PEOPLE.map((person) => ({ ...person, keys: [keys.publicKey(person.id)] })),
    logs: [{ name: 'demo-log', key: keys.publicKey('log') }],
    models: [{ model: MODEL, tier: 'medium', tenant: TENANT, target: MODEL, registry: 'models' }],
    floor: { medium: { beta: [{ role: 'modelOwner', min: 1 }], general: [{ role: 'modelOwner', min: 1 }] } },
  };
  writeFileSync(paths.policy, stringify(policy));
  writeFileSync(`${paths.policy}.sig`, ROOTS.map((root) => keys.sign(root, NAMESPACES.policy, paths.policy)).join(''));
  writeFileSync(paths.roots, ROOTS.map((root) => `${keys.publicKey(root)}\n`).join(''));
}

/** A flag without any rule: everybody gets one version, and no rollout has ever touched it. */
export function writeFlag(paths: Paths, version: Version): void {
  const flag = { state: 'ENABLED', variants: { [version]: version }, defaultVariant: version };
  const document = { $schema: 'https://flagd.dev/schema/v0/flags.json', flags: { [MODEL]: flag } };
  writeFileSync(paths.flags, `${JSON.stringify(document, null, 2)}\n`);
}

/** `whsec_` and 24 random bytes, as the Standard Webhooks scheme has it; new with every run. */
export function writeWebhookSecret(paths: Paths): string {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  writeFileSync(paths.webhookSecret, secret, { mode: 0o600 });
  return secret;
}

export interface PlanChange {
  candidate: Version;
  /** Default: the plan's own 15 minutes. */
  lease?: string;
}

/** The demo's plan with another candidate, comments kept, its queries beside it; returns the file. */
export function writePlan(directory: string, name: string, { candidate, lease }: PlanChange): string {
  const source = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  mkdirSync(join(directory, 'queries'), { recursive: true });
  for (const query of ['queries/mail-lost.sql', 'queries/spam-kept.sql'])
    copyFileSync(source(query), join(directory, query));
  const document = parseDocument(readFileSync(source('spam-filter.rollout.yaml'), 'utf8'));
  document.setIn(['candidate', 'version'], candidate);
  if (lease !== undefined) document.setIn(['lease', 'for'], lease);
  const file = join(directory, `${name}.rollout.yaml`);
  writeFileSync(file, document.toString({ lineWidth: 0 }));
  return file;
}
