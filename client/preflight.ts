/** The live state a rollout would meet, through the adapters the platform file names. Looks, and tries the way back dry; changes nothing. */
import type { Connections } from '../activities/connections.js';
import type { Platform } from '../plan/platform-types.js';
import type { ExposureTarget } from '../workflows/contract/exposure.js';
import type { Arm, Digest, Plan } from '../workflows/contract/plan.js';
import { connections } from './local.js';
import { messageOf } from './problem.js';
import type { Check } from './render/checks.js';
import { exposureText } from './render/numbers.js';

const LOOK_MS = 5_000;

/** Every check is made, whatever the others say. */
export async function preflight(platform: Platform, plan: Plan): Promise<Check[]> {
  const open = await attempt('tenant', 'Add it to the platform file.', async () => connections(platform, plan.tenant));
  if ('check' in open) return [open.check];
  const registry = await registryLook(open.value, plan);
  const checks = [...registry.checks];
  if (plan.arms === null)
    checks.push({
      name: 'arms',
      state: 'skipped',
      sentence: 'no source reports digest and health of the arms',
      remedy: '',
    });
  else
    for (const arm of ['baseline', 'candidate'] as const)
      checks.push(await armLook(open.value, plan.arms, arm, registry[arm]));
  for (const [name, spec] of Object.entries(plan.sources)) checks.push(await sourceLook(open.value, plan, name, spec));
  return [...checks, ...(await flagLook(open.value, plan, registry.baselineVersion))];
}

interface RegistryLook {
  checks: Check[];
  baselineVersion: string | null;
  baseline: Digest | null;
  candidate: Digest | null;
}

async function registryLook(open: Connections, plan: Plan): Promise<RegistryLook> {
  const remedy = 'Check registries in the platform file, and that both versions are there.';
  const { registry: name, version } = plan.candidate;
  const found = await attempt('registry', remedy, async () => {
    const { registry, alias } = open.registry(name);
    const baselineVersion = await registry.resolveAlias(plan.model, alias);
    const [baseline, candidate] = await Promise.all([
      registry.digest(plan.model, baselineVersion),
      registry.digest(plan.model, version),
    ]);
    return { alias, baselineVersion, baseline, candidate };
  });
  if ('check' in found) return { checks: [found.check], baselineVersion: null, baseline: null, candidate: null };
  const { alias, baselineVersion, baseline, candidate } = found.value;
  const same = baselineVersion === version;
  const sentence = `${alias} is ${baselineVersion} ${short(baseline)}; candidate is ${version} ${short(candidate)}`;
  const check: Check = {
    name: 'registry',
    state: same ? 'problem' : 'ok',
    sentence,
    remedy: same ? 'The candidate is the baseline already; name another version.' : '',
  };
  return { checks: [check], baselineVersion, baseline, candidate };
}

async function armLook(open: Connections, connection: string, arm: Arm, expected: Digest | null): Promise<Check> {
  const source = open.source({ kind: 'scrape', connection });
  const look = await attempt(`${arm} arm`, 'Start it, and check its URLs in the platform file.', () =>
    source.inspectArm(arm, AbortSignal.timeout(LOOK_MS)),
  );
  await source.close();
  if ('check' in look) return look.check;
  const report = look.value;
  const wrong = report?.healthy === false || (expected !== null && report?.digest !== expected);
  return {
    name: `${arm} arm`,
    state: wrong ? 'problem' : 'ok',
    sentence: report?.sentence ?? 'says nothing of itself',
    remedy: wrong
      ? `It should be healthy and serve ${expected === null ? 'what the registry has' : short(expected)}.`
      : '',
  };
}

async function sourceLook(open: Connections, plan: Plan, name: string, spec: Plan['sources'][string]): Promise<Check> {
  const metrics = Object.fromEntries(Object.entries(plan.metrics).filter(([, metric]) => metric.from === name));
  const look = await attempt(
    `source ${name}`,
    'Check its connection in the platform file, and its metrics in the plan.',
    async () => {
      const source = open.source(spec);
      try {
        return await source.check(metrics, spec, AbortSignal.timeout(LOOK_MS));
      } finally {
        await source.close();
      }
    },
  );
  if ('check' in look) return look.check;
  const notes = look.value.length > 0 ? `: ${look.value.join('; ')}` : '';
  return { name: `source ${name}`, state: 'ok', sentence: `answers${notes}`, remedy: '' };
}

async function flagLook(open: Connections, plan: Plan, baselineVersion: string | null): Promise<Check[]> {
  if (baselineVersion === null)
    return [{ name: 'flag', state: 'skipped', sentence: 'not looked at: the baseline is not known', remedy: '' }];
  const { store, flag, cohortAttribute } = plan.target;
  const candidateVersion = plan.candidate.version;
  const target: ExposureTarget = {
    tenant: plan.tenant,
    store,
    flag,
    cohortAttribute,
    rolloutId: 'plan',
    baselineVersion,
    candidateVersion,
  };
  const read = await attempt('flag', 'Check stores in the platform file, and that the flag is in the store.', () =>
    open.exposure(store).read(target),
  );
  if ('check' in read) return [read.check];
  const { state, defaultVersion, intact, served } = read.value;
  const owner = state.mode === 'exposing' || state.holdBack > 0 ? state.rolloutId : null;
  const trouble = owner !== null || !intact || defaultVersion !== baselineVersion;
  const sentence = `default ${defaultVersion}, serves the candidate to ${exposureText(served)}${owner === null ? '' : `, held by ${owner}`}${intact ? '' : ', edited by hand'}`;
  const remedy = `It should serve ${baselineVersion} to everybody and belong to no rollout (\`sluice reconcile\` frees it of one that is gone).`;
  const back = await attempt('way back', 'Put the flag right; a rollout is not admitted without a way back.', () =>
    open.exposure(store).dryRunRestore(target),
  );
  return [
    { name: 'flag', state: trouble ? 'problem' : 'ok', sentence, remedy: trouble ? remedy : '' },
    'check' in back
      ? back.check
      : { name: 'way back', state: 'ok', sentence: 'tried without taking it: works', remedy: '' },
  ];
}

async function attempt<T>(
  name: string,
  remedy: string,
  look: () => Promise<T>,
): Promise<{ value: T } | { check: Check }> {
  try {
    return { value: await look() };
  } catch (error) {
    return { check: { name, state: 'problem', sentence: messageOf(error), remedy } };
  }
}

function short(digest: string): string {
  return digest.slice(0, 19);
}
