/** The exposure store is away while the rollout rolls back, and somebody cancels on top of it. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';

faultTest('a rollback goes on through a cancellation until the store can be written again', async (world) => {
  await world.worker();
  const rollout = await world.start();
  await rollout.until('the bake', ({ status }) => status === 'baking');
  const away = `${world.files.flagDirectory}.away`;
  renameSync(world.files.flagDirectory, away);
  await rollout.send('rollback', { reason: 'looks wrong' });
  const trying = (times: number) =>
    eventually(
      'another try',
      () => rollout.attempt('restoreBaseline'),
      (attempt) => attempt >= times,
    );
  const before = await trying(2);
  await rollout.handle.cancel();
  await trying(before + 3);
  const { status, asked } = await rollout.view();
  assert.deepEqual([status, asked.share], ['rollingBack', 0.5]);
  renameSync(away, world.files.flagDirectory);
  const { how, lowering } = await rollout.ending();
  assert.deepEqual([how, lowering?.cause, lowering?.by], ['RolledBack', 'operator', 'ada']);
  assert.deepEqual(storyOf(await rollout.journal()).slice(-5), [
    'rollbackStarted operator',
    'messageAccepted',
    'restored',
    'zeroObserved',
    'ended rolledBack',
  ]);
  assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);
});
