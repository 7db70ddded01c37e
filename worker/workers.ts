/** The workers of one process: workflows, activities, and the way back on a queue of its own. */
import { type NativeConnection, Worker } from '@temporalio/worker';
import { doorActivities, rollbackActivities, rolloutActivities } from '../activities/activities.js';
import type { ActivityDeps } from '../activities/deps.js';
import { TASK_QUEUES, type TaskQueues } from '../workflows/contract/ids.js';
import { CONVERTER, workflowBundle } from './bundle.js';
import type { Serve } from './settings.js';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  deps: ActivityDeps;
  /** Which of the queues this process serves; default all. */
  serve?: Serve;
  /** Default: those of contract/ids. */
  queues?: TaskQueues;
  /** Workflows kept in memory; 0 replays on every task. */
  maxCachedWorkflows?: number;
}

export async function makeWorkers(options: WorkerOptions): Promise<Worker[]> {
  const { serve = 'all' } = options;
  const parts = [
    ...(serve === 'actuator' ? [] : [workflowWorker(options)]),
    ...(serve === 'workflows' ? [] : activityWorkers(options)),
  ];
  return Promise.all(parts);
}

async function workflowWorker(options: WorkerOptions): Promise<Worker> {
  const { deps, maxCachedWorkflows, queues = TASK_QUEUES } = options;
  return Worker.create({
    ...commonTo(options),
    // A killed worker is noticed within this instead of ten seconds.
    stickyQueueScheduleToStartTimeout: '1s',
    taskQueue: queues.workflows,
    workflowBundle: await workflowBundle(),
    // Local activities only: nobody can have the door's check run by sending a task to this queue.
    activities: { ...doorActivities(deps) },
    enableNonLocalActivities: false,
    ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
  });
}

function activityWorkers(options: WorkerOptions): Promise<Worker>[] {
  const { deps, queues = TASK_QUEUES } = options;
  const common = commonTo(options);
  return [
    Worker.create({ ...common, taskQueue: queues.activities, activities: rolloutActivities(deps) }),
    Worker.create({ ...common, taskQueue: queues.rollback, activities: rollbackActivities(deps) }),
  ];
}

function commonTo({ connection, namespace }: WorkerOptions) {
  const graceful = { shutdownGraceTime: '6s', shutdownForceTime: '10s' } as const;
  return { connection, namespace, dataConverter: { payloadConverterPath: CONVERTER }, ...graceful };
}

/** Runs until one of them stops; then all stop. */
export async function runWorkers(workers: Worker[]): Promise<void> {
  const stop = (): void =>
    workers.filter((worker) => worker.getState() === 'RUNNING').forEach((worker) => worker.shutdown());
  await Promise.all(workers.map((worker) => worker.run().finally(stop)));
}
