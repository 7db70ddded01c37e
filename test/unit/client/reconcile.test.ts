/** Reconcile lowers orphans and nothing else. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { Problem } from '../../../client/problem.js';
import { reconcile } from '../../../client/reconcile.js';
import type { Rollouts, Told } from '../../../client/rollouts.js';
import type { Platform } from '../../../plan/platform-types.js';
import { plan, ROLLOUT } from './standings.js';

const target = {
  tenant: 'mail',
  store: 'flags',
  flag: 'spam-filter',
  cohortAttribute: 'cohort',
  rolloutId: ROLLOUT,
  baselineVersion: 'rules-1',
  candidateVersion: 'nb-2',
};

let directory = '';
let platform: Platform;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-reconcile-'));
  const file = join(directory, 'flags.json');
  const flag = { state: 'ENABLED', variants: { 'rules-1': 'rules-1' }, defaultVariant: 'rules-1' };
  await writeFile(file, JSON.stringify({ flags: { 'spam-filter': flag } }));
  const tenant = {
    stores: { flags: { kind: 'flagd' as const, propagationMs: 0, file } },
    sources: {},
    sql: {},
    registries: {},
    evidence: { root: join(directory, 'evidence') },
    hosts: [],
    notify: {},
  };
  platform = { version: 1, mode: 'development', tenants: { mail: tenant } };
  await (await directoryEvidence(join(directory, 'evidence')).create('mail', ROLLOUT)).putDocument('plan', plan());
  const desired = {
    mode: 'exposing' as const,
    share: 0.25,
    cohorts: [],
    leaseUntilMs: Date.now() + 600_000,
    onSilence: 'baseline' as const,
  };
  await flagdFileStore(file).apply({ target, desired, expectedRevision: 0, writeId: 'w1' });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Temporal as it says of the one workflow of this model. */
function temporal(answer: { rolloutId: string; ended: boolean } | 'gone' | 'silent'): Rollouts {
  const found = { tenant: 'mail', model: 'spam-filter', workflowId: 'rollout/mail/spam-filter', runId: null };
  return {
    find: async () => ({ ...found, rolloutId: null }),
    tell: async () => {
      if (answer === 'gone') throw new Problem('notFound', 'none', 'none');
      if (answer === 'silent') throw new Problem('temporalUnreachable', 'none', 'none');
      const { rolloutId } = answer;
      return { found: { ...found, rolloutId }, ending: answer.ended ? {} : null } as Told;
    },
  } as unknown as Rollouts;
}

const order = { tenant: undefined, by: 'ana', dryRun: false };
const share = async (): Promise<number> =>
  (await flagdFileStore(join(directory, 'flags.json')).read(target)).served.share;

test('leaves the flag of a rollout that runs alone', async () => {
  const [done] = await reconcile(platform, temporal({ rolloutId: ROLLOUT, ended: false }), order);
  assert.equal(done?.did, 'runs');
  assert.equal(await share(), 0.25);
});

test('puts users back whose rollout ended, was deleted, or gave way to another', async () => {
  for (const answer of ['gone', { rolloutId: ROLLOUT, ended: true }, { rolloutId: 'r-other', ended: false }] as const) {
    const [done] = await reconcile(platform, temporal(answer), { ...order, dryRun: true });
    assert.equal(done?.did, 'wouldRestore', JSON.stringify(answer));
  }
  assert.equal(await share(), 0.25, 'a dry run changes nothing');
  const [done] = await reconcile(platform, temporal('gone'), order);
  assert.equal(done?.did, 'restored');
  assert.equal(await share(), 0);
});

test('does nothing while Temporal cannot say what runs', async () => {
  await assert.rejects(reconcile(platform, temporal('silent'), order), { code: 'temporalUnreachable' });
  assert.equal(await share(), 0.25);
});
