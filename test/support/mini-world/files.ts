/** The files of the small world: registry, flags, platform and policy, as an installation would have them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesRegistry } from '../../../activities/registry/files.js';
import type { Arm, Digest } from '../../../workflows/contract/plan.js';

export const TENANT = 'mail';
export const FLAG = 'spam-filter';
export const BASELINE = 'rules-1';
export const CANDIDATE = 'nb-2';
/** Declared by the store: the application looks every 50 ms, the rest is for a busy machine. */
export const PROPAGATION_MS = 250;

export interface WorldFiles {
  platform: string;
  policy: string;
  /** A directory of its own, so that a test can take it away. */
  flagDirectory: string;
  flags: string;
  registry: string;
  evidence: string;
}

export function filesIn(directory: string): WorldFiles {
  const flagDirectory = join(directory, 'flags');
  return {
    platform: join(directory, 'platform.yaml'),
    policy: join(directory, 'policy.yaml'),
    flagDirectory,
    flags: join(flagDirectory, 'flags.json'),
    registry: join(directory, 'models'),
    evidence: join(directory, 'evidence'),
  };
}

/** Two versions of a toy model, the first of them in production. Answers their digests. */
export async function writeRegistry(files: WorldFiles, model: string): Promise<Record<Arm, Digest>> {
  for (const version of [BASELINE, CANDIDATE]) {
    const directory = join(files.registry, model, version);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'model.json'), JSON.stringify({ version, weights: [1, 2, 3] }));
  }
  await writeFile(join(files.registry, model, 'aliases.json'), JSON.stringify({ production: BASELINE }));
  const registry = filesRegistry(files.registry);
  return { baseline: await registry.digest(model, BASELINE), candidate: await registry.digest(model, CANDIDATE) };
}

export async function writeFlags(files: WorldFiles): Promise<void> {
  await mkdir(files.flagDirectory);
  const flag = { state: 'ENABLED', variants: { [BASELINE]: BASELINE }, defaultVariant: BASELINE };
  await writeFile(files.flags, JSON.stringify({ flags: { [FLAG]: flag } }, null, 2));
}

/** `postgres`: port of a database that holds outcomes. */
export async function writePlatform(files: WorldFiles, urls: Record<Arm, string>, postgres?: number): Promise<void> {
  const arm = (url: string): string => `{ url: "${url}/metrics", health: "${url}/health" }`;
  await writeFile(
    files.platform,
    `version: 1
mode: development
tenants:
  ${TENANT}:
    stores:
      flags: { kind: flagd, file: "${files.flags}", propagation: ${PROPAGATION_MS}ms }
    sources:
      servers: { kind: scrape, arms: { baseline: ${arm(urls.baseline)}, candidate: ${arm(urls.candidate)} } }
${postgres === undefined ? '' : `    sql:\n      outcomes: { host: 127.0.0.1, port: ${postgres}, database: postgres, user: owner }\n`}    registries:
      models: { kind: files, root: "${files.registry}" }
    evidence: { root: "${files.evidence}" }
`,
  );
}

export async function writePolicy(files: WorldFiles, model: string): Promise<void> {
  await mkdir(files.evidence);
  await writeFile(
    files.policy,
    `version: 1
serial: 1
people:
  - { id: ada, kind: human, roles: [modelOwner] }
  - { id: bob, kind: human, roles: [modelOwner, risk] }
  - { id: eve, kind: human, roles: [risk] }
models:
  - { model: ${model}, tier: low, tenant: ${TENANT}, target: flags/${FLAG}, registry: models }
floor: {}
`,
  );
}
