/** A worker in this process that keeps any number of example rollouts open: waiting for people, or baking. */
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { CONVERTER } from '../../worker/bundle.js';
import { rolloutIdFrom, type TaskQueues, taskQueues, WORKFLOW_TYPE, workflowId } from '../../workflows/contract/ids.js';
import { searchKeys } from '../../workflows/contract/search.js';
import type { RolloutInput } from '../../workflows/contract/start.js';
import { sharedTemporal } from '../support/temporal.js';
import { testBundle } from '../support/workflow-test.js';
import { examplePlan } from './example.js';
import { type Polling, pollingWorld } from './polling-world.js';

export interface OpenRollouts {
  /** Starts so many more. */
  open(rollouts: number): Promise<void>;
  /** Ends them without ceremony, and the worker. */
  stop(): Promise<void>;
}

export interface Setting {
  polling: Polling;
  /** True: workflow code runs in the main thread, whose heap can be asked; workers of users run it in a thread beside. */
  inMainThread: boolean;
  /** Code of the workflow `rollout`; default ours. */
  bundle?: WorkflowBundle;
}

/** More than any benchmark opens. */
const CACHED = 1_000;
/** Starts and ends in flight, so that the server is not flooded. */
const AT_ONCE = 10;

let installed = false;

export async function openRollouts(setting: Setting): Promise<OpenRollouts> {
  quiet();
  const { address } = await sharedTemporal();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const queues = taskQueues(`b-${randomBytes(6).toString('hex')}`);
  const workers = await workersOf(native, queues, setting);
  const running = workers.map((worker) => worker.run());
  const started: string[] = [];
  return {
    open: async (rollouts) => {
      for (let left = rollouts; left > 0; left -= AT_ONCE) {
        const some = Array.from({ length: Math.min(AT_ONCE, left) }, () => start(client, queues));
        started.push(...(await Promise.all(some)));
      }
    },
    stop: async () => {
      while (started.length > 0) {
        const some = started.splice(0, AT_ONCE);
        await Promise.all(some.map((id) => client.workflow.getHandle(id).terminate('measured')));
      }
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await Promise.all([connection.close(), native.close()]);
    },
  };
}

/** One runtime serves all workers of a process. */
function quiet(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

async function workersOf(connection: NativeConnection, queues: TaskQueues, setting: Setting): Promise<Worker[]> {
  const common = { connection, dataConverter: { payloadConverterPath: CONVERTER }, shutdownForceTime: '2s' } as const;
  const activities = { ...pollingWorld(setting.polling).activities };
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: queues.workflows,
      workflowBundle: setting.bundle ?? (await testBundle()),
      maxCachedWorkflows: CACHED,
      debugMode: setting.inMainThread,
    }),
    Worker.create({ ...common, taskQueue: queues.activities, activities }),
  ]);
}

async function start(client: Client, queues: TaskQueues): Promise<string> {
  const model = `m-${randomBytes(6).toString('hex')}`;
  const plan = { ...examplePlan(), model };
  const rolloutId = rolloutIdFrom(randomBytes(20));
  const planDigest = `sha256:${'a'.repeat(64)}` as const;
  const input: RolloutInput = { version: 1, rolloutId, plan, planDigest, by: 'mia', statedPolicyDigest: null };
  const { workflowId: id } = await client.workflow.start(WORKFLOW_TYPE, {
    args: [input],
    workflowId: workflowId(plan.tenant, model),
    taskQueue: queues.workflows,
    typedSearchAttributes: [
      { key: searchKeys.model, value: model },
      { key: searchKeys.stage, value: 'internal' },
      { key: searchKeys.status, value: 'admitting' },
      { key: searchKeys.risk, value: plan.risk },
    ],
  });
  return id;
}
