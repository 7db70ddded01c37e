/** With Temporal gone, the flag and the evidence are enough to say where users are and to put them back. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import type { ExposureTarget } from '../../../workflows/contract/exposure.js';
import { sluice } from './run-cli.js';
import { chained, plan, ROLLOUT } from './standings.js';

const target: ExposureTarget = {
  tenant: 'mail',
  store: 'flags',
  flag: 'spam-filter',
  cohortAttribute: 'cohort',
  rolloutId: ROLLOUT,
  baselineVersion: 'rules-1',
  candidateVersion: 'nb-2',
};

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-direct-'));
  await writeFile(join(cwd, 'platform.yaml'), PLATFORM);
  await writeFile(join(cwd, 'flags.json'), FLAGS);
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const PLATFORM = `version: 1
mode: development
tenants:
  mail:
    stores: { flags: { kind: flagd, file: flags.json } }
    registries: { models: { kind: files, root: models, alias: production } }
    evidence: { root: evidence }
`;
const FLAGS = JSON.stringify({
  flags: { 'spam-filter': { state: 'ENABLED', variants: { 'rules-1': 'rules-1' }, defaultVariant: 'rules-1' } },
});

function store(): ReturnType<typeof flagdFileStore> {
  return flagdFileStore(join(cwd, 'flags.json'));
}

async function expose(): Promise<void> {
  const desired = {
    mode: 'exposing' as const,
    share: 0.25,
    cohorts: ['staff'],
    leaseUntilMs: Date.now() + 600_000,
    onSilence: 'baseline' as const,
  };
  await store().apply({ target, desired, expectedRevision: 0, writeId: 'w1' });
}

async function keepEvidence(): Promise<void> {
  const evidence = await directoryEvidence(join(cwd, 'evidence')).create('mail', ROLLOUT);
  await evidence.putDocument('plan', plan());
  await evidence.appendJournal(
    chained([
      { seq: 1, atMs: Date.now() - 60_000, event: 'started', by: 'ana', details: {} },
      { seq: 2, atMs: Date.now() - 50_000, event: 'admitted', by: null, details: { baselineVersion: 'rules-1' } },
    ]),
  );
}

test('status tells from flag and evidence who sees the candidate, and says that Temporal is down', async () => {
  await keepEvidence();
  await expose();
  const { code, out } = await sluice(['status', 'spam-filter'], { cwd });
  assert.equal(code, EXIT.done);
  const text = out.replace(/\s+/g, ' ');
  assert.match(text, /! No Temporal server answers at .* What follows is from the flag and the evidence store/);
  assert.match(text, /flag serves 25 % \+ staff · lease until/);
});

test('why offers the direct way back and names the lease as what happens by itself', async () => {
  await keepEvidence();
  await expose();
  const { out } = await sluice(['why', 'spam-filter'], { cwd });
  assert.match(out, /sluice rollback spam-filter --tenant mail --direct/);
  assert.match(out, /the lease puts users back on the baseline/);
});

test('log prints the journal of the evidence store and says what may be missing', async () => {
  await keepEvidence();
  const { code, out, err } = await sluice(['log', 'spam-filter'], { cwd });
  assert.equal(code, EXIT.evidenceIncomplete);
  assert.match(out, /1 .* started +ana/);
  assert.match(err, /not exported/);
});

for (const known of ['with evidence', 'by the flag alone']) {
  test(`rollback --direct writes zero, closes the flag for the rollout and reads it back, ${known}`, async () => {
    if (known === 'with evidence') await keepEvidence();
    await expose();
    const { code, out, err } = await sluice(['rollback', 'spam-filter', '--direct', '--yes', '--json'], { cwd });
    assert.equal(code, EXIT.done, err);
    const done = JSON.parse(out) as { served: { share: number; cohorts: string[] } };
    assert.deepEqual(done.served, { share: 0, cohorts: [] });
    const { state } = await store().read(target);
    assert.equal(state.closedFor, ROLLOUT);
    assert.equal(state.revision, 2);
    await assert.rejects(
      store().apply({ target, desired: { mode: 'promoted', holdBack: 0 }, expectedRevision: 2, writeId: 'late' }),
      /closed/,
    );
  });
}

test('rollback --direct asks, and takes nobody at the keyboard for a no', async () => {
  await expose();
  const before = await readFile(join(cwd, 'flags.json'), 'utf8');
  const { code, err } = await sluice(['rollback', 'spam-filter', '--direct'], { cwd });
  assert.equal(code, EXIT.refused);
  assert.match(err, /--yes/);
  assert.equal(await readFile(join(cwd, 'flags.json'), 'utf8'), before);
});

test('rollback --direct names what it looked for when no flag is held by a rollout', async () => {
  const { code, err } = await sluice(['rollback', 'spam-filter', '--direct', '--yes'], { cwd });
  assert.equal(code, EXIT.badInput);
  assert.match(err, /--flag NAME/);
});
