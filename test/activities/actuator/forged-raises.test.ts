/** A workflow or worker that was taken over orders raises as it likes (threat rows 13, 15, 16, 22, 23): none is made. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RaiseInput } from '../../../workflows/contract/activities.js';
import { R2 } from '../exposure/support.js';
import { type ActuatorWorld, actuatorWorld, type Caller, codeOf } from './world.js';

/** Refused with the code, and the flag file is what it was, byte for byte. */
async function refused(world: ActuatorWorld, input: RaiseInput, code: string, caller?: Caller): Promise<void> {
  const before = world.bytes();
  assert.equal(await codeOf(world.raise(input, caller)), code);
  assert.equal(world.bytes(), before);
}

const inBeta = async (t: TestContext): Promise<ActuatorWorld> => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  await world.bake('beta', 0);
  return world;
};

test('an honest rollout rises step by step to everyone, is promoted, and its hold-back ends', async (t) => {
  const world = await actuatorWorld(t, { plan: { after: { forMs: 1, everyMs: 1, holdBack: 0.1, gates: [] } } });
  await world.upTo('general', 1);
  await world.bake('general', 1);
  assert.equal((await world.promote(await world.promotion())).state.mode, 'promoted');
  assert.equal(await world.production(), 'nb-2');
  const { mandate, ...fence } = await world.promotion();
  assert.ok(mandate);
  assert.equal((await world.settle({ ...fence, holdBack: 0 })).state.holdBack, 0);
});

test('refuses a workflow of another type, of another model, and one that is no workflow at all', async (t) => {
  const world = await actuatorWorld(t);
  const input = await world.order('internal', 0);
  await refused(world, input, 'wrongCaller', { workflowType: 'somebodyElses' });
  await refused(world, input, 'wrongCaller', { workflowId: 'rollout/mail/other-model' });
  await refused(world, input, 'wrongCaller', { workflowId: 'rollout/other-tenant/spam-filter' });
  await refused(world, input, 'wrongCaller', { workflowId: 'x' });
  assert.equal(await codeOf(world.raise(input)), 'done');
});

test('refuses a raise that skips a step, by what the store itself says is in force', async (t) => {
  const world = await inBeta(t);
  await world.bake('general', 0);
  await refused(world, await world.order('general', 1), 'notNextStep');
  const fresh = await actuatorWorld(t);
  await refused(fresh, await fresh.order('beta', 0), 'notNextStep');
});

test('refuses an exposure, a lease, a target or a step that the pinned plan does not have', async (t) => {
  const world = await inBeta(t);
  const wrong: Partial<RaiseInput>[] = [
    { exposure: { share: 1, cohorts: ['staff'] } },
    { exposure: { share: 0.5, cohorts: ['staff', 'everybody'] } },
    { step: 7 },
    { stage: 'of-my-own' },
    { leaseForMs: 10 * 365 * 86_400_000 },
    { onSilence: 'keep' },
    { target: { ...world.admission.target, candidateVersion: 'nb-3' } },
    { target: { ...world.admission.target, rolloutId: R2 } },
  ];
  for (const change of wrong) await refused(world, await world.order('general', 0, change), 'planMismatch');
  await refused(world, await world.order('general', 0, { rolloutId: R2 }), 'notFound');
});

test('refuses when the plan in the evidence is no longer the one that was admitted', async (t) => {
  const world = await actuatorWorld(t, {
    plan: { intent: 'swapped after admission' },
    admission: { digests: { ...(await actuatorWorld(t)).admission.digests, plan: `sha256:${'0'.repeat(64)}` } },
  });
  await refused(world, await world.order('internal', 0), 'planMismatch');
});

test('a workflow that was reset orders from an old revision and is refused with what is there', async (t) => {
  const world = await inBeta(t);
  const before = world.bytes();
  const late = await world.order('general', 0, { expectedRevision: 1 });
  await assert.rejects(world.raise(late), { type: 'exposureConflict', details: [2] });
  assert.equal(world.bytes(), before);
});

test('a raise that comes after the rollback is refused, whatever decisions and windows came with it', async (t) => {
  const world = await inBeta(t);
  const stalled = await world.order('general', 0);
  await world.store.restoreToZero(world.admission.target, 'back');
  await refused(world, stalled, 'exposureClosed');
  await refused(world, await world.order('general', 0), 'exposureClosed');
});

test('a used write id opens no door: what it names is answered, nothing else is written', async (t) => {
  const world = await inBeta(t);
  const { state } = await world.store.read(world.admission.target);
  const forged = await world.order('general', 1, { writeId: state.writeId ?? '', mandate: null });
  await refused(world, forged, 'exposureUnverified');
  assert.equal(
    await codeOf(world.promote(await world.promotion({ writeId: state.writeId ?? '', mandate: null }))),
    'notNextStep',
  );
  assert.equal(await world.production(), 'rules-1');
});

test('a raise whose answer was lost is answered again and written once', async (t) => {
  const world = await inBeta(t);
  const input = await world.order('general', 0);
  const first = await world.raise(input);
  const before = world.bytes();
  assert.deepEqual((await world.raise(input)).state, first.state);
  assert.equal(world.bytes(), before);
});

test('a promotion asks for all of it: the last step in force, its pass, the decisions, nothing else than was admitted', async (t) => {
  const world = await inBeta(t);
  const refusedPromotion = async (change: Parameters<ActuatorWorld['promotion']>[0], code: string, caller?: Caller) => {
    const before = world.bytes();
    assert.equal(await codeOf(world.promote(await world.promotion(change), caller)), code);
    assert.deepEqual([world.bytes(), await world.production()], [before, 'rules-1']);
  };
  await refusedPromotion({}, 'notNextStep');
  await world.raise(await world.order('general', 0));
  await world.bake('general', 0);
  await world.raise(await world.order('general', 1));
  await refusedPromotion({}, 'notProven');
  await world.bake('general', 1);
  await refusedPromotion({ mandate: null }, 'quorumLost');
  await refusedPromotion({ holdBack: 0.5 }, 'planMismatch');
  await refusedPromotion({ alias: 'staging' }, 'planMismatch');
  await refusedPromotion({ to: { version: 'nb-3', digest: world.admission.digests.candidate } }, 'planMismatch');
  await refusedPromotion({}, 'wrongCaller', { workflowType: 'x' });
  assert.equal(await codeOf(world.promote(await world.promotion())), 'done');
});

test('a hold-back ends after a promotion of this rollout only, and by this rollout only', async (t) => {
  const world = await inBeta(t);
  const { mandate, ...input } = await world.promotion();
  assert.ok(mandate);
  const before = world.bytes();
  assert.equal(await codeOf(world.settle({ ...input, holdBack: 0 })), 'notNextStep');
  assert.equal(await codeOf(world.settle({ ...input, holdBack: 0 }, { workflowType: 'x' })), 'wrongCaller');
  assert.equal(world.bytes(), before);
});
