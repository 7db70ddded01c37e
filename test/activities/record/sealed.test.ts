/** Evidence is sealed at each stage and at the end: by a list of files, and by the key of the log where there is one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDeps } from '../../../activities/deps.js';
import { isFailure } from '../../../activities/failures.js';
import { closeRollout, freezeEvidence } from '../../../activities/record.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { signWith } from '../../../activities/store/sign.js';
import { linked } from '../../../evidence/chain.js';
import { digestOfManifest, type ManifestEntry } from '../../../evidence/manifest.js';
import { statementsOf } from '../../../evidence/statements.js';
import type { CloseInput, FreezeInput } from '../../../workflows/contract/activities.js';
import { type Checkpoint, GENESIS, NAMESPACES, type Signed } from '../../../workflows/contract/decisions.js';
import { WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Window } from '../../../workflows/contract/windows.js';
import { anAdmission } from '../../support/admission.js';
import { aPlan } from '../../support/plans.js';
import { keyRing } from '../../support/ssh.js';

const ring = keyRing();
after(() => ring.remove());

const ROLLOUT = { tenant: 'mail', model: 'spam-filter', rolloutId: `r-${'a'.repeat(26)}` };
const FREEZE = { ...ROLLOUT, stage: 'beta', attempt: 1, verdict: null, notify: [] };
const CLOSE = { ...ROLLOUT, outcome: 'completed' as const, sentence: 'done', notify: [] };

/** The first `count` entries of the one history there is. */
function history(count: number, by = 'ann'): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const prev = entries.at(-1)?.hash ?? GENESIS;
    entries.push(linked({ seq, atMs: seq, event: seq === 1 ? 'started' : 'held', by, details: {}, prev }));
  }
  return entries;
}

function window(index: number): Window {
  const observation = { kind: 'noData' as const, reason: 'nobody came' };
  return {
    version: 1,
    metric: 'errors',
    index,
    startMs: index,
    endMs: index + 1,
    phase: 'bake',
    share: 0.5,
    observation,
  };
}

async function kept(t: TestContext, change: Partial<ActivityDeps> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'sluice-sealed-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const log = ring.key('log').file;
  const deps = {
    connections: () => ({ evidence: () => directoryEvidence(root) }),
    signCheckpoint: async (statement: string) => (await signWith(log, NAMESPACES.checkpoint, statement)).armored,
    now: () => 1_000,
    ...change,
  } as unknown as ActivityDeps;
  const evidence = await directoryEvidence(root).create(ROLLOUT.tenant, ROLLOUT.rolloutId);
  const { freeze, close } = { freeze: freezeEvidence(deps), close: closeRollout(deps) };
  return {
    evidence,
    freeze: (input: FreezeInput, caller = OWN) => asRollout(caller, () => freeze(input)),
    close: (input: CloseInput, caller = OWN) => asRollout(caller, () => close(input)),
  };
}

const OWN = workflowId(ROLLOUT.tenant, ROLLOUT.model);

/** Runs as an activity that this workflow asked for. */
function asRollout<T>(workflow: string, work: () => Promise<T>): Promise<T> {
  const info = { workflowType: WORKFLOW_TYPE, workflowExecution: { workflowId: workflow, runId: 'run' } };
  return new MockActivityEnvironment(info).run(work);
}

type Evidence = Awaited<ReturnType<typeof kept>>['evidence'];

async function checkpointOf(evidence: Evidence, seq: number): Promise<Checkpoint & Signed> {
  const signed = (await evidence.getDocument(`checkpoint-${seq}`)) as Signed;
  return { ...(JSON.parse(signed.statement) as Checkpoint), ...signed };
}

test('the log key signs what was frozen, and ssh-keygen alone can check it', async (t) => {
  const { evidence, freeze } = await kept(t);
  await evidence.putWindow('windows/beta-0-1', window(1));
  const frozen = await freeze({ ...FREEZE, journal: history(3) });
  assert.equal(frozen.exportedSeq, 3);
  const { statement, signature, ...says } = await checkpointOf(evidence, 3);
  const { tenant, rolloutId } = ROLLOUT;
  const head = history(3).at(-1)?.hash;
  const should = { version: 1, tenant, rolloutId, size: 3, head, evidence: frozen.evidence, atMs: 1_000, final: false };
  assert.deepEqual(says, should);
  const list = (await evidence.getDocument('frozen-3')) as ManifestEntry[];
  assert.equal(digestOfManifest(list), frozen.evidence);
  assert.deepEqual(
    list.map(({ path }) => path),
    ['documents/verdict-before-beta-1-3.json', 'journal.jsonl', 'windows/beta-0-1/errors/1.json'],
  );
  const signers = join(ring.directory, 'allowed');
  const sig = join(ring.directory, 'statement.sig');
  writeFileSync(signers, `log ${ring.key('log').line}\n`);
  writeFileSync(sig, signature);
  const args = ['-Y', 'verify', '-f', signers, '-I', 'log', '-n', 'checkpoint.v1@sluice', '-s', sig];
  assert.match(execFileSync('ssh-keygen', args, { input: statement, encoding: 'utf8', timeout: 10_000 }), /^Good/);
});

test('a freeze whose answer was lost gives the same digest again, whatever was measured in between', async (t) => {
  const { evidence, freeze } = await kept(t);
  const first = await freeze({ ...FREEZE, journal: history(2) });
  const signed = await checkpointOf(evidence, 2);
  await evidence.putWindow('guard/beta-0-1', window(7));
  assert.deepEqual(await freeze({ ...FREEZE, journal: history(2) }), first);
  assert.deepEqual(await checkpointOf(evidence, 2), signed);
  const next = await freeze({ ...FREEZE, journal: history(3) });
  assert.notEqual(next.evidence, first.evidence);
});

test('the last checkpoint covers everything that is kept, statements and outcome too', async (t) => {
  const { evidence, freeze, close } = await kept(t);
  const [plan, admission] = [aPlan(), anAdmission()];
  await evidence.putDocument('plan', plan);
  await evidence.putDocument('admission', admission);
  await freeze({ ...FREEZE, journal: history(2) });
  await close({ ...CLOSE, journal: history(4).slice(2) });
  const last = await checkpointOf(evidence, 4);
  assert.equal(last.final, true);
  assert.equal(last.size, 4);
  assert.equal(last.evidence, await evidence.freeze());
  assert.deepEqual(await evidence.getDocument('statements'), statementsOf(plan, admission, history(4)));
  await close({ ...CLOSE, journal: history(4).slice(2) });
  assert.deepEqual(await checkpointOf(evidence, 4), last);
});

test('a rollout that was turned away before its plan was kept is sealed all the same', async (t) => {
  const { evidence, close } = await kept(t);
  await close({ ...CLOSE, outcome: 'refused', journal: history(2) });
  assert.equal((await checkpointOf(evidence, 2)).evidence, await evidence.freeze());
  await assert.rejects(evidence.getDocument('statements'), (error) => isFailure(error, 'notFound'));
});

test('a second history is neither kept nor signed', async (t) => {
  const { evidence, freeze, close } = await kept(t);
  await freeze({ ...FREEZE, journal: history(2) });
  const forked = history(3, 'mallory');
  await assert.rejects(freeze({ ...FREEZE, journal: forked }), (error) => isFailure(error, 'evidenceInvalid'));
  await assert.rejects(close({ ...CLOSE, journal: forked }), (error) => isFailure(error, 'evidenceInvalid'));
  assert.deepEqual(await evidence.journal(), history(2));
  await assert.rejects(evidence.getDocument('checkpoint-3'), (error) => isFailure(error, 'notFound'));
});

test('while the log key is away the stage waits, and is sealed when it is back', async (t) => {
  const away = ring.key('away').file;
  const { evidence, freeze } = await kept(t, {
    signCheckpoint: async (statement) => (await signWith(away, NAMESPACES.checkpoint, statement)).armored,
  });
  renameSync(away, `${away}.elsewhere`);
  renameSync(`${away}.pub`, `${away}.elsewhere.pub`);
  await assert.rejects(freeze({ ...FREEZE, journal: history(2) }), (error) => {
    assert.ok(isFailure(error, 'noSigner'), String(error));
    assert.match(error.message, /away/);
    return error.nonRetryable === false;
  });
  renameSync(`${away}.elsewhere`, away);
  renameSync(`${away}.elsewhere.pub`, `${away}.pub`);
  const { evidence: digest } = await freeze({ ...FREEZE, journal: history(2) });
  assert.equal((await checkpointOf(evidence, 2)).evidence, digest);
});

test('without a log key the lists of files are kept, and nobody claims a checkpoint', async (t) => {
  const { evidence, freeze } = await kept(t, { signCheckpoint: null });
  const { evidence: digest } = await freeze({ ...FREEZE, journal: history(2) });
  assert.equal(digestOfManifest((await evidence.getDocument('frozen-2')) as ManifestEntry[]), digest);
  await assert.rejects(evidence.getDocument('checkpoint-2'), (error) => isFailure(error, 'notFound'));
});

test('another workflow can neither add to a record nor close it', async (t) => {
  const { evidence, freeze, close } = await kept(t);
  const other = workflowId('mail', 'other-model');
  const foreign = (error: unknown) => isFailure(error, 'wrongCaller');
  await assert.rejects(freeze({ ...FREEZE, journal: history(2) }, other), foreign);
  await assert.rejects(close({ ...CLOSE, journal: history(2) }, other), foreign);
  assert.deepEqual(await evidence.manifest(), []);
});
