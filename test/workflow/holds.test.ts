/** Holding, resuming, extending: what parks, what goes on, what lifts itself. */
import assert from 'node:assert/strict';
import { fakeWorld, type Says } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { rolloutTest } from '../support/workflow-test.js';

const twoSteps = aPlan({
  stages: [
    {
      ...STAGE.internal(),
      steps: [
        { share: 0.1, cohorts: [] },
        { share: 0.5, cohorts: [] },
      ],
    },
  ],
});

/** A judge the test can turn round while the rollout runs. */
function turning(first: Says): { world: () => ReturnType<typeof fakeWorld>; say(next: Says): void } {
  const now = new Map<ReturnType<typeof fakeWorld>, Says>();
  let newest: ReturnType<typeof fakeWorld> | null = null;
  return {
    world: () => {
      const world = fakeWorld({
        judge: (input) => (input.mode === 'bake' || now.get(world) === 'fail' ? (now.get(world) ?? first) : 'wait'),
      });
      newest = world;
      return world;
    },
    say: (next) => {
      if (newest) now.set(newest, next);
    },
  };
}

const parked = turning('wait');
rolloutTest(
  'parks a pass while held, guards meanwhile, and asks the judge again on resume',
  { plan: twoSteps, world: parked.world },
  async ({ until, send, world }) => {
    await until('the bake', (view) => view.status === 'baking');
    await send('hold', { by: 'olga', reason: 'looking at a graph' });
    await until('the hold', (view) => view.status === 'held');
    parked.say('pass');
    await until('a guard', () => world.calls.includes('guard internal-0-1'));
    assert.ok(!world.calls.includes('raise 0.5 '));
    await send('resume', { by: 'olga' });
    await until('the second raise', () => world.calls.includes('raise 0.5 '));
    const after = world.calls.slice(world.calls.indexOf('guard internal-0-1'));
    assert.ok(
      after.indexOf('bake internal-0-1') < after.indexOf('raise 0.5 '),
      `the judge was not asked again: ${after.join(', ')}`,
    );
  },
);

const failing = turning('wait');
rolloutTest(
  'a gate that fails rolls back although the rollout is held',
  { plan: twoSteps, world: failing.world },
  async ({ until, send, ending }) => {
    await until('the bake', (view) => view.status === 'baking');
    await send('hold', { by: 'olga' });
    await until('the hold', (view) => view.status === 'held');
    failing.say('fail');
    assert.equal(await ending(), 'RolledBack');
  },
);

const blind = turning({ blind: ['errors-low'] });
rolloutTest(
  'holds while a gate is blind, refuses resume, and goes on by itself when it sees again',
  { plan: twoSteps, world: blind.world },
  async ({ until, send, answer, world }) => {
    const held = await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'blind'));
    assert.equal(held.status, 'held');
    assert.equal((await answer(await send('resume'))).code, 'notYourHold');
    blind.say('wait');
    await until('the hold lifted', (view) => view.holds.length === 0 && view.status === 'baking');
    blind.say('pass');
    await until('the second raise', () => world.calls.includes('raise 0.5 '));
  },
);

const blindPlan = aPlan({
  stages: [{ ...STAGE.internal(), bake: { ...STAGE.internal().bake, onBlind: 'rollback', blindDeadlineMs: 500 } }],
});
rolloutTest(
  'rolls back when blind past the deadline and the plan says so',
  { plan: blindPlan, world: turning({ blind: ['errors-low'] }).world },
  async ({ ending, world }) => {
    assert.equal(await ending(), 'RolledBack');
    assert.equal(world.exposure.cohorts.length, 0);
  },
);

const undecided = turning('timeout');
rolloutTest(
  'holds an undecided bake, refuses resume, and goes on when extended',
  { plan: twoSteps, world: undecided.world },
  async ({ until, send, answer, world }) => {
    await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'timeout'));
    assert.equal((await answer(await send('resume'))).code, 'notYourHold');
    assert.ok(!world.calls.includes('raise 0.5 '));
    undecided.say('pass');
    assert.equal((await answer(await send('extend'))).state, 'accepted');
    await until('the second raise', () => world.calls.includes('raise 0.5 '));
  },
);

const edited = turning({ editedDown: 'The flag was lowered by hand.' });
rolloutTest(
  'asks when somebody lowers the flag by hand; resume writes the approved exposure again and judges afresh',
  { plan: twoSteps, world: edited.world },
  async ({ until, send, world }) => {
    await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'edited'));
    edited.say('pass');
    await send('resume', { by: 'olga' });
    await until('the second raise', () => world.calls.includes('raise 0.5 '));
    assert.equal(world.calls.filter((call) => call === 'raise 0.1 ').length, 2);
    assert.ok(world.calls.includes('bake internal-0-2'));
  },
);

rolloutTest(
  'holds when the store holds another revision than was written, and writes over it on resume',
  {
    plan: twoSteps,
    world: () => {
      const world = fakeWorld();
      const judge = world.judge;
      world.judge = (input) => {
        if (input.step === 0 && input.mode === 'bake') world.exposure = { ...world.exposure, revision: 40 };
        return judge(input);
      };
      return world;
    },
  },
  async ({ until, send, world }) => {
    await until('either step', () => world.calls.some((call) => call.startsWith('raise')));
    const view = await until('a hold or the end', (seen) => seen.status === 'held' || seen.status === 'completed');
    if (view.status === 'held') await send('resume', { by: 'olga' });
    await until('the second raise', () => world.exposure.share === 0.5);
  },
);

rolloutTest(
  'a rollback done directly at the store is adopted and finished',
  { plan: twoSteps, world: turning('wait').world },
  async ({ until, ending, world, rolloutId }) => {
    await until('the bake', (view) => view.status === 'baking');
    world.exposure = { ...world.exposure, share: 0, closedFor: rolloutId, revision: 99 };
    assert.equal(await ending(), 'RolledBack');
  },
);
