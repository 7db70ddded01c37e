/** A worker killed with -9 inside one write of the flag file, lock in hand: the next writer gets through, the file is whole. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { suite } from 'node:test';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';

/** The first write is the raise to half; the third renews the lease in the middle of the bake. */
const KILLED_AT = [
  { point: 'exposure.locked', nth: 3, where: 'holding the lock for a renewal of the lease' },
  { point: 'exposure.beforeRename', nth: 1, where: 'just before a raise becomes visible' },
  { point: 'exposure.afterRename', nth: 1, where: 'just after a raise became visible' },
];

suite('killed in a write', { concurrency: 3 }, () => {
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
      assert.deepEqual(readdirSync(world.files.flagDirectory).sort(), ['flags.json', 'flags.json.last-good']);
    });
  }
});
