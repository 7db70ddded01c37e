/** A raise that is stopped or killed at any point of its write. Real processes, real signals. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { evaluator, exposing, flagFile, order, R1, R2, targetOf } from './support.js';

const POINTS = ['exposure.locked', 'exposure.beforeRename', 'exposure.afterRename'];
const DEADLINE_MS = 15_000;

function raiser(t: TestContext, file: string, point: string): ChildProcess {
  const child = fork(join(import.meta.dirname, 'raise-child.ts'), [file, point], { execArgv: ['--import', 'tsx'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function said(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) });
  return message as Record<string, unknown>;
}

async function stoppedAt(t: TestContext, file: string, point: string): Promise<ChildProcess> {
  const child = raiser(t, file, point);
  assert.deepEqual(await said(child), { at: point });
  child.kill('SIGSTOP');
  return child;
}

async function wake(child: ChildProcess): Promise<Record<string, unknown>> {
  const answer = said(child);
  child.send('go');
  child.kill('SIGCONT');
  return answer;
}

for (const point of POINTS.slice(0, 2)) {
  test(`a raise stopped at ${point} is refused when it wakes after the rollback`, async (t) => {
    const file = flagFile(t);
    const store = flagdFileStore(file);
    const child = await stoppedAt(t, file, point);
    const began = performance.now();
    await store.restoreToZero(targetOf(), 'back');
    const took = performance.now() - began;
    assert.ok(took < 3000, `rolled back after ${Math.round(took)} ms`);
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(await wake(child), { refused: 'exposureClosed' });
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.deepEqual((await store.read(targetOf())).served, { share: 0, cohorts: [] });
    assert.equal((await store.read(targetOf())).state.closedFor, R1);
  });
}

test('a raise stopped after its write is undone, and spoils neither the flag nor the last good copy when it wakes', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  const child = await stoppedAt(t, file, 'exposure.afterRename');
  assert.equal(evaluator(file)({ targetingKey: 'x', cohort: 'staff' }).value, 'nb-2');
  await store.restoreToZero(targetOf(), 'back');
  const good = readFileSync(`${file}.last-good`, 'utf8');
  assert.deepEqual(await wake(child), { refused: 'exposureClosed' });
  assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(`${file}.last-good`, 'utf8')], [good, good]);
});

test('a raise that only lost its turn to somebody else’s flag goes through when it wakes', async (t) => {
  const file = flagFile(t);
  const child = await stoppedAt(t, file, 'exposure.beforeRename');
  await flagdFileStore(file).restoreToZero({ ...targetOf(R2), flag: 'other' }, 'back');
  assert.deepEqual(await wake(child), { raised: 1 });
  const flags = Object.keys(JSON.parse(readFileSync(file, 'utf8')).flags);
  assert.deepEqual(flags, ['other', 'spam-filter']);
});

for (const point of POINTS) {
  test(`a raise killed at ${point} leaves the old or the new file whole, and the next writer gets through`, async (t) => {
    const file = flagFile(t);
    const before = readFileSync(file, 'utf8');
    const child = raiser(t, file, point);
    assert.deepEqual(await said(child), { at: point });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const store = flagdFileStore(file);
    const { state, intact } = await store.read(targetOf());
    assert.equal(intact, true);
    if (point === 'exposure.afterRename') assert.equal(state.share, 0.5);
    else assert.equal(readFileSync(file, 'utf8'), before);
    const again = await store.apply(order(exposing(0.5, ['staff']), 0));
    assert.deepEqual([again.revision, again.share], [1, 0.5]);
    await store.restoreToZero(targetOf(), 'back');
    assert.deepEqual(readdirSync(dirname(file)).sort(), ['flags.json', 'flags.json.last-good']);
  });
}
