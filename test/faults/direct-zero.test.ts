/** Somebody rolls back directly at the store while no worker runs. */
import assert from 'node:assert/strict';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';

faultTest('a direct zero is adopted when a worker is back: rolled back, never raised again', async (world) => {
  const gone = await world.worker();
  const rollout = await world.start({ bake: 'minUnits: 100000' });
  await rollout.until('the bake', ({ status }) => status === 'baking');
  await gone.kill();
  await world.store.restoreToZero(rollout.target, `${rollout.rolloutId}/direct/ada`);
  await world.worker();
  const { how, lowering } = await rollout.ending();
  assert.deepEqual([how, lowering?.cause], ['RolledBack', 'operator']);
  assert.match(lowering?.reason ?? '', /directly at the exposure store/);
  assert.deepEqual(storyOf(await rollout.journal()), [
    'admitted',
    'raising general 50 %',
    'raised',
    'rollbackStarted operator',
    'restored',
    'zeroObserved',
    'ended rolledBack',
  ]);
  assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed', '3: closed']);
});
