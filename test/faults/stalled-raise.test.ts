/** A raise that stands still before its write while others roll back, and wakes when all is over. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { exposuresOf } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';

faultTest('a raise that wakes after the rollback is refused, and the flag stays closed at zero', async (world) => {
  await world.worker({ serves: ['workflows', 'rollback'] });
  const stalled = await world.worker({
    serves: ['activities'],
    oneAtATime: true,
    stopAt: { point: 'raise.beforeWrite', nth: 2 },
  });
  const rollout = await world.start();
  await stalled.stopped();
  await world.worker({ serves: ['activities'] });
  assert.equal((await rollout.send('rollback', { reason: 'looks wrong' })).state, 'accepted');
  const { how, lowering } = await rollout.ending();
  assert.deepEqual([how, lowering?.cause, lowering?.by], ['RolledBack', 'operator', 'ada']);
  const flags = readFileSync(world.files.flags, 'utf8');

  stalled.wake();
  const late = await eventually(
    'the late raise to be answered',
    async () => stalled.attempts.filter(({ activity }) => activity === 'raiseExposure'),
    (raises) => raises.length === 2,
  );
  assert.deepEqual(
    late.map(({ failure }) => failure),
    [null, 'exposureClosed'],
  );
  assert.equal(readFileSync(world.files.flags, 'utf8'), flags);
  const { state, served, intact } = await world.store.read(rollout.target);
  assert.deepEqual([served, intact], [{ share: 0, cohorts: [] }, true]);
  assert.equal(state.closedFor, rollout.rolloutId);
  assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);
});
