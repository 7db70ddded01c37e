/** What an emergency start owes is kept outside the rollout (threat row 48), and nothing can make it disappear. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { ledgerOf } from '../../../activities/store/ledger.js';
import { type LedgerEntry, overdueReview } from '../../../approvals/break-glass.js';
import { R1, R2 } from '../exposure/support.js';

function rootOf(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-ledger-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'evidence');
}

function entry(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    rolloutId: R1,
    tenant: 'mail',
    model: 'spam-filter',
    atMs: 1_000,
    dueMs: 2_000,
    reasonCode: 'outage',
    by: ['p-ada', 'p-rex'],
    reviewedBy: null,
    reviewedAtMs: null,
    ...change,
  };
}

const REVIEW = { statement: '{"said":"fine"}', signature: 'armored', by: 'p-zoe', atMs: 5_000 };

test('an emergency start stays owed until its review, whoever lists it and from whichever process', async (t) => {
  const root = rootOf(t);
  assert.deepEqual(await ledgerOf(root, 'mail').list(), []);
  await ledgerOf(root, 'mail').open(entry());
  await ledgerOf(root, 'mail').open(entry({ rolloutId: R2, atMs: 500, dueMs: 9_000 }));
  const listed = await ledgerOf(root, 'mail').list();
  assert.deepEqual(
    listed.map(({ rolloutId }) => rolloutId),
    [R2, R1],
  );
  assert.equal(overdueReview(listed, 3_000)?.rolloutId, R1);
  const reviewed = await ledgerOf(root, 'mail').review(R1, REVIEW);
  assert.deepEqual([reviewed.reviewedBy, reviewed.reviewedAtMs], ['p-zoe', 5_000]);
  assert.equal(overdueReview(await ledgerOf(root, 'mail').list(), 3_000), null);
  const kept = JSON.parse(readFileSync(join(root, 'mail', 'break-glass', `${R1}.review.json`), 'utf8'));
  assert.deepEqual(kept, REVIEW);
});

test('an admission that is tried again neither moves the due date nor claims that it was reviewed', async (t) => {
  const ledger = ledgerOf(rootOf(t), 'mail');
  await ledger.open(entry({ reviewedBy: 'p-eve', reviewedAtMs: 1 }));
  const again = await ledger.open(entry({ atMs: 7_000, dueMs: 99_000 }));
  assert.deepEqual(again, entry());
  assert.deepEqual(await ledger.list(), [entry()]);
});

test('a second review is refused and the first one stands; nothing is reviewed that was never owed', async (t) => {
  const ledger = ledgerOf(rootOf(t), 'mail');
  await assert.rejects(ledger.review(R1, REVIEW), { type: 'notFound' });
  await ledger.open(entry());
  await ledger.review(R1, REVIEW);
  await assert.rejects(ledger.review(R1, { ...REVIEW, by: 'p-eve' }), { type: 'duplicate', message: /p-zoe/ });
  assert.equal((await ledger.list())[0]?.reviewedBy, 'p-zoe');
});

test('tenants do not see each other, and no name leads out of the directory', async (t) => {
  const root = rootOf(t);
  await ledgerOf(root, 'mail').open(entry());
  assert.deepEqual(await ledgerOf(root, 'search').list(), []);
  assert.throws(() => ledgerOf(root, '../mail'), { type: 'unsupported' });
  await assert.rejects(ledgerOf(root, 'mail').review(`../${R1}`, REVIEW), { type: 'unsupported' });
  assert.equal(existsSync(join(root, 'mail', `${R1}.review.json`)), false);
});

test('a ledger that cannot be read is not taken for an empty one', async (t) => {
  const root = rootOf(t);
  const ledger = ledgerOf(root, 'mail');
  await ledger.open(entry());
  const file = join(root, 'mail', 'break-glass', `${R1}.json`);
  writeFileSync(file, '{ torn');
  await assert.rejects(ledger.list(), { type: 'storeUnavailable' });
  rmSync(file);
  symlinkSync('/dev/null', file);
  await assert.rejects(ledger.list(), { type: 'storeUnavailable' });
});

test('readers of the evidence see rollouts beside the ledger, and none in it', async (t) => {
  const root = rootOf(t);
  await ledgerOf(root, 'mail').open(entry());
  const evidence = directoryEvidence(root);
  assert.deepEqual(await evidence.list('mail'), []);
  await evidence.create('mail', R2);
  assert.deepEqual(await evidence.list('mail'), [R2]);
  assert.deepEqual((await ledgerOf(root, 'mail').list()).length, 1);
});
