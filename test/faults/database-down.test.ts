/** The database of outcomes dies while the rollout bakes, and comes back. */
import assert from 'node:assert/strict';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';
import { startPostgres } from '../support/postgres.js';

faultTest('a dead database blinds its gate alone; the rollout holds and goes on by itself', async (world) => {
  const postgres = await startPostgres();
  try {
    await world.outcomesAt(postgres.port);
    await world.worker();
    const rollout = await world.start({ outcomes: true, bake: 'blindAfter: 2s' });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    await postgres.kill();
    const held = await rollout.until('the hold', ({ holds }) => holds.some(({ cause }) => cause === 'blind'));
    assert.deepEqual(held.conditions?.blind, ['lost-low']);
    await postgres.restart();
    assert.equal((await rollout.ending()).how, 'Completed');
    const story = storyOf(await rollout.journal());
    assert.ok(story.indexOf('held blind') < story.indexOf('resumed'), story.join(', '));
    assert.deepEqual(exposuresOf(world.application), UNDISTURBED.exposures);
  } finally {
    await postgres.stop();
  }
});
