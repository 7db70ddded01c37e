/**
 * Runs a workflow test on the real server, twice: as workers run, and with the cache off so that every task replays from
 * the start. A workflow task that fails makes the test fail at once with its reason instead of retrying for ever.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import proto from '@temporalio/proto';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { CONVERTER } from '../../worker/bundle.js';
import type { DoorActivities } from '../../workflows/contract/activities.js';
import { rolloutIdFrom, type TaskQueues, taskQueues, WORKFLOW_TYPE, workflowId } from '../../workflows/contract/ids.js';
import { QUERIES, type Answer, type Verb } from '../../workflows/contract/messages.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { searchKeys } from '../../workflows/contract/search.js';
import type { RolloutInput } from '../../workflows/contract/start.js';
import type { RolloutView } from '../../workflows/contract/view.js';
import { endingOf } from './ending.js';
import { type FakeWorld, fakeWorld } from './fake-activities.js';
import { aPlan } from './plans.js';
import { sharedTemporal } from './temporal.js';

export interface RolloutUnderTest {
  world: FakeWorld;
  client: Client;
  handle: WorkflowHandle;
  rolloutId: string;
  firstRunId: string;
  queues: TaskQueues;
  view: () => Promise<RolloutView>;
  /** Sends a message with the rollout's id filled in; returns its id. */
  send: (verb: Verb, fields?: Record<string, unknown>) => Promise<string>;
  answer: (messageId: string) => Promise<Answer>;
  /** Waits until the view shows it, and says what was seen when it does not. */
  until: (what: string, seen: (view: RolloutView) => boolean) => Promise<RolloutView>;
  approve: (by: string) => Promise<Answer>;
  /** Type of the failure, `Completed` or `Canceled`. */
  ending: (withinMs?: number) => Promise<string>;
}

interface Setting {
  plan?: Plan;
  world?: () => FakeWorld;
  startedBy?: string;
  /** Checks signed decisions; default: refuses them all. */
  door?: () => DoorActivities;
  /** No activity worker: only signals and queries. */
  withoutActivities?: boolean;
}

const CLOSED_DOOR: DoorActivities = {
  checkDecision: async () => ({ kind: 'refused', code: 'badSignature', sentence: 'this test has no door' }),
};

const DEADLINE_MS = 20_000;
let installed = false;
let bundle: Promise<WorkflowBundle> | null = null;

/** One test in both cache modes; each run has a server-side queue and a model of its own. */
export function rolloutTest(title: string, setting: Setting, body: (rollout: RolloutUnderTest) => Promise<void>): void {
  for (const [mode, maxCachedWorkflows] of [
    ['cached', undefined],
    ['replayed on every task', 0],
  ] as const) {
    test(`${title} (${mode})`, { timeout: 60_000 }, () => run(title, setting, maxCachedWorkflows, body));
  }
}

async function run(
  title: string,
  setting: Setting,
  cached: number | undefined,
  body: (rollout: RolloutUnderTest) => Promise<void>,
): Promise<void> {
  quiet();
  const { address } = await sharedTemporal();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const world = setting.world?.() ?? fakeWorld();
  const queues = taskQueues(`t-${randomBytes(6).toString('hex')}`);
  const door = setting.door?.() ?? CLOSED_DOOR;
  const workers = await startWorkers(native, queues, { world, door }, cached, setting.withoutActivities === true);
  const rollout = await start(client, queues, world, setting);
  try {
    await Promise.race([body(rollout), workers.failed, taskFailure(rollout.handle)]);
    const last = (await rollout.handle.describe()).runId;
    await record(title, cached, client, rollout.handle.workflowId, [rollout.firstRunId, last]);
  } finally {
    await rollout.handle.terminate('test over').catch(() => undefined);
    await workers.stop();
    await connection.close();
    await native.close();
  }
}

function quiet(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

/** One run, as workers run, for tests that look at a rollout from outside. */
export function withRollout(
  title: string,
  setting: Setting,
  body: (rollout: RolloutUnderTest) => Promise<void>,
): Promise<void> {
  return run(title, setting, undefined, body);
}

export function testBundle(): Promise<WorkflowBundle> {
  const workflowsPath = new URL('../../workflows/rollout.ts', import.meta.url).pathname;
  bundle ??= bundleWorkflowCode({ workflowsPath, payloadConverterPath: CONVERTER, logger: new DefaultLogger('ERROR') });
  return bundle;
}

async function startWorkers(
  connection: NativeConnection,
  queues: TaskQueues,
  { world, door }: { world: FakeWorld; door: DoorActivities },
  cached: number | undefined,
  onlyWorkflows: boolean,
): Promise<{ failed: Promise<never>; stop(): Promise<void> }> {
  const common = {
    connection,
    dataConverter: { payloadConverterPath: CONVERTER },
    shutdownGraceTime: 0,
    shutdownForceTime: '2s',
  } as const;
  const workers = [
    await Worker.create({
      ...common,
      taskQueue: queues.workflows,
      workflowBundle: await testBundle(),
      activities: { ...door },
      enableNonLocalActivities: false,
      stickyQueueScheduleToStartTimeout: '1s',
      ...(cached === undefined ? {} : { maxCachedWorkflows: cached }),
    }),
    ...(onlyWorkflows
      ? []
      : [
          await Worker.create({ ...common, taskQueue: queues.activities, activities: { ...world.activities } }),
          await Worker.create({ ...common, taskQueue: queues.rollback, activities: { ...world.activities } }),
        ]),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    failed: new Promise<never>((_, reject) => {
      for (const run of running) run.catch(reject);
    }),
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(running);
    },
  };
}

async function start(
  client: Client,
  queues: TaskQueues,
  world: FakeWorld,
  setting: Setting,
): Promise<RolloutUnderTest> {
  const model = `m-${randomBytes(6).toString('hex')}`;
  const plan = { ...(setting.plan ?? aPlan()), model };
  const rolloutId = rolloutIdFrom(randomBytes(20));
  const input: RolloutInput = {
    version: 1,
    rolloutId,
    plan,
    planDigest: `sha256:${'a'.repeat(64)}`,
    by: setting.startedBy ?? 'mia',
    statedPolicyDigest: null,
  };
  const handle = await client.workflow.start(WORKFLOW_TYPE, {
    args: [input],
    workflowId: workflowId(plan.tenant, model),
    taskQueue: queues.workflows,
    // With the cache off the SDK now and then drops a task that comes while a query of the same run is answered; the
    // server hands it out again after this long, ten seconds by default.
    workflowTaskTimeout: '2s',
    typedSearchAttributes: [
      { key: searchKeys.model, value: model },
      { key: searchKeys.stage, value: 'internal' },
      { key: searchKeys.status, value: 'admitting' },
      { key: searchKeys.risk, value: plan.risk },
    ],
  });
  return underTest(client, handle, { world, queues, rolloutId, firstRunId: handle.firstExecutionRunId });
}

function underTest(
  client: Client,
  handle: WorkflowHandle,
  has: Pick<RolloutUnderTest, 'world' | 'queues' | 'rolloutId' | 'firstRunId'>,
): RolloutUnderTest {
  const view = (): Promise<RolloutView> => handle.query<RolloutView>(QUERIES.view);
  const until: RolloutUnderTest['until'] = (what, seen) => eventually(what, view, seen);
  const send: RolloutUnderTest['send'] = async (verb, fields = {}) => {
    const messageId = randomBytes(8).toString('hex');
    await handle.signal(verb, { version: 1, messageId, rolloutId: has.rolloutId, by: 'ada', ...fields });
    return messageId;
  };
  const answer: RolloutUnderTest['answer'] = async (messageId) => {
    const ask = (): Promise<Answer | null> => handle.query<Answer | null, [string]>(QUERIES.answer, messageId);
    return (await eventually(`an answer to ${messageId}`, ask, (found) => found !== null)) as Answer;
  };
  return {
    ...has,
    client,
    handle,
    view,
    until,
    send,
    answer,
    approve: async (by) => {
      const { request } = await until('a request', (seen) => seen.request !== null);
      return answer(await send('approve', { by, requestId: request?.requestId }));
    },
    ending: (withinMs) => endingOf(handle, withinMs),
  };
}

export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  seen: (value: T) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const start = Date.now();
  let last: unknown = 'nothing';
  while (Date.now() - start < deadlineMs) {
    try {
      const value = await ask();
      last = value;
      if (seen(value)) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const shown = last instanceof Error ? last.message : JSON.stringify(last, null, 1);
  throw new Error(`waited ${deadlineMs} ms for ${what}; last seen: ${shown?.slice(0, 3_000)}`);
}

const RESET = proto.temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;

/** Rejects with the reason as soon as a workflow task fails; never resolves. */
async function taskFailure(handle: WorkflowHandle): Promise<never> {
  for (;;) {
    const history = await handle.fetchHistory().catch(() => null);
    // A reset ends the task it resets to as failed: that was asked for.
    const failed = history?.events?.find(({ workflowTaskFailedEventAttributes: task }) => task && task.cause !== RESET);
    const reason = failed?.workflowTaskFailedEventAttributes?.failure;
    // A worker that stops at the end of a test gives its task back: no fault of the workflow.
    if (reason) throw new Error(`a workflow task failed: ${reason.message}\n${reason.stackTrace ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 500).unref());
  }
}

/** `npm run record` keeps the history of every workflow test for the replay corpus: its first run and its last. */
async function record(
  title: string,
  cached: number | undefined,
  client: Client,
  workflowId: string,
  runIds: (string | undefined)[],
): Promise<void> {
  const directory = process.env['SLUICE_RECORD'];
  if (!directory || cached === 0) return;
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80);
  for (const [index, runId] of [...new Set(runIds)].entries()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    await writeFile(join(directory, `${slug}-${index + 1}.json.gz`), gzipSync(historyToJSON(history), { level: 9 }));
  }
}
