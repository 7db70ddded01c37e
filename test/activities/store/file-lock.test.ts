import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LockBusy, LockLost, STALE_AFTER_MS, withFileLock } from '../../../activities/store/file-lock.js';

function counter(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'n'), '0');
  return join(directory, 'n');
}

function makeStale(file: string): void {
  const old = new Date(Date.now() - 2 * STALE_AFTER_MS);
  for (const name of readdirSync(join(file, '..'))) {
    if (name.includes('.lock-')) utimesSync(join(file, '..', name), old, old);
  }
}

test('no addition is lost between processes that are stopped at random', async (t) => {
  const file = counter(t);
  const times = 60;
  const children = [1, 2, 3].map(() =>
    fork(join(import.meta.dirname, 'count-child.ts'), [file, String(times)], { execArgv: ['--import', 'tsx'] }),
  );
  t.after(() => children.forEach((child) => child.kill('SIGKILL')));
  const ends = Promise.all(children.map((child) => once(child, 'exit', { signal: AbortSignal.timeout(60_000) })));
  let running = true;
  const disturb = (async () => {
    while (running) {
      const child = children[Math.floor(Math.random() * children.length)];
      child?.kill('SIGSTOP');
      await delay(Math.random() * 30);
      // A stopped holder looks dead at once, so that it is outbid where it stands.
      if (Math.random() < 0.5) makeStale(file);
      await delay(Math.random() * 30);
      child?.kill('SIGCONT');
    }
  })();
  const codes = (await ends).map(([code]) => code);
  running = false;
  await disturb;
  assert.deepEqual(codes, [0, 0, 0]);
  assert.equal(readFileSync(file, 'utf8'), String(3 * times));
  assert.deepEqual(readdirSync(join(file, '..')), ['n']);
});

test('a holder that was outbid finds nothing left to rename, even if it had looked just before', async (t) => {
  const file = counter(t);
  await assert.rejects(
    withFileLock(file, async (lock) => {
      await lock.prepare('old');
      makeStale(file);
      await withFileLock(file, async (other) => {
        assert.equal(readdirSync(join(file, '..')).filter((name) => name.includes('.next-')).length, 0);
        await other.prepare('new');
        await other.commit();
      });
      await lock.commit();
    }),
    LockLost,
  );
  assert.equal(readFileSync(file, 'utf8'), 'new');
});

test('what an outbid holder prepares later is not written either', async (t) => {
  const file = counter(t);
  await assert.rejects(
    withFileLock(file, async (lock) => {
      makeStale(file);
      await withFileLock(file, async () => {});
      await lock.prepare('old');
      await lock.commit();
    }),
    LockLost,
  );
  assert.equal(readFileSync(file, 'utf8'), '0');
  assert.deepEqual(readdirSync(join(file, '..')), ['n']);
});

test('gives up on a lock that is kept in use', async (t) => {
  const file = counter(t);
  await withFileLock(file, async () => {
    const name = readdirSync(join(file, '..')).find((entry) => entry.includes('.lock-')) ?? '';
    const alive = setInterval(() => utimesSync(join(file, '..', name), new Date(), new Date()), 200);
    try {
      await assert.rejects(
        withFileLock(file, async () => {}),
        LockBusy,
      );
    } finally {
      clearInterval(alive);
    }
  });
});
