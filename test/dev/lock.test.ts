/** The lock between processes that obtain the same thing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { withLock } from '../../dev/lock.js';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});
after(() => rm(directory, { recursive: true, force: true }));

test('only one at a time is inside, and nothing stays behind', { timeout: 30_000 }, async () => {
  let inside = 0;
  let most = 0;
  const enter = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await turn();
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(join(directory, 'a.lock'), enter)));
  assert.equal(most, 1);
  assert.deepEqual(await readdir(directory), []);
});

test('a holder that died is passed over', { timeout: 30_000 }, async () => {
  const { pid } = spawnSync(process.execPath, ['--eval', '']);
  const file = join(directory, 'b.lock');
  await writeFile(file, String(pid));
  assert.equal(await withLock(file, async () => 'in'), 'in');
});

test('a living holder is named when it lasts too long', { timeout: 30_000 }, async () => {
  const file = join(directory, 'c.lock');
  await writeFile(file, String(process.pid));
  const told: number[] = [];
  const waiting = withLock(file, async () => 'in', { deadlineMs: 50, onWait: (holder) => told.push(holder) });
  await assert.rejects(waiting, new RegExp(`process ${process.pid} holds`));
  assert.deepEqual(told, [process.pid]);
});
