/** Somebody edits the flag file by hand while the rollout bakes. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { faultTest, type MiniWorld } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';

/** Long enough that no verdict comes before the edit has been dealt with. */
const STAGES =
  '[{ name: beta, exposure: { share: 25% }, bake: { warmup: 1s, min: 4s, max: 3m }, gates: [errors-low] },' +
  ' { name: general, exposure: { share: 100% }, bake: { warmup: 1s, min: 1s, max: 3m }, gates: [errors-low] }]';

const BEFORE = ['admitted', 'raising beta 25 %', 'raised'];
const ON = ['verdict pass', 'raising general 100 %', 'raised', 'verdict pass', 'promoted', 'ended completed'];

/** Every look renews the lease. Right after one, an edit serves for as long as it can: until the next. */
async function looks({ application }: MiniWorld, times: number): Promise<void> {
  const renewals = async () => new Set(application.shown.map(({ leaseUntilMs }) => leaseUntilMs)).size;
  const before = await renewals();
  await eventually(`${times} renewals of the lease`, renewals, (now) => now >= before + times);
}

suite('flag edited by hand', { concurrency: 2 }, () => {
  faultTest('an edit upwards goes back to the approved share at once, and the rollout goes on', async (world, t) => {
    await world.worker();
    const rollout = await world.start({ stages: STAGES });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    // Past the warm-up, whose windows are not judged anyway.
    await looks(world, 3);
    const editedAt = Date.now();
    world.edit((flag) => {
      flag.defaultVariant = 'nb-2';
      delete flag.targeting;
    });
    const back = await eventually(
      'the approved share to be written again',
      async () => world.application.shown.at(-1),
      (shown) => shown?.revision === 2,
    );
    t.diagnostic(`put back after ${(back?.atMs ?? 0) - editedAt} ms`);
    assert.deepEqual([back?.share, back?.mode], [0.25, 'exposing']);
    assert.equal((await rollout.ending()).how, 'Completed');
    assert.deepEqual(storyOf(await rollout.journal()), [...BEFORE, 'edited up', ...ON]);
    assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 25 %', '2: 25 %', '3: 100 %', '4: promoted']);
  });

  faultTest('an edit downwards holds and asks; resume puts the approved share back', async (world) => {
    await world.worker();
    const rollout = await world.start({ stages: STAGES });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    world.edit((flag) => {
      delete flag.targeting;
    });
    const held = await rollout.until('the hold', ({ holds }) => holds.length > 0);
    assert.equal(held.holds[0]?.cause, 'edited');
    assert.match(held.holds[0]?.reason ?? '', /changed by hand: it serves the candidate to 0\.0 %/);
    // Long enough for the split check to find that nobody meets the candidate any more, were it asked.
    await looks(world, 3);
    assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 25 %']);
    assert.equal((await rollout.send('resume')).state, 'accepted');
    assert.equal((await rollout.ending()).how, 'Completed');
    assert.deepEqual(storyOf(await rollout.journal()), [
      ...BEFORE,
      'held edited',
      'resumed',
      'messageAccepted',
      'raising beta 25 %',
      'raised',
      ...ON,
    ]);
    assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 25 %', '2: 25 %', '3: 100 %', '4: promoted']);
  });

  faultTest('a lease rule deleted by hand is there again at the next look', async (world) => {
    await world.worker();
    const rollout = await world.start({ stages: STAGES });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    world.edit((flag) => {
      [, flag.targeting] = flag.targeting.if;
    });
    const shown = await eventually(
      'the rule to be written again',
      async () => world.application.shown.map(({ revision, rules }) => ({ revision, rules })),
      (all) => all.at(-1)?.revision === 2,
    );
    assert.match(shown.at(-1)?.rules ?? '', /flagd\.timestamp/);
    assert.equal((await rollout.ending()).how, 'Completed');
    assert.deepEqual(storyOf(await rollout.journal()), [...BEFORE, 'edited up', ...ON]);
  });
});
