/** An arm that is not what was admitted: another model is loaded, or it is not well. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import type { MiniWorld } from '../support/mini-world.js';
import { faultTest } from '../support/mini-world.js';

const WRONGS: { title: string; spoil: (world: MiniWorld) => () => void; says: RegExp }[] = [
  {
    title: 'a candidate that serves another digest',
    spoil: ({ arms: { candidate }, digests }) => {
      candidate.digest = `sha256:${'0'.repeat(64)}`;
      return () => void (candidate.digest = digests.candidate);
    },
    says: /^The candidate serves sha256:0{64}, not the pinned sha256:/,
  },
  {
    title: 'a baseline that is not healthy',
    spoil: ({ arms: { baseline } }) => {
      baseline.healthy = false;
      return () => void (baseline.healthy = true);
    },
    says: /^The baseline is not healthy: .*answers 503/,
  },
];

suite('arm wrong', { concurrency: 2 }, () => {
  for (const { title, spoil, says } of WRONGS) {
    faultTest(`${title} holds the rollout, which goes on when it is right again`, async (world) => {
      await world.worker();
      const rollout = await world.start({ bake: 'minUnits: 1200' });
      await rollout.until('the bake', ({ status }) => status === 'baking');
      const mend = spoil(world);
      const { holds } = await rollout.until('the hold', (view) => view.holds.length > 0);
      assert.deepEqual(
        holds.map(({ cause }) => cause),
        ['armChanged'],
      );
      assert.match(holds[0]?.reason ?? '', says);
      mend();
      assert.equal((await rollout.ending()).how, 'Completed');
      const story = storyOf(await rollout.journal());
      assert.deepEqual(story.slice(2, 6), ['raised', 'held armChanged', 'resumed', 'verdict pass']);
      assert.deepEqual(exposuresOf(world.application), UNDISTURBED.exposures);
    });
  }
});
