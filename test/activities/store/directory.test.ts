import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../../activities/failures.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { firstBreak, linked } from '../../../evidence/chain.js';
import { GENESIS } from '../../../workflows/contract/decisions.js';
import type { ErrorCode } from '../../../workflows/contract/errors.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Window } from '../../../workflows/contract/windows.js';

const ID = `r-${'a'.repeat(26)}`;
const refused = (code: ErrorCode) => (error: unknown) => isFailure(error, code);

function rootOf(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-evidence-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function window(index: number, units = 10, metric = 'errors'): Window {
  const payload = { kind: 'rate' as const, units, events: 1 };
  const cells = [{ arm: 'candidate' as const, via: 'share' as const, slice: null, payload }];
  const observation = { kind: 'value' as const, cells };
  return {
    version: 1,
    metric,
    index,
    startMs: index * 1000,
    endMs: index * 1000 + 1000,
    phase: 'bake',
    share: 0.25,
    observation,
  };
}

/** That many entries, each on the one before; `by` gives them all another author, so another chain. */
function chain(count: number, by = 'ann', from: readonly JournalEntry[] = []): JournalEntry[] {
  const entries = [...from];
  for (let seq = from.length + 1; seq <= count; seq += 1) {
    const prev = entries.at(-1)?.hash ?? GENESIS;
    entries.push(linked({ seq, atMs: seq * 10, event: 'held', by, details: { n: seq }, prev }));
  }
  return entries;
}

test('lays evidence out as designed', async (t) => {
  const root = rootOf(t);
  const evidence = await directoryEvidence(root).create('mail', ID);
  await evidence.putDocument('plan', { a: 1 });
  await evidence.putWindow('windows/beta-0-1', window(3));
  await evidence.putWindow('past', window(7));
  await evidence.putRaw('guard/beta-0-1', 'traffic', 0, 'page 0');
  await evidence.appendJournal(chain(1));
  await evidence.putState('bake', { cursor: 1 });
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((found) => found.isFile());
  const paths = files.map((found) => join(found.parentPath, found.name).slice(root.length + 1)).sort();
  const inside = [
    'documents/plan.json',
    'guard/beta-0-1/.raw/traffic/0.txt',
    'journal.jsonl',
    'past/errors/7.json',
    'state/bake.json',
    'windows/beta-0-1/errors/3.json',
  ];
  assert.deepEqual(paths, ['host.json', ...inside.map((path) => `mail/${ID}/${path}`)]);
});

test('a window is written once and the first one is the truth', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  const both = await Promise.all([1, 2].map((units) => evidence.putWindow('windows/beta-0-1', window(5, units))));
  assert.equal(both.filter(Boolean).length, 1);
  assert.equal(await evidence.putWindow('windows/beta-0-1', window(5, 99)), false);
  const [kept] = await evidence.windows('windows/beta-0-1', 'errors');
  assert.deepEqual(kept, window(5, both[0] ? 1 : 2));
});

test('windows come back by number, epoch-aligned ones too', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  const numbers = [10, 9, 100, 1_795_000_000_000, 0];
  for (const index of numbers) await evidence.putWindow('windows/beta-0-1', window(index));
  const indices = async (from?: number) =>
    (await evidence.windows('windows/beta-0-1', 'errors', from)).map(({ index }) => index);
  assert.deepEqual(await indices(), [0, 9, 10, 100, 1_795_000_000_000]);
  assert.deepEqual(await indices(10), [10, 100, 1_795_000_000_000]);
  assert.deepEqual(await evidence.windows('windows/none-0-1', 'errors'), []);
});

test('a number that JSON cannot hold is refused, not kept as null', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  await assert.rejects(evidence.putWindow('windows/beta-0-1', window(1, Number.NaN)), /NaN/);
  assert.deepEqual(await evidence.windows('windows/beta-0-1', 'errors'), []);
});

test('raw pages are kept once, by source', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  assert.equal(await evidence.lastRaw('windows/beta-0-1', 'traffic'), -1);
  assert.equal(await evidence.putRaw('windows/beta-0-1', 'traffic', 9, 'nine'), true);
  assert.equal(await evidence.putRaw('windows/beta-0-1', 'traffic', 10, 'ten'), true);
  assert.equal(await evidence.putRaw('windows/beta-0-1', 'traffic', 10, 'other'), false);
  assert.equal(await evidence.getRaw('windows/beta-0-1', 'traffic', 10), 'ten');
  assert.equal(await evidence.getRaw('windows/beta-0-1', 'traffic', 11), null);
  assert.equal(await evidence.lastRaw('windows/beta-0-1', 'traffic'), 10);
  assert.deepEqual(await evidence.bakeKeys(), ['windows/beta-0-1']);
});

test('a document may be put again but not changed', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  await evidence.putDocument('plan', { b: 1, a: [1, 2] });
  await evidence.putDocument('plan', { a: [1, 2], b: 1 });
  await assert.rejects(evidence.putDocument('plan', { a: [2, 1], b: 1 }), refused('digestMismatch'));
  assert.deepEqual(await evidence.getDocument('plan'), { a: [1, 2], b: 1 });
  await assert.rejects(evidence.getDocument('policy'), refused('notFound'));
});

test('the journal takes each entry once, from several writers', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  const entries = chain(4);
  await Promise.all([evidence.appendJournal(entries), evidence.appendJournal(entries.slice(0, 3))]);
  await evidence.appendJournal(entries.slice(2));
  assert.deepEqual(await evidence.journal(), entries);
  assert.equal(firstBreak(await evidence.journal()), null);
});

test('a second history of the same rollout is refused, and nothing of it is kept', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  const kept = chain(2);
  await evidence.appendJournal(kept);
  const [first] = kept;
  const forks: Record<string, JournalEntry[]> = {
    'another entry under a used sequence': chain(2, 'mallory', first ? [first] : []).slice(1),
    'another history from the start': chain(3, 'mallory'),
    'an entry on another one': chain(3, 'mallory').slice(2),
    'an entry after a hole': chain(4).slice(3),
    'an entry that was altered after it was hashed': chain(3)
      .slice(2)
      .map((entry) => ({ ...entry, by: 'mallory' })),
  };
  for (const [what, entries] of Object.entries(forks)) {
    await assert.rejects(evidence.appendJournal(entries), refused('evidenceInvalid'), what);
    assert.deepEqual(await evidence.journal(), kept, what);
  }
  await evidence.appendJournal(chain(3));
  assert.deepEqual(await evidence.journal(), chain(3));
});

test('evidence that was closed takes no window and no page any more', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  await evidence.putWindow('windows/beta-0-1', window(1));
  await evidence.putDocument('outcome', { outcome: 'completed', sentence: 'done' });
  const digest = await evidence.freeze();
  await assert.rejects(evidence.putWindow('windows/beta-0-1', window(2)), refused('ended'));
  await assert.rejects(evidence.putRaw('windows/beta-0-1', 'traffic', 0, 'late'), refused('ended'));
  assert.equal(await evidence.freeze(), digest);
});

test('a store remembers the newest policy, whoever asks later', async (t) => {
  const root = rootOf(t);
  const mark = (serial: number, letter: string) => ({ serial, digest: `sha256:${letter.repeat(64)}` as const });
  const store = directoryEvidence(root);
  assert.deepEqual(await store.newestPolicy(mark(3, 'a')), mark(3, 'a'));
  assert.equal((await directoryEvidence(root).newestPolicy(mark(2, 'b'))).serial, 3);
  assert.equal((await store.newestPolicy(mark(3, 'c'))).digest, mark(3, 'a').digest);
  await Promise.all([5, 4, 7, 6].map((serial) => directoryEvidence(root).newestPolicy(mark(serial, 'd'))));
  assert.equal((await store.newestPolicy(mark(1, 'a'))).serial, 7);
});

test('a torn last line is dropped and its entry written again; a damaged one in the middle is named', async (t) => {
  const root = rootOf(t);
  const evidence = await directoryEvidence(root).create('mail', ID);
  await evidence.appendJournal(chain(1));
  const file = join(root, 'mail', ID, 'journal.jsonl');
  appendFileSync(file, '{"seq":2,"atMs":2');
  assert.deepEqual(await evidence.journal(), chain(1));
  await evidence.appendJournal(chain(2));
  assert.deepEqual(await evidence.journal(), chain(2));
  writeFileSync(file, `nonsense\n${readFileSync(file, 'utf8')}`);
  await assert.rejects(evidence.journal(), /line 1/);
});

test('freezing gives a digest that moves with evidence and not with caches', async (t) => {
  const root = rootOf(t);
  const evidence = await directoryEvidence(root).create('mail', ID);
  await evidence.putWindow('windows/beta-0-1', window(1));
  const first = await evidence.freeze();
  await evidence.putState('bake', { cursor: 2 });
  writeFileSync(join(root, 'mail', ID, 'windows', '.1.json.draft-x'), 'left by a crash');
  assert.equal(await evidence.freeze(), first);
  await evidence.putRaw('windows/beta-0-1', 'traffic', 0, 'page');
  const second = await evidence.freeze();
  assert.notEqual(second, first);
  writeFileSync(join(root, 'mail', ID, 'windows', 'beta-0-1', 'errors', '1.json'), '{}');
  assert.notEqual(await evidence.freeze(), second);
  assert.match(second, /^sha256:[0-9a-f]{64}$/);
});

test('state is replaced, and missing state is null', async (t) => {
  const evidence = await directoryEvidence(rootOf(t)).create('mail', ID);
  assert.equal(await evidence.getState('bake'), null);
  await evidence.putState('bake', { n: 1 });
  await evidence.putState('bake', { n: 2 });
  assert.deepEqual(await evidence.getState('bake'), { n: 2 });
});

test('no name leads out of the directory', async (t) => {
  const store = directoryEvidence(rootOf(t));
  const evidence = await store.create('mail', ID);
  for (const bad of ['..', '../mail', '/etc', 'a/b', '', 'A', 'x\0', '.hidden', 'ä']) {
    await assert.rejects(store.create(bad, ID), refused('unsupported'), bad);
    await assert.rejects(evidence.putDocument(bad, {}), refused('unsupported'), bad);
    await assert.rejects(evidence.putState(bad, {}), refused('unsupported'), bad);
    await assert.rejects(evidence.putRaw('windows/beta-0-1', bad, 0, ''), refused('unsupported'), bad);
    await assert.rejects(evidence.windows(bad, 'errors'), refused('unsupported'), bad);
    await assert.rejects(evidence.putWindow('windows/beta-0-1', window(1, 1, bad)), refused('unsupported'), bad);
  }
  for (const key of ['windows/../state', 'windows/beta-0-1/x', 'state/beta-0-1', 'windows/beta', 'past/x', 'past/..'])
    await assert.rejects(evidence.putRaw(key, 'traffic', 0, ''), refused('unsupported'), key);
  await assert.rejects(store.open('mail', '../mail'), refused('unsupported'));
  await assert.rejects(evidence.putRaw('windows/beta-0-1', 'traffic', -1, ''), refused('unsupported'));
});

test('follows no link on the way', async (t) => {
  const root = rootOf(t);
  const elsewhere = rootOf(t);
  const store = directoryEvidence(root);
  const evidence = await store.create('mail', ID);
  symlinkSync(elsewhere, join(root, 'mail', ID, 'windows'));
  await assert.rejects(evidence.putWindow('windows/beta-0-1', window(1)), refused('storeUnavailable'));
  await assert.rejects(evidence.freeze(), refused('storeUnavailable'));
  symlinkSync(elsewhere, join(root, 'other'));
  await assert.rejects(store.create('other', ID), refused('storeUnavailable'));
  assert.deepEqual(readdirSync(elsewhere), []);
});

test('opens and lists what is there', async (t) => {
  const store = directoryEvidence(rootOf(t));
  await assert.rejects(store.open('mail', ID), refused('notFound'));
  assert.deepEqual(await store.list('mail'), []);
  await store.create('mail', ID);
  await (await store.create('mail', ID)).putDocument('plan', 1);
  assert.equal(await (await store.open('mail', ID)).getDocument('plan'), 1);
  assert.deepEqual(await store.list('mail'), [ID]);
});

test('refuses a directory that another host uses, and says which', async (t) => {
  const root = rootOf(t);
  writeFileSync(
    join(root, 'host.json'),
    JSON.stringify({ version: 1, hostname: 'far-away', machineId: '0'.repeat(32), sinceMs: 1 }),
  );
  await assert.rejects(directoryEvidence(root).create('mail', ID), /far-away/);
  assert.deepEqual(readdirSync(root), ['host.json']);
  mkdirSync(join(root, 'mail'));
  await assert.rejects(directoryEvidence(root).list('mail'), refused('storeUnavailable'));
});

test('several processes of one host share a directory', async (t) => {
  const root = rootOf(t);
  await Promise.all([1, 2, 3].map(() => directoryEvidence(root).create('mail', ID)));
  assert.equal(typeof JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')).hostname, 'string');
});
