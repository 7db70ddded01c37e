/**
 * A small world for the command line: a registry, a flag file, two model servers and users between them. The users are
 * evaluated by flagd's own core, the pages are what a service exports; only the model is missing.
 */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlagdCore } from '@openfeature/flagd-core';
import { bucketKey, viaOf } from '../../activities/exposure/application.js';
import { filesRegistry } from '../../activities/registry/files.js';

const TICK_MS = 20;
const USERS_PER_TICK = 20;
const STAFF = 0.2;

export interface CliWorld {
  directory: string;
  /** Share of failures of the candidate arm from now on. */
  setFailures(share: number): void;
  stop(): Promise<void>;
}

interface ArmServer {
  server: Server;
  counts: Map<string, { requests: number; failed: number }>;
}

export async function startCliWorld(): Promise<CliWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-cli-e2e-'));
  await writeRegistry(directory);
  const registry = filesRegistry(join(directory, 'models'));
  const baseline = await startArm(await registry.digest('spam', 'v1'));
  const candidate = await startArm(await registry.digest('spam', 'v2'));
  await writeFiles(directory, portOf(baseline), portOf(candidate));
  let failures = 0;
  const traffic = setInterval(() => serve(directory, { v1: baseline, v2: candidate }, failures), TICK_MS);
  return {
    directory,
    setFailures: (share) => {
      failures = share;
    },
    stop: async () => {
      clearInterval(traffic);
      for (const { server } of [baseline, candidate]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function serve(directory: string, arms: Record<string, ArmServer>, failures: number): void {
  const core = new FlagdCore();
  core.setConfigurations(readFileSync(join(directory, 'flags.json'), 'utf8'));
  for (let i = 0; i < USERS_PER_TICK; i += 1) {
    const context = {
      targetingKey: bucketKey(String(Math.random())),
      ...(Math.random() < STAFF ? { cohort: 'staff' } : {}),
    };
    const { value, variant } = core.resolveStringEvaluation('spam', 'v1', context, console);
    const via = viaOf(variant ?? 'v1:none');
    const arm = arms[value];
    if (!arm) continue;
    const count = arm.counts.get(via) ?? { requests: 0, failed: 0 };
    count.requests += 1;
    if (value === 'v2' && Math.random() < failures) count.failed += 1;
    arm.counts.set(via, count);
  }
}

async function startArm(digest: string): Promise<ArmServer> {
  const counts: ArmServer['counts'] = new Map([['share', { requests: 0, failed: 0 }]]);
  const server = createServer((request, response) => {
    if (request.url === '/health') return void response.end('ok');
    const lines = (name: string, pick: (c: { requests: number; failed: number }) => number): string =>
      `# TYPE ${name} counter\n${[...counts].map(([via, c]) => `${name}{via="${via}"} ${pick(c)}\n`).join('')}`;
    const info = `# TYPE model_info gauge\nmodel_info{digest="${digest}"} 1\n`;
    response.end(lines('requests_total', (c) => c.requests) + lines('requests_failed_total', (c) => c.failed) + info);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, counts };
}

function portOf({ server }: ArmServer): number {
  return (server.address() as AddressInfo).port;
}

async function writeRegistry(directory: string): Promise<void> {
  for (const version of ['v1', 'v2']) {
    const at = join(directory, 'models', 'spam', version);
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'model.json'), JSON.stringify({ version }));
  }
  await writeFile(join(directory, 'models', 'spam', 'aliases.json'), '{"production": "v1"}\n');
}

async function writeFiles(directory: string, baseline: number, candidate: number): Promise<void> {
  const flag = { state: 'ENABLED', variants: { v1: 'v1' }, defaultVariant: 'v1' };
  const arm = (port: number): string =>
    `{ url: "http://127.0.0.1:${port}/metrics", health: "http://127.0.0.1:${port}/health" }`;
  await Promise.all([
    writeFile(join(directory, 'flags.json'), JSON.stringify({ flags: { spam: flag } })),
    writeFile(
      join(directory, 'platform.yaml'),
      `version: 1
mode: development
tenants:
  mail:
    stores: { flags: { kind: flagd, file: "${join(directory, 'flags.json')}" } }
    sources:
      spam-servers:
        kind: scrape
        arms: { baseline: ${arm(baseline)}, candidate: ${arm(candidate)} }
        digestMetric: model_info
    registries: { models: { kind: files, root: "${join(directory, 'models')}", alias: production } }
    evidence: { root: "${join(directory, 'evidence')}" }
`,
    ),
    writeFile(
      join(directory, 'policy.yaml'),
      `version: 1
serial: 1
people:
  - { id: ana, kind: human, roles: [engineer] }
  - { id: grace, kind: human, roles: [modelOwner] }
models:
  - { model: spam, tier: low, tenant: mail, target: flags/spam, registry: models }
floor: { low: {}, medium: {}, high: {} }
`,
    ),
    writeFile(join(directory, 'spam.rollout.yaml'), PLAN),
  ]);
}

const PLAN = `version: 1
model: spam
tenant: mail
owner: team-mail
intent: Prove the command line.
risk: low
candidate: { registry: models, version: v2 }
target: { store: flags, flag: spam, stickyBy: userId }
sources: { traffic: { scrape: spam-servers, window: 1s } }
metrics: { errors: { from: traffic, kind: rate, units: requests_total, events: requests_failed_total, better: lower } }
gates: { errors-low: { metric: errors, promoteWhen: { provenBelow: 20% } } }
lease: { for: 1m, onSilence: baseline }
stages:
  - { name: internal, exposure: { cohorts: [staff] }, bake: { warmup: 0s, min: 1s, max: 1m, minUnits: 50 }, gates: [errors-low] }
  - name: general
    exposure: { share: [50%, 100%] }
    approval: { rules: [{ role: modelOwner, min: 1 }], timeout: 1h, onTimeout: hold, onReject: stay }
    bake: { warmup: 0s, min: 3s, max: 1m, minUnits: 50 }
    gates: [errors-low]
after: { for: 3s, every: 1s, gates: [errors-low] }
`;
