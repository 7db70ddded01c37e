/** The metrics pages stop answering while the rollout bakes. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';

suite('source gone', { concurrency: 2 }, () => {
  faultTest('blind gates hold the rollout, which goes on by itself when the source is back', async (world) => {
    await world.worker();
    const rollout = await world.start({ bake: 'blindAfter: 2s' });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    world.arms.candidate.reporting = false;
    const held = await rollout.until('the hold', ({ holds }) => holds.length > 0);
    assert.deepEqual(
      held.holds.map(({ cause }) => cause),
      ['blind'],
    );
    assert.match(held.holds[0]?.reason ?? '', /errors-low/);
    assert.equal(held.verdict?.verdict === 'pass', false);
    world.arms.candidate.reporting = true;
    assert.equal((await rollout.ending()).how, 'Completed');
    const story = storyOf(await rollout.journal());
    assert.deepEqual(story.slice(0, 6), [
      'admitted',
      'raising general 50 %',
      'raised',
      'held blind',
      'resumed',
      'verdict pass',
    ]);
    assert.deepEqual(exposuresOf(world.application), UNDISTURBED.exposures);
  });

  faultTest('a source that stays away past the deadline rolls back where the plan says so', async (world) => {
    await world.worker();
    const rollout = await world.start({ bake: 'blindAfter: 2s, blindDeadline: 3s, onBlind: rollback' });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    world.arms.baseline.reporting = false;
    const { how, lowering } = await rollout.ending();
    assert.deepEqual([how, lowering?.cause], ['RolledBack', 'blind']);
    assert.match(lowering?.reason ?? '', /errors-low/);
    assert.deepEqual(storyOf(await rollout.journal()), [
      'admitted',
      'raising general 50 %',
      'raised',
      'held blind',
      'rollbackStarted blind',
      'restored',
      'zeroObserved',
      'ended rolledBack',
    ]);
    assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);
  });
});
