/** The workers of one process: workflows, activities, and the way back on a queue of its own. */
import { type NativeConnection, Worker } from '@temporalio/worker';
import { rollbackActivities, rolloutActivities } from '../activities/activities.js';
import type { ActivityDeps } from '../activities/deps.js';
import { TASK_QUEUES, type TaskQueues } from '../workflows/contract/ids.js';
import { CONVERTER, workflowBundle } from './bundle.js';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  deps: ActivityDeps;
  /** Default: those of contract/ids. */
  queues?: TaskQueues;
  /** Workflows kept in memory; 0 replays on every task. */
  maxCachedWorkflows?: number;
}

export async function makeWorkers({
  connection,
  namespace,
  deps,
  maxCachedWorkflows,
  queues = TASK_QUEUES,
}: WorkerOptions): Promise<Worker[]> {
  const common = { connection, namespace, dataConverter: { payloadConverterPath: CONVERTER } };
  // A killed worker is noticed within this instead of ten seconds.
  const sticky = { stickyQueueScheduleToStartTimeout: '1s' } as const;
  const graceful = { shutdownGraceTime: '6s', shutdownForceTime: '10s' } as const;
  return Promise.all([
    Worker.create({
      ...common,
      ...sticky,
      ...graceful,
      taskQueue: queues.workflows,
      workflowBundle: await workflowBundle(),
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    }),
    Worker.create({ ...common, ...graceful, taskQueue: queues.activities, activities: rolloutActivities(deps) }),
    Worker.create({ ...common, ...graceful, taskQueue: queues.rollback, activities: rollbackActivities(deps) }),
  ]);
}

/** Runs until one of them stops; then all stop. */
export async function runWorkers(workers: Worker[]): Promise<void> {
  const stop = (): void =>
    workers.filter((worker) => worker.getState() === 'RUNNING').forEach((worker) => worker.shutdown());
  await Promise.all(workers.map((worker) => worker.run().finally(stop)));
}
