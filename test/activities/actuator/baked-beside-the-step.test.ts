/** A pass counts for the traffic of the step that is in force, whatever the order of a look says (threat rows 23, 24). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { bake } from '../../../activities/bake/bake.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import type { CollectedWindow } from '../../../activities/sources/adapter.js';
import type { BakeInput } from '../../../workflows/contract/activities.js';
import { WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import { both } from '../../unit/judge/world.js';
import { R1 } from '../exposure/support.js';
import { type ActuatorWorld, actuatorWorld, codeOf } from './world.js';

const SECOND = 1_000;

/** Traffic in which the candidate does well: what a source has of four seconds from `startMs` on. */
function trafficFrom(startMs: number): CollectedWindow[] {
  return [0, 1, 2, 3].map((index) => ({
    index,
    startMs: startMs + index * SECOND,
    endMs: startMs + (index + 1) * SECOND,
    observations: { errors: both([2_000, 0], [2_000, 0]) },
  }));
}

function withTraffic({ deps }: ActuatorWorld, startMs: number): ActivityDeps {
  const source = {
    collect: async () => trafficFrom(startMs),
    inspectArm: async () => null,
    check: async () => [],
    close: async () => undefined,
  };
  return { ...deps, connections: (tenant) => ({ ...deps.connections(tenant), source: () => source }) };
}

interface Looking {
  /** Start of what the source has. */
  fromMs: number;
  change?: Partial<BakeInput>;
}

/** One look of the rollout's own at general step 1; gives how it ended. */
async function look(world: ActuatorWorld, { fromMs, change = {} }: Looking): Promise<string> {
  const { admission, store } = world;
  const { state } = await store.read(admission.target);
  const input: BakeInput = {
    tenant: 'mail',
    model: 'spam-filter',
    rolloutId: R1,
    target: admission.target,
    planDigest: admission.digests.plan,
    digests: admission.digests,
    mode: 'bake',
    stage: 'general',
    step: 0,
    attempt: 1,
    key: 'general-0-1',
    exposure: { share: 0.5, cohorts: ['staff'] },
    revision: state.revision,
    sinceMs: 0,
    deadlineMs: null,
    known: { blind: [], splitBroken: false, labelsBroken: false, armWrong: null, editedDown: null },
    earlier: [],
    waive: [],
    ...change,
  };
  const workflowExecution = { workflowId: workflowId('mail', 'spam-filter'), runId: 'run' };
  const info = { workflowType: WORKFLOW_TYPE, workflowExecution };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  const result: Promise<{ kind: string }> = environment.run(bake(withTraffic(world, fromMs)), input);
  return result.then(
    ({ kind }) => kind,
    (error: Error & { type?: string }) => error.type ?? error.message,
  );
}

async function inBeta(t: TestContext): Promise<ActuatorWorld> {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  await world.bake('beta', 0);
  return world;
}

const toEveryone = async (world: ActuatorWorld): Promise<string> => {
  const before = world.bytes();
  const code = await codeOf(world.raise(await world.order('general', 1)));
  if (code !== 'done') assert.equal(world.bytes(), before);
  return code;
};

test('traffic of the step in force proves its pass, and the next step may follow', async (t) => {
  const world = await inBeta(t);
  await world.raise(await world.order('general', 0));
  assert.equal(await look(world, { fromMs: Date.now() + SECOND }), 'pass');
  assert.equal(await toEveryone(world), 'done');
});

test('a step that was baked ahead of its raise has not passed', async (t) => {
  const world = await inBeta(t);
  assert.equal(await look(world, { fromMs: Date.now() - 60 * SECOND }), 'conditions');
  await world.raise(await world.order('general', 0));
  assert.equal(await toEveryone(world), 'notProven');
});

test('traffic from before the raise does not prove the step, whenever the order says that it began', async (t) => {
  const world = await inBeta(t);
  await world.raise(await world.order('general', 0));
  assert.equal(await look(world, { fromMs: Date.now() - 3_600 * SECOND }), 'NotYet');
  assert.equal(await toEveryone(world), 'notProven');
});

test('a look at one step keeps nothing under the name of another', async (t) => {
  const world = await inBeta(t);
  const fromMs = Date.now() + SECOND;
  const beta = { stage: 'beta', exposure: { share: 0.25, cohorts: ['staff'] } };
  const forged: Partial<BakeInput>[] = [
    beta,
    { exposure: { share: 0.25, cohorts: ['staff'] } },
    { step: 1 },
    { attempt: 2 },
    { stage: 'of-my-own' },
  ];
  for (const change of forged) assert.equal(await look(world, { fromMs, change }), 'planMismatch');
  assert.deepEqual(await world.evidence.windows('windows/general-0-1', 'errors'), []);
});

test('a raise that is made again after an edit by hand counts from then on', async (t) => {
  const world = await inBeta(t);
  await world.raise(await world.order('general', 0));
  const firstMs = Date.now();
  const later = { ...world.deps, now: () => firstMs + 10 * SECOND };
  Object.assign(world.deps, later);
  await world.raise(await world.order('general', 0));
  assert.equal(await look(world, { fromMs: firstMs + SECOND }), 'NotYet');
  assert.equal(await toEveryone(world), 'notProven');
});
