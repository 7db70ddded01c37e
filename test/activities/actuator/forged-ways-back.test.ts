/** Doors beside the raise: what restores, guards or bakes must not be a way to raise (threat rows 15, 23). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { bake } from '../../../activities/bake/bake.js';
import { failure } from '../../../activities/failures.js';
import { restoreAlias, restoreBaseline } from '../../../activities/restore.js';
import type { BakeInput, MoveAliasInput, RestoreInput } from '../../../workflows/contract/activities.js';
import { WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import { edit, R1, R2 } from '../exposure/support.js';
import { type ActuatorWorld, actuatorWorld, codeOf } from './world.js';

const REF = { tenant: 'mail', model: 'spam-filter', rolloutId: R1 };

/** As the server would say it of the rollout itself, or of a workflow of somebody's own. */
async function as<I, O>(who: 'rollout' | 'stranger', activity: (input: I) => Promise<O>, input: I): Promise<O> {
  const id = who === 'rollout' ? workflowId('mail', 'spam-filter') : 'mine';
  const workflowType = who === 'rollout' ? WORKFLOW_TYPE : 'mine';
  const info = { workflowType, workflowExecution: { workflowId: id, runId: 'run' } };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  return environment.run(activity, input) as Promise<O>;
}

const restoring = ({ admission }: ActuatorWorld, change: Partial<RestoreInput['target']> = {}): RestoreInput => ({
  ref: REF,
  target: { ...admission.target, ...change },
  writeId: `${R1}/rollback`,
  reason: 'test',
});

const aliasOf = (change: Partial<MoveAliasInput> = {}): MoveAliasInput => {
  return { ...REF, registry: 'models', alias: 'production', from: 'nb-2', to: 'rules-1', ...change };
};

function looking({ admission }: ActuatorWorld, change: Partial<BakeInput> = {}): BakeInput {
  return {
    ...REF,
    target: admission.target,
    planDigest: admission.digests.plan,
    digests: admission.digests,
    mode: 'bake',
    stage: 'internal',
    step: 0,
    attempt: 1,
    key: 'internal-0-1',
    exposure: { share: 0, cohorts: ['staff'] },
    revision: 1,
    sinceMs: Date.now(),
    deadlineMs: null,
    known: { blind: [], splitBroken: false, labelsBroken: false, armWrong: null, editedDown: null },
    earlier: [],
    waive: [],
    ...change,
  };
}

test('a restore that calls the candidate the baseline brings everybody to the baseline all the same', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  const swapped = { baselineVersion: 'nb-2', candidateVersion: 'rules-1' };
  for (const who of ['stranger', 'rollout'] as const) {
    const { state } = await as(who, restoreBaseline(world.deps), restoring(world, swapped));
    assert.deepEqual([state.share, state.closedFor], [0, R1]);
    assert.deepEqual([world.serves('nobody'), world.serves('staff')], ['rules-1', 'rules-1']);
  }
});

test('a restore in the name of a rollout that nobody admitted touches nothing', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  const before = world.bytes();
  const forged = restoring(world, { rolloutId: R2, baselineVersion: 'nb-2', candidateVersion: 'rules-1' });
  for (const ref of [
    { ...REF, rolloutId: R2 },
    { ...REF, rolloutId: `r-${'c'.repeat(26)}` },
  ]) {
    assert.equal(await codeOf(as('rollout', restoreBaseline(world.deps), { ...forged, ref })), 'notFound');
    assert.equal(world.bytes(), before);
  }
});

test('evidence that is away stops no rollback', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  const away = async () => {
    throw failure('storeUnavailable', 'the disk is full.');
  };
  const deps = {
    ...world.deps,
    connections: (tenant: string) => ({ ...world.deps.connections(tenant), evidence: () => ({ open: away }) as never }),
  };
  const { state } = await as('rollout', restoreBaseline(deps), restoring(world));
  assert.deepEqual([state.share, state.closedFor, world.serves('staff')], [0, R1, 'rules-1']);
});

test('a rollback goes back to what was pinned after somebody edited the flag beyond recognition', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  edit(world.flags, (flag) => Object.assign(flag, { metadata: {}, targeting: {}, defaultVariant: 'nb-2' }));
  await as('rollout', restoreBaseline(world.deps), restoring(world));
  assert.equal(world.serves('staff'), 'rules-1');
});

test('the way back of an alias is no way forward, and only the rollout itself may go it', async (t) => {
  const world = await actuatorWorld(t);
  const forward = aliasOf({ from: 'rules-1', to: 'nb-2' });
  assert.equal(await codeOf(as('stranger', restoreAlias(world.deps), forward)), 'wrongCaller');
  const { moved } = await as('rollout', restoreAlias(world.deps), forward);
  assert.deepEqual([moved, await world.production()], [false, 'rules-1']);
});

test('after a promotion the alias goes back to the pinned baseline, whatever the order names', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('general', 1);
  await world.bake('general', 1);
  await world.promote(await world.promotion());
  assert.equal(await world.production(), 'nb-2');
  assert.equal(await codeOf(as('stranger', restoreAlias(world.deps), aliasOf())), 'wrongCaller');
  const { moved } = await as('rollout', restoreAlias(world.deps), aliasOf({ to: 'nb-9', alias: 'staging' }));
  assert.deepEqual([moved, await world.production()], [true, 'rules-1']);
});

test('a look that nobody but the rollout may take renews no lease and writes nothing', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('internal', 0);
  const before = world.bytes();
  assert.equal(await codeOf(as('stranger', bake(world.deps), looking(world))), 'wrongCaller');
  const target = { ...world.admission.target, candidateVersion: 'rules-1', baselineVersion: 'nb-2' };
  assert.equal(await codeOf(as('rollout', bake(world.deps), looking(world, { target }))), 'planMismatch');
  assert.equal(world.bytes(), before);
});

test('putting an edit back gives nobody more than the last write of the rollout did', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('internal', 0);
  const beyond = { exposure: { share: 1, cohorts: ['everybody'] }, revision: 999 };
  assert.equal(await codeOf(as('rollout', bake(world.deps), looking(world, beyond))), 'planMismatch');
  const forged = looking(world, { ...beyond, mode: 'guard' });
  assert.equal((await as('rollout', bake(world.deps), forged)).kind, 'editedUp');
  assert.equal(world.serves('nobody'), 'rules-1');
  const { state, served } = await world.store.read(world.admission.target);
  assert.deepEqual([state.share, served], [0, { share: 0, cohorts: [] }]);
});

test('an edit upwards is put back whole, cohorts and all', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('internal', 0);
  edit(world.flags, (flag) =>
    Object.assign(flag, { targeting: {}, variants: { 'nb-2': 'nb-2' }, defaultVariant: 'nb-2' }),
  );
  assert.equal(world.serves('nobody'), 'nb-2');
  const result = await as('rollout', bake(world.deps), looking(world));
  assert.equal(result.kind, 'editedUp');
  assert.deepEqual([world.serves('nobody'), world.serves('staff')], ['rules-1', 'nb-2']);
});

test('without its admission in the evidence a rollout moves no alias', async (t) => {
  const world = await actuatorWorld(t, { without: ['admission'] });
  assert.equal(await codeOf(as('rollout', restoreAlias(world.deps), aliasOf())), 'notFound');
  assert.equal(await world.production(), 'rules-1');
});
