/** While no worker runs, somebody approves and somebody rolls back: both wait, and are handled in one go. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';

const BAKE = '{ warmup: 1s, min: 1s, max: 3m }';
const STAGES = `[{ name: beta, exposure: { share: 25% }, bake: ${BAKE}, gates: [errors-low] },
  { name: general, exposure: { share: 100% }, bake: ${BAKE}, gates: [errors-low],
    approval: { rules: [{ role: modelOwner }, { role: risk }] } }]`;

suite('approved and rolled back', { concurrency: 2 }, () => {
  for (const order of [
    ['approve', 'rollback'],
    ['rollback', 'approve'],
  ] as const) {
    faultTest(`exposure never rises when ${order.join(' and ')} arrive together, in this order`, async (world) => {
      const gone = await world.worker();
      const rollout = await world.start({ stages: STAGES });
      const { request } = await rollout.until('the request', (view) => view.request !== null);
      const requestId = request?.requestId;
      assert.equal((await rollout.send('approve', { by: 'ada', requestId })).state, 'accepted');
      await gone.kill();
      for (const verb of order)
        await rollout.signal(verb, verb === 'approve' ? { by: 'eve', requestId } : { by: 'bob' });
      await world.worker();
      const { how, lowering } = await rollout.ending();
      assert.deepEqual([how, lowering?.cause, lowering?.by], ['RolledBack', 'operator', 'bob']);
      assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 25 %', '2: closed']);
      const raises = storyOf(await rollout.journal()).filter((line) => line.startsWith('raising'));
      assert.deepEqual(raises, ['raising beta 25 %']);
    });
  }
});
