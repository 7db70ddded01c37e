/** A freeze blocks raises whatever was approved; lowering asks for nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FreezeWindow } from '../../../approvals/policy.js';
import { edit } from '../exposure/support.js';
import { actuatorWorld, codeOf } from './world.js';

const DAY = 86_400_000;
const local = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16);

function freeze(change: Partial<FreezeWindow> = {}): FreezeWindow {
  const deny: FreezeWindow['deny'] = [{ kind: 'dates', from: local(Date.now() - DAY), to: local(Date.now() + DAY) }];
  return {
    name: 'year-end',
    zone: 'UTC',
    deny,
    allow: [],
    tenants: null,
    reason: 'Books are being closed.',
    ...change,
  };
}

test('a freeze window blocks a raise that everybody approved, says until when, and touches nothing', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  await world.bake('beta', 0);
  Object.assign(world.deps.policy, { freezes: [freeze()] });
  const before = world.bytes();
  const refusal = await world.raise(await world.order('general', 0)).then(
    () => null,
    (error: unknown) => error,
  );
  const { type, details, message, nonRetryable } = refusal as { [key: string]: unknown };
  assert.deepEqual([type, nonRetryable], ['frozen', true]);
  assert.match(String(message), /year-end.*Books are being closed/);
  const [untilMs] = details as number[];
  assert.ok(untilMs !== undefined && untilMs > Date.now() && untilMs <= Date.now() + DAY);
  assert.equal(world.bytes(), before);
  Object.assign(world.deps.policy, { freezes: [freeze({ tenants: ['another'] })] });
  assert.equal(await codeOf(world.raise(await world.order('general', 0))), 'done');
});

test('a freeze blocks the first step and the promotion too, and the alias stays', async (t) => {
  const fresh = await actuatorWorld(t, { policy: { freezes: [freeze()] } });
  assert.equal(await codeOf(fresh.raise(await fresh.order('internal', 0))), 'frozen');
  const world = await actuatorWorld(t);
  await world.upTo('general', 1);
  await world.bake('general', 1);
  Object.assign(world.deps.policy, { freezes: [freeze()] });
  const before = world.bytes();
  assert.equal(await codeOf(world.promote(await world.promotion())), 'frozen');
  assert.deepEqual([world.bytes(), await world.production()], [before, 'rules-1']);
});

test('a freeze without a foreseeable end names none', async (t) => {
  const deny: FreezeWindow['deny'] = [{ kind: 'dates', from: '2020-01-01T00:00', to: '2099-01-01T00:00' }];
  const world = await actuatorWorld(t, { policy: { freezes: [freeze({ deny })] } });
  await assert.rejects(world.raise(await world.order('internal', 0)), ({ type, details }: any) => {
    assert.deepEqual([type, details], ['frozen', []]);
    return true;
  });
});

test('lowering to an earlier step of the plan asks for nothing: no pass, no decision, no freeze', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('general', 1);
  Object.assign(world.deps.policy, { freezes: [freeze()] });
  const { state } = await world.raise(await world.order('general', 0, { mandate: null }));
  assert.equal(state.share, 0.5);
  await world.store.restoreToZero(world.admission.target, 'back');
  assert.equal(world.serves('staff'), 'rules-1');
});

test('what is in force is written again after an edit by hand, but not upwards in a freeze', async (t) => {
  const world = await actuatorWorld(t);
  await world.upTo('beta', 0);
  edit(world.flags, (flag) => {
    delete flag.targeting;
  });
  assert.equal(world.serves('staff'), 'rules-1');
  Object.assign(world.deps.policy, { freezes: [freeze()] });
  // Between two stages the workflow names the one that comes, with the exposure that is in force.
  const again = { exposure: { share: 0.25, cohorts: ['staff'] }, mandate: null };
  assert.equal(await codeOf(world.raise(await world.order('general', 0, again))), 'frozen');
  Object.assign(world.deps.policy, { freezes: [] });
  assert.equal(await codeOf(world.raise(await world.order('general', 0, again))), 'done');
  assert.equal(world.serves('staff'), 'nb-2');
});
