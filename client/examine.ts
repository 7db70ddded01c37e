/** The checks of `sluice doctor`. Each stands alone: one that fails does not hide the next. */
import type { Platform, TenantPlatform } from '../plan/platform-types.js';
import { TASK_QUEUES } from '../workflows/contract/ids.js';
import { BadFile, loadPlatform, loadPolicy } from './files.js';
import { connections } from './local.js';
import { messageOf, Problem } from './problem.js';
import type { Check } from './render/checks.js';
import type { Rollouts } from './rollouts.js';

const LOOK_MS = 5_000;

export async function examine(
  files: { platform?: string; policy?: string },
  open: () => Promise<Rollouts>,
): Promise<Check[]> {
  const [temporal, policy, platform] = await Promise.all([
    temporalChecks(open),
    policyCheck(files.policy),
    platformChecks(files.platform),
  ]);
  return [...temporal, ...policy, ...platform];
}

async function temporalChecks(open: () => Promise<Rollouts>): Promise<Check[]> {
  try {
    const rollouts = await open();
    const at: Check = ok('temporal', `${rollouts.address}, namespace ${rollouts.namespace}`);
    const missing = await rollouts.missingSearchAttributes();
    const attributes: Check =
      missing.length === 0
        ? ok('search attributes', 'all four are registered')
        : problem(
            'search attributes',
            `missing: ${missing.join(', ')}`,
            `temporal operator search-attribute create --type Keyword ${missing.map((name) => `--name ${name}`).join(' ')}`,
          );
    const seen = await rollouts.pollers();
    const queues = (['workflows', 'activities', 'rollback'] as const).map((kind) =>
      seen[kind] > 0
        ? ok(`worker, ${kind}`, `${seen[kind]} poll ${TASK_QUEUES[kind]}`)
        : problem(`worker, ${kind}`, `nobody polls ${TASK_QUEUES[kind]}`, 'Start a worker: sluice worker'),
    );
    return [at, attributes, ...queues];
  } catch (error) {
    return [failed('temporal', error)];
  }
}

async function policyCheck(file: string | undefined): Promise<Check[]> {
  try {
    const loaded = await loadPolicy(file);
    if (!loaded)
      return [
        {
          name: 'policy',
          state: 'skipped',
          sentence: 'no policy.yaml here',
          remedy: 'The worker needs one: --policy FILE, or `sluice init`.',
        },
      ];
    return [ok('policy', `${loaded.file}, ${loaded.policy.people.length} people, ${loaded.digest.slice(0, 19)}`)];
  } catch (error) {
    return [failed('policy', error)];
  }
}

async function platformChecks(file: string | undefined): Promise<Check[]> {
  try {
    const loaded = await loadPlatform(file);
    if (!loaded)
      return [
        {
          name: 'platform',
          state: 'skipped',
          sentence: 'no platform.yaml here',
          remedy: 'The worker needs one: --platform FILE, or `sluice init`.',
        },
      ];
    const { platform } = loaded;
    const tenants = await Promise.all(
      Object.entries(platform.tenants).map(([name, tenant]) => tenantChecks(platform, name, tenant)),
    );
    return [
      ok('platform', `${loaded.file}, ${platform.mode} mode, tenants ${Object.keys(platform.tenants).join(', ')}`),
      ...tenants.flat(),
    ];
  } catch (error) {
    return [failed('platform', error)];
  }
}

async function tenantChecks(platform: Platform, tenant: string, catalogue: TenantPlatform): Promise<Check[]> {
  const open = await connections(platform, tenant);
  const stores = Object.keys(catalogue.stores).map((store) =>
    look(`${tenant} store ${store}`, async () => {
      const { readFile } = await import('node:fs/promises');
      const { file } = catalogue.stores[store] as TenantPlatform['stores'][string];
      const flags = (JSON.parse(await readFile(file, 'utf8')) as { flags?: object }).flags ?? {};
      return `${file}, ${Object.keys(flags).length} flags`;
    }),
  );
  const sources = Object.entries(catalogue.sources).flatMap(([name, { kind }]) =>
    (['baseline', 'candidate'] as const).map((arm) =>
      look(`${tenant} source ${name}, ${arm}`, async () => {
        const source = open.source({ kind, connection: name });
        try {
          const report = await source.inspectArm(arm, AbortSignal.timeout(LOOK_MS));
          if (report?.healthy === false) throw new Error(report.sentence);
          return report?.sentence ?? 'knows nothing of arms';
        } finally {
          await source.close();
        }
      }),
    ),
  );
  const evidence = look(
    `${tenant} evidence`,
    async () => `${(await open.evidence().list(tenant)).length} rollouts kept`,
  );
  return Promise.all([...stores, ...sources, evidence]);
}

async function look(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return ok(name, await work());
  } catch (error) {
    return problem(name, messageOf(error), 'Check this entry of the platform file, and that what it names is up.');
  }
}

function ok(name: string, sentence: string): Check {
  return { name, state: 'ok', sentence, remedy: '' };
}

function problem(name: string, sentence: string, remedy: string): Check {
  return { name, state: 'problem', sentence, remedy };
}

function failed(name: string, error: unknown): Check {
  const first = error instanceof BadFile ? error.findings[0] : undefined;
  const where = first ? ` First: ${first.line}:${first.column}: ${first.message}` : '';
  return problem(
    name,
    messageOf(error) + where,
    error instanceof Problem ? error.remedy : 'Run again with SLUICE_DEBUG=1.',
  );
}
