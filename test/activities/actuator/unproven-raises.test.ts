/** A raise stands on the pass of the step before, judged again from the windows (threat row 23). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Counts } from '../../unit/judge/world.js';
import { window } from '../../unit/judge/world.js';
import { aPlan } from '../../support/plans.js';
import { type ActuatorWorld, actuatorWorld, codeOf, type Setting, splitAt } from './world.js';

const GOOD: Counts = [2_000, 0];
const BAD: Counts = [2_000, 400];
/** Proves nothing either way. */
const FEW: Counts = [3, 0];

async function inBeta(t: TestContext, setting: Setting = {}): Promise<ActuatorWorld> {
  const world = await actuatorWorld(t, setting);
  await world.upTo('beta', 0);
  return world;
}

async function raiseAfter(world: ActuatorWorld): Promise<string> {
  const before = world.bytes();
  const code = await codeOf(world.raise(await world.order('general', 0)));
  assert.equal(world.bytes() === before, code !== 'done');
  return code;
}

test('refuses a raise when the step before has no windows, too few, or bad ones', async (t) => {
  const none = await inBeta(t);
  assert.equal(await raiseAfter(none), 'notProven');
  const few = await inBeta(t);
  await few.bake('beta', 0, FEW);
  assert.equal(await raiseAfter(few), 'notProven');
  const bad = await inBeta(t);
  await bad.bake('beta', 0, BAD);
  assert.equal(await raiseAfter(bad), 'notProven');
});

test('windows of another step, of a guard, or of a stage with a like name prove nothing', async (t) => {
  const world = await inBeta(t);
  await world.bake('beta', 0, GOOD, 'guard/beta-0-1');
  await world.bake('beta', 0, GOOD, 'windows/beta-1-1');
  await world.bake('beta', 0, GOOD, 'windows/beta-0-0-1');
  assert.equal(await raiseAfter(world), 'notProven');
});

test('any try of the step may have passed', async (t) => {
  const world = await inBeta(t);
  await world.bake('beta', 0, FEW, 'windows/beta-0-1');
  await world.bake('beta', 0, GOOD, 'windows/beta-0-2');
  assert.equal(await raiseAfter(world), 'done');
});

test('a pass does not hold against harm that the guard recorded while people decided', async (t) => {
  const world = await inBeta(t);
  await world.bake('beta', 0, GOOD);
  await world.bake('beta', 0, BAD, 'guard/general-0-0');
  assert.equal(await raiseAfter(world), 'notProven');
});

test('a minimum bake that the windows do not fill is no pass, and one that they fill to the window is', async (t) => {
  const stages = (minMs: number) =>
    aPlan().stages.map((stage) => ({ ...stage, bake: { ...stage.bake, minMs: stage.name === 'beta' ? minMs : 0 } }));
  const short = await inBeta(t, { plan: { stages: stages(60_000) } });
  await short.bake('beta', 0);
  assert.equal(await raiseAfter(short), 'notProven');
  const exact = await inBeta(t, { plan: { stages: stages(5_000) } });
  await exact.bake('beta', 0);
  assert.equal(await raiseAfter(exact), 'done');
});

test('windows spoilt by an edit at the start of a bake do not move the start of judged time', async (t) => {
  const stages = aPlan().stages.map((stage) => ({ ...stage, bake: { ...stage.bake, minMs: 5_000 } }));
  const world = await actuatorWorld(t, { plan: { stages: stages.slice(1) } });
  await world.raise(await world.order('beta', 0));
  const seen = { kind: 'noData' as const, reason: 'not judged anyway' };
  const early = { share: 0.25, discarded: 'it began before this exposure was in force' };
  await world.evidence.putWindow('windows/beta-0-1', window(0, seen, early));
  const edited = { share: 0.25, discarded: 'the flag was edited meanwhile' };
  for (const index of [1, 2]) await world.evidence.putWindow('windows/beta-0-1', window(index, seen, edited));
  const good = splitAt(0.25, GOOD);
  for (const index of [3, 4, 5])
    await world.evidence.putWindow('windows/beta-0-1', window(index, good, { share: 0.25 }));
  assert.equal(await raiseAfter(world), 'done');
});

test('a gate that an emergency start waived need not pass up to its cap, and may still prove harm', async (t) => {
  const plan = waivable();
  const granted = { waive: ['lost'], cap: 0.3, reviewDueMs: 0 };
  const plain = await inBeta(t, { plan });
  await plain.bake('beta', 0);
  assert.equal(await raiseAfter(plain), 'notProven');
  const waived = await inBeta(t, { plan, admission: { breakGlass: granted } });
  await waived.bake('beta', 0);
  assert.equal(await raiseAfter(waived), 'done');
  const above = await inBeta(t, { plan, admission: { breakGlass: { ...granted, cap: 0.2 } } });
  await above.bake('beta', 0);
  assert.equal(await raiseAfter(above), 'notProven');
  const harmful = await inBeta(t, { plan, admission: { breakGlass: granted } });
  await harmful.bake('beta', 0);
  for (const index of [0, 1, 2, 3, 4]) {
    const seen = window(index, splitAt(0.25, BAD), { metric: 'lost', share: 0.25 });
    await harmful.evidence.putWindow('windows/beta-0-1', seen);
  }
  assert.equal(await raiseAfter(harmful), 'notProven');
});

/** A second metric that beta asks about and nothing is heard of. */
function waivable() {
  const { metrics, gates, stages } = aPlan();
  const [errors, low] = [metrics['errors'], gates['errors-low']];
  assert.ok(errors && low);
  return {
    metrics: { errors, lost: errors },
    gates: { 'errors-low': low, lost: { ...low, metric: 'lost' } },
    stages: stages.map((stage) => (stage.name === 'beta' ? { ...stage, gates: ['errors-low', 'lost'] } : stage)),
  };
}
