/** Whatever arrives has an effect or is a recorded refusal; nothing wedges a workflow task (promise 7). */
import assert from 'node:assert/strict';
import { fakeWorld } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { rolloutTest } from '../support/workflow-test.js';

const waiting = { plan: aPlan({ stages: [STAGE.internal()] }), world: () => fakeWorld({ judge: () => 'wait' }) };
const baking = 'the bake';

rolloutTest(
  'survives null, lists, numbers, wrong versions, unknown verbs and reserved names',
  waiting,
  async ({ until, handle, send, answer }) => {
    await until(baking, (view) => view.status === 'baking');
    for (const odd of [null, 7, 'approve', [], { version: 2, by: 'x' }, { __proto__: null }, { by: { deep: true } }])
      await handle.signal('approve', odd);
    await handle.signal('aprove', { by: 'ada' });
    await handle.signal('__temporal_x', { by: 'ada' });
    await handle.signal('__proto__', null);
    await handle.signal('constructor', { by: '__proto__' });
    await handle.signal('hold');
    const view = await until(
      'eleven refusals',
      (seen) => Object.values(seen.refusedMessages).reduce((a, b) => a + b, 0) >= 11,
    );
    assert.equal(view.status, 'baking');
    assert.equal((await answer(await send('hold', { by: 'olga' }))).state, 'accepted');
  },
);

rolloutTest('survives payloads that nobody can decode', waiting, async ({ until, handle, client }) => {
  await until(baking, (view) => view.status === 'baking');
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const payloads = [
    { metadata: { encoding: bytes('json/plain') }, data: bytes('{not json') },
    { metadata: { encoding: bytes('binary/never-heard-of') }, data: bytes('x') },
    { metadata: {}, data: bytes('x') },
    { data: bytes('x') },
  ];
  for (const payload of payloads) {
    await client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      signalName: 'approve',
      input: { payloads: [payload] },
    });
  }
  await until('a refusal', (seen) => (seen.refusedMessages['unknown'] ?? 0) >= 1);
});

rolloutTest(
  'takes a message of nearly two megabytes and keeps none of it',
  waiting,
  async ({ until, send, answer, view }) => {
    await until(baking, (seen) => seen.status === 'baking');
    const reply = await answer(await send('hold', { by: 'olga', reason: 'x'.repeat(1_900_000) }));
    assert.equal(reply.state, 'accepted');
    assert.ok(JSON.stringify(await view()).length < 20_000);
  },
);

rolloutTest('the same message twice has one effect and one answer', waiting, async ({ until, send, view }) => {
  await until(baking, (seen) => seen.status === 'baking');
  const messageId = 'hold-once';
  await send('hold', { by: 'olga', messageId });
  await send('hold', { by: 'olga', messageId });
  await send('resume', { by: 'olga' });
  await until('resumed', (seen) => seen.holds.length === 0 && seen.journalSeq > 5);
  assert.equal((await view()).holds.length, 0);
});

rolloutTest(
  'a bare rollback typed into the UI works; a wrong rollout id is refused',
  waiting,
  async ({ until, handle, send, answer, ending }) => {
    await until(baking, (view) => view.status === 'baking');
    assert.equal((await answer(await send('rollback', { rolloutId: `r-${'a'.repeat(26)}` }))).code, 'wrongRollout');
    await handle.signal('rollback');
    assert.equal(await ending(), 'RolledBack');
  },
);

rolloutTest(
  'a flood of refused messages continues as new and the rollback still works',
  { ...waiting },
  async ({ until, handle, send, ending, world }) => {
    await until(baking, (view) => view.status === 'baking');
    for (let batch = 0; batch < 11; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          handle.signal('approve', { version: 1, by: `bot${i % 3}`, messageId: `${batch}-${i}` }),
        ),
      );
    }
    await until(
      'the new run',
      (view) => world.calls.filter((call) => call === 'bake internal-0-1').length >= 2 && view.status === 'baking',
    );
    await send('rollback', { by: 'olga' });
    assert.equal(await ending(), 'RolledBack');
    assert.equal(
      world.calls.filter((call) => call.startsWith('raise')).length,
      1,
      'nothing is raised again after continue-as-new',
    );
  },
);

rolloutTest('a start typed by hand ends refused instead of wedging', waiting, async ({ client, handle, queues }) => {
  for (const order of [null, {}, 'x', { version: 1, rolloutId: 'r-1', plan: {} }]) {
    const started = await client.workflow.start('rollout', {
      args: [order],
      workflowId: `${handle.workflowId}-${JSON.stringify(order)?.length}`,
      taskQueue: queues.workflows,
    });
    await assert.rejects(
      started.result(),
      (error: Error) => (error.cause as { type?: string } | undefined)?.type === 'Refused',
    );
  }
});
