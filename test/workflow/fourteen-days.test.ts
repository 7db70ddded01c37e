/**
 * A bake of fourteen days, a look every ten minutes, and an approval that takes two days: nothing grows with time but the
 * attempt counter. On the time-skipping server; activities read its clock from their own schedule.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Context } from '@temporalio/activity';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { notYet } from '../../activities/failures.js';
import { CONVERTER } from '../../worker/bundle.js';
import { taskQueues, WORKFLOW_TYPE } from '../../workflows/contract/ids.js';
import { QUERIES } from '../../workflows/contract/messages.js';
import type { RolloutInput } from '../../workflows/contract/start.js';
import type { RolloutView } from '../../workflows/contract/view.js';
import { fakeWorld, verdictOf } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { timeSkipping } from '../support/time-skipping.js';
import { testBundle } from '../support/workflow-test.js';

const DAY_MS = 86_400_000;
const LOOK_MS = 600_000;

test('a fourteen-day bake with two days of waiting for people stays within sixty events', {
  timeout: 240_000,
}, async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const env = await timeSkipping();
  const queues = taskQueues('fourteen-days');
  const world = fakeWorld();
  let looks = 0;
  world.activities.bake = async (input) => {
    const now = Context.current().info.currentAttemptScheduledTimestampMs;
    looks += 1;
    if (input.mode === 'guard') throw notYet('guarding', LOOK_MS);
    if (now < input.sinceMs + 14 * DAY_MS) throw notYet('two weeks are not over', LOOK_MS);
    return {
      kind: 'pass',
      verdict: verdictOf('pass'),
      conditions: input.known,
      observed: null,
      state: world.exposure,
      detectedAtMs: null,
      windows: 1,
    };
  };
  const common = { connection: env.nativeConnection, dataConverter: { payloadConverterPath: CONVERTER } };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: queues.workflows, workflowBundle: await testBundle() }),
    Worker.create({ ...common, taskQueue: queues.activities, activities: { ...world.activities } }),
    Worker.create({ ...common, taskQueue: queues.rollback, activities: { ...world.activities } }),
  ]);
  const running = workers.map((worker) => worker.run());
  try {
    const bake = { ...STAGE.internal().bake, maxMs: 20 * DAY_MS };
    const beta = STAGE.beta();
    const approval = beta.approval && { ...beta.approval, timeoutMs: 5 * DAY_MS, remindEveryMs: 5 * DAY_MS };
    const plan = aPlan({
      stages: [
        { ...STAGE.internal(), bake },
        { ...beta, approval, bake: { ...bake, maxMs: 30 * DAY_MS } },
      ],
    });
    const input: RolloutInput = {
      version: 1,
      rolloutId: `r-${'b'.repeat(26)}`,
      plan,
      planDigest: `sha256:${'a'.repeat(64)}`,
      by: 'mia',
      statedPolicyDigest: null,
    };
    const handle = await env.client.workflow.start(WORKFLOW_TYPE, {
      args: [input],
      workflowId: 'rollout/mail/two-weeks',
      taskQueue: queues.workflows,
    });
    await env.sleep(15 * DAY_MS);
    const view = await handle.query<RolloutView>(QUERIES.view);
    assert.equal(view.status, 'awaitingApproval');
    await env.sleep(2 * DAY_MS);
    await handle.signal('approve', {
      version: 1,
      messageId: 'yes',
      rolloutId: input.rolloutId,
      by: 'ada',
      requestId: view.request?.requestId,
    });
    const result = (await handle.result()) as { outcome: string };
    assert.equal(result.outcome, 'completed');
    const { events } = await handle.fetchHistory();
    assert.ok(looks > 4_000, `looked ${looks} times`);
    assert.ok((events?.length ?? 0) <= 90, `${events?.length} events`);
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.allSettled(running);
    await env.teardown();
  }
});
