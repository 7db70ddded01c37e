/** A worker killed with -9 on the way up: the rollout ends as if nothing had happened, and no write has two effects. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';

const KILLED_AT = [
  { point: 'bake.collected', nth: 2, where: 'in the middle of a bake' },
  { point: 'raise.beforeWrite', nth: 2, where: 'in a raise before its write' },
  { point: 'raise.afterWrite', nth: 2, where: 'in a raise after its write' },
  { point: 'promote.betweenWrites', nth: 1, where: 'between the two writes of the promotion' },
];

suite('killed on the way up', { concurrency: 2 }, () => {
  for (const { point, nth, where } of KILLED_AT) {
    faultTest(`reaches everyone all the same when the worker is killed ${where}`, async (world) => {
      const doomed = await world.worker({ stopAt: { point, nth } });
      const rollout = await world.start();
      await doomed.stopped();
      await doomed.kill();
      await world.worker();
      assert.equal((await rollout.ending()).how, 'Completed');
      assert.deepEqual(storyOf(await rollout.journal()), UNDISTURBED.story);
      assert.deepEqual(exposuresOf(world.application), UNDISTURBED.exposures);
      assert.equal(await world.production(), 'nb-2');
    });
  }
});
