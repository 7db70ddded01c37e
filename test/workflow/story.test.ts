/** The story from admission to the end, and what raises exposure on the way. */
import assert from 'node:assert/strict';
import { QUERIES } from '../../workflows/contract/messages.js';
import type { RolloutView } from '../../workflows/contract/view.js';
import { failure } from '../../activities/failures.js';
import { fakeWorld } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { rolloutTest } from '../support/workflow-test.js';

rolloutTest(
  'reaches everyone when every step passes and every quorum stands',
  {},
  async ({ world, approve, ending }) => {
    assert.equal((await approve('ada')).state, 'accepted');
    assert.equal((await approve('ada')).state, 'accepted');
    assert.equal((await approve('eve')).state, 'accepted');
    assert.equal(await ending(), 'Completed');
    const raises = world.calls.filter((call) => call.startsWith('raise'));
    assert.deepEqual(raises, ['raise 0 staff', 'raise 0.25 staff', 'raise 0.5 staff', 'raise 1 staff']);
    assert.equal(world.calls.at(-1), 'close completed');
    assert.equal(world.exposure.mode, 'promoted');
  },
);

rolloutTest(
  'puts everyone back when a gate fails, and ends red',
  { world: () => fakeWorld({ judge: (input) => (input.stage === 'beta' ? 'fail' : 'pass') }) },
  async ({ world, approve, ending, handle }) => {
    await approve('ada');
    assert.equal(await ending(), 'RolledBack');
    assert.deepEqual(world.calls.slice(-3), ['restore', 'confirmZero', 'close rolledBack']);
    assert.equal(world.exposure.share, 0);
    assert.equal((await handle.describe()).status.name, 'FAILED');
  },
);

rolloutTest(
  'rolls the alias back too when a guard fails after promotion',
  {
    plan: aPlan({ after: { forMs: 60_000, everyMs: 200, holdBack: 0.05, gates: ['errors-low'] } }),
    world: () =>
      fakeWorld({ judge: (input) => (input.mode === 'after' ? 'fail' : input.mode === 'bake' ? 'pass' : 'wait') }),
  },
  async ({ world, approve, ending }) => {
    await approve('ada');
    await approve('ada');
    await approve('eve');
    assert.equal(await ending(), 'RolledBack');
    assert.deepEqual(world.calls.slice(-4), ['restore', 'confirmZero', 'restoreAlias', 'close rolledBack']);
  },
);

rolloutTest(
  'cancelling puts everyone back first and ends Canceled',
  { world: () => fakeWorld({ judge: () => 'wait' }) },
  async ({ world, until, handle, ending }) => {
    await until('the bake', (view) => view.status === 'baking');
    await handle.cancel();
    assert.equal(await ending(), 'Canceled');
    assert.deepEqual(world.calls.slice(-3), ['restore', 'confirmZero', 'close cancelled']);
  },
);

rolloutTest(
  'refuses what admission refuses, and touches nothing',
  {
    world: () => {
      const world = fakeWorld();
      world.failOnce.set(
        'admit',
        failure('digestMismatch', 'The candidate serves another digest than the registry has.'),
      );
      return world;
    },
  },
  async ({ world, ending }) => {
    assert.equal(await ending(), 'Refused');
    assert.deepEqual(world.calls, ['admit', 'close refused']);
  },
);

rolloutTest(
  'gives way to a new rollout in its after phase, ending the hold-back',
  {
    plan: aPlan({
      stages: [STAGE.internal()],
      after: { forMs: 600_000, everyMs: 200, holdBack: 0.05, gates: ['errors-low'] },
    }),
  },
  async ({ until, send, answer, ending, world }) => {
    await until('the after phase', (view) => view.status === 'after');
    assert.equal((await answer(await send('supersede', { by: 'next' }))).state, 'accepted');
    assert.equal(await ending(), 'Completed');
    assert.deepEqual(world.calls.slice(-2), ['settle 0', 'close completed']);
  },
);

rolloutTest(
  'a raise that fails for good rolls back',
  {
    world: () => {
      const world = fakeWorld();
      world.failOnce.set('raise', failure('unsupported', 'the store cannot do this'));
      return world;
    },
  },
  async ({ world, ending }) => {
    assert.equal(await ending(), 'RolledBack');
    assert.deepEqual(world.calls.slice(-3), ['restore', 'confirmZero', 'close rolledBack']);
  },
);

rolloutTest(
  'holds when the registry alias is elsewhere, and promotes after resume',
  {
    plan: aPlan({ stages: [STAGE.internal()] }),
    world: () => {
      const world = fakeWorld();
      world.failOnce.set('promote', failure('registryConflict', 'Alias production points elsewhere.'));
      return world;
    },
  },
  async ({ until, send, ending }) => {
    await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'registryConflict'));
    await send('resume', { by: 'olga' });
    assert.equal(await ending(), 'Completed');
  },
);

rolloutTest(
  'completes when the after phase is over, without a hold',
  {
    plan: aPlan({
      stages: [STAGE.internal()],
      after: { forMs: 600, everyMs: 200, holdBack: 0.05, gates: ['errors-low'] },
    }),
  },
  async ({ ending, world, handle }) => {
    assert.equal(await ending(), 'Completed');
    assert.deepEqual(world.calls.slice(-2), ['settle 0', 'close completed']);
    const view = await handle.query<RolloutView>(QUERIES.view);
    assert.deepEqual(view.holds, []);
  },
);

rolloutTest(
  'puts the promoted state back when it was edited by hand in the after phase and somebody resumes',
  {
    plan: aPlan({
      stages: [STAGE.internal()],
      after: { forMs: 3_000, everyMs: 200, holdBack: 0.05, gates: ['errors-low'] },
    }),
    world: () => {
      const world = fakeWorld();
      world.judge = ({ mode }) => {
        const edited = mode === 'after' && !world.calls.includes('settle 0.05');
        return edited ? { editedDown: 'The flag was edited by hand.' } : mode === 'bake' ? 'pass' : 'wait';
      };
      return world;
    },
  },
  async ({ until, send, ending, world }) => {
    await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'edited'));
    await send('resume', { by: 'olga' });
    assert.equal(await ending(), 'Completed');
    assert.ok(world.calls.includes('settle 0.05'));
  },
);
