/**
 * `stopping-worker.ts --platform F --policy F -- ORDER`: a real worker with real connections and queues of its own, that
 * stops itself (SIGSTOP) when its code reaches a named point, and reports what became of every activity attempt.
 */
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { doorActivities, rollbackActivities, rolloutActivities } from '../../activities/activities.js';
import { openTenant } from '../../activities/connections.js';
import type { ActivityDeps } from '../../activities/deps.js';
import { CONVERTER } from '../../worker/bundle.js';
import { depsOf } from '../../worker/deps.js';
import { installRuntime } from '../../worker/runtime.js';
import { readSettings } from '../../worker/settings.js';
import { runWorkers } from '../../worker/workers.js';
import { type TaskQueues, taskQueues } from '../../workflows/contract/ids.js';

export interface WorkerOrder {
  address: string;
  queuePrefix: string;
  /** File of the workflow bundle: built once by the test, for building takes seconds. */
  bundle: string;
  stopAt: { point: string; nth: number } | null;
  serves: (keyof TaskQueues)[];
  oneAtATime: boolean;
}

export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'stopping'; point: string }
  | { kind: 'attempt'; activity: string; failure: string | null }
  | { kind: 'ended' };

type Activities = Record<string, (input: never) => Promise<unknown>>;

async function main(argv: string[]): Promise<void> {
  const order = JSON.parse(argv.at(-1) ?? '') as WorkerOrder;
  const settings = readSettings(argv.slice(0, argv.indexOf('--')));
  installRuntime(settings.logLevel, null);
  const connection = await NativeConnection.connect({ address: order.address });
  const reached = stopper(order);
  const connections = (tenant: string) => openTenant(settings.platform, tenant, { reached });
  const workers = await workersOf(order, connection, { ...(await depsOf(settings)), connections, reached });
  const running = runWorkers(workers);
  await tell({ kind: 'ready' });
  await running;
}

/** As worker/workers.ts makes them, on queues of their own. */
function workersOf(order: WorkerOrder, connection: NativeConnection, deps: ActivityDeps): Promise<Worker[]> {
  const queues = taskQueues(order.queuePrefix);
  const common = { connection, dataConverter: { payloadConverterPath: CONVERTER } };
  const slots = order.oneAtATime ? { maxConcurrentActivityTaskExecutions: 1 } : {};
  const offered: Record<keyof TaskQueues, Partial<WorkerOptions>> = {
    workflows: {
      stickyQueueScheduleToStartTimeout: '1s',
      workflowBundle: { codePath: order.bundle },
      activities: { ...doorActivities(deps) },
      enableNonLocalActivities: false,
    },
    activities: { activities: reporting({ ...rolloutActivities(deps) }), ...slots },
    rollback: { activities: reporting({ ...rollbackActivities(deps) }), ...slots },
  };
  return Promise.all(
    order.serves.map((name) => Worker.create({ ...common, taskQueue: queues[name], ...offered[name] })),
  );
}

function reporting(activities: Activities): Activities {
  return Object.fromEntries(
    Object.entries(activities).map(([activity, run]) => [
      activity,
      async (input: never) => {
        try {
          const result = await run(input);
          await tell({ kind: 'attempt', activity, failure: null });
          return result;
        } catch (error) {
          const failure = error instanceof ApplicationFailure ? (error.type ?? 'untyped') : String(error);
          await tell({ kind: 'attempt', activity, failure });
          throw error;
        }
      },
    ]),
  );
}

function stopper({ stopAt }: WorkerOrder): (point: string) => Promise<void> {
  let times = 0;
  return async (point) => {
    if (point !== stopAt?.point) return;
    times += 1;
    if (times !== stopAt.nth) return;
    await tell({ kind: 'stopping', point });
    process.kill(process.pid, 'SIGSTOP');
  };
}

function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

// Never outlives the test that started it.
process.once('disconnect', () => process.exit(1));
await main(process.argv.slice(2));
