/** Threat 44: a journal line removed, edited, reordered, the tail cut, two heads at one size. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { linked } from '../../../evidence/chain.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout } from './fixture.js';
import { bytesOf, document, type Files, journalIn, ROLLOUT_ID, sealAgain, textIn } from './keeping.js';
import { look } from './looking.js';

const ring = keyRing();
after(() => ring.remove());
const genuine = keptRollout(ring);
const lines = textIn(genuine.get('journal.jsonl') ?? new Uint8Array())
  .split('\n')
  .slice(0, -1);

function withLines(changed: readonly string[]): Files {
  return new Map([...genuine, ['journal.jsonl', bytesOf(changed.map((line) => `${line}\n`).join(''))]]);
}

describe('a journal whose file was altered', () => {
  it('names the entry that was removed', async () => {
    const { exit, said } = await look(ring, withLines(lines.toSpliced(4, 1)));
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^invalid: entry 5 is missing/);
  });

  it('names the entry that was edited', async () => {
    const edited = lines.with(5, (lines[5] ?? '').replace('"pass"', '"fail"'));
    assert.notDeepEqual(edited, lines);
    const { exit, said } = await look(ring, withLines(edited));
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^invalid: entry 6 is not what was hashed/);
  });

  it('names the first of two entries that changed places', async () => {
    const { exit, said } = await look(
      ring,
      withLines([...lines.slice(0, 2), ...lines.slice(2, 4).reverse(), ...lines.slice(4)]),
    );
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^invalid: entry 3 is missing/);
  });

  it('names the entry after which the tail was cut', async () => {
    const { exit, said } = await look(ring, withLines(lines.slice(0, -2)));
    assert.equal(exit, 20);
    assert.match(said['checkpoints'] ?? '', new RegExp(`the tail was cut off at entry ${lines.length - 2}`));
  });

  it('is incomplete when the tail was cut together with its checkpoint', async () => {
    const cut = withLines(lines.slice(0, 8));
    for (const path of cut.keys()) {
      if (/(?:checkpoint|frozen)-(?:9|\d\d)\.json$|outcome|statements|history/.test(path)) cut.delete(path);
    }
    const { exit, said } = await look(ring, cut);
    assert.equal(exit, 21);
    assert.match(said['checkpoints'] ?? '', /^incomplete: .*a tail may have been cut off/);
  });

  it('names an entry that stands there twice, as after a reset', async () => {
    const [before, twin] = [journalIn(genuine)[5], journalIn(genuine)[6]];
    const other = linked({ ...(twin as JournalEntry), details: { other: true }, prev: before?.hash ?? 'sha256:' });
    const { exit, said } = await look(ring, withLines(lines.toSpliced(7, 0, JSON.stringify(other))));
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^invalid: entry 7 stands there twice/);
  });

  it('names a line that is no entry', async () => {
    const { exit, said } = await look(ring, withLines(lines.with(2, '{"seq":3}')));
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^invalid: entry 3 is not a journal entry/);
  });
});

describe('a journal written anew by whoever holds the log key', () => {
  it('does not fit the anchor that an approver signed', async () => {
    const files: Files = new Map(genuine);
    sealAgain(
      ring,
      files,
      journalIn(files).map((entry) => (entry.seq === 3 ? { ...entry, details: { stage: 'x' } } : entry)),
    );
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['journal'] ?? '', /^ok/);
    assert.match(said['requests'] ?? '', /^invalid: the request of entry 8 anchors another entry 7/);
    assert.match(said['checkpoints'] ?? '', /^invalid: documents\/checkpoint-3/);
  });

  it('does not fit the history of Temporal', async () => {
    const files: Files = new Map(genuine);
    sealAgain(
      ring,
      files,
      journalIn(files).map((entry) => (entry.event === 'ended' ? { ...entry, by: 'p-eve' } : entry)),
    );
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['history'] ?? '', /^invalid: entry 14 is another one in the history/);
  });
});

describe('checkpoints', () => {
  const statement = (change: object) => {
    const { hash: head } = journalIn(genuine).at(-1) ?? { hash: '' };
    const said = {
      atMs: 1,
      evidence: head,
      final: true,
      head,
      rolloutId: ROLLOUT_ID,
      size: lines.length,
      tenant: 'mail',
    };
    return JSON.stringify({ ...said, version: 1, ...change });
  };
  const withCheckpoint = (name: string, change: object, key = 'log'): Files => {
    const files: Files = new Map(genuine);
    const text = statement(change);
    document(files, name, { statement: text, signature: ring.key(key).sign(NAMESPACES.checkpoint, text) });
    return files;
  };

  it('with two heads at one size show that the log forked', async () => {
    const { exit, said } = await look(ring, withCheckpoint('checkpoint-99', { head: `sha256:${'0'.repeat(64)}` }));
    assert.equal(exit, 20);
    assert.match(said['checkpoints'] ?? '', /^invalid: .*two heads at entry 14: the log forked/);
  });

  it('by a key that is no log key of the policy are invalid', async () => {
    const { exit, said } = await look(ring, withCheckpoint(`checkpoint-${lines.length}`, {}, 'ada'));
    assert.equal(exit, 20);
    assert.match(said['checkpoints'] ?? '', /is no log key of the policy/);
  });

  it('that are not there leave the bundle incomplete', async () => {
    const files: Files = new Map([...genuine].filter(([path]) => !path.startsWith('documents/checkpoint-')));
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 21);
    assert.match(said['checkpoints'] ?? '', /^incomplete/);
  });
});
