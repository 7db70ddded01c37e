/** A proof may take longer than an attempt; an attempt that begins again from nothing would never end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acrossAttempts } from '../../../activities/actuator/across-attempts.js';

function slow() {
  let finish: (value: string) => void = () => undefined;
  const done = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const work = { times: 0, finish, start: () => ((work.times += 1), done) };
  return work;
}

test('an attempt gives up in time and the next one takes the answer of the same work', async () => {
  const owner = {};
  const work = slow();
  await assert.rejects(acrossAttempts(owner, 'proof', work.start, 1), { type: 'NotYet' });
  await assert.rejects(acrossAttempts(owner, 'proof', work.start, 1), { type: 'NotYet' });
  work.finish('passed');
  assert.equal(await acrossAttempts(owner, 'proof', work.start, 60_000), 'passed');
  assert.equal(work.times, 1);
});

test('an answer is given once: what is asked later is found out anew', async () => {
  const owner = {};
  const answers = ['undecided', 'passed'];
  const ask = () => acrossAttempts(owner, 'proof', async () => answers.shift());
  assert.deepEqual([await ask(), await ask()], ['undecided', 'passed']);
});

test('other work, and the same of another worker, has an answer of its own; what failed is tried again', async () => {
  const owner = {};
  const failing = acrossAttempts(owner, 'one', () => Promise.reject(new Error('disk')));
  const [one, two] = await Promise.allSettled([failing, acrossAttempts(owner, 'two', async () => 2)]);
  assert.deepEqual([one.status, two.status], ['rejected', 'fulfilled']);
  assert.equal(await acrossAttempts(owner, 'one', async () => 1), 1);
  assert.equal(await acrossAttempts({}, 'one', async () => 3), 3);
});
