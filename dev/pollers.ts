/** Does a worker poll? Asked of the server, for a worker that runs may still be loading. Node only. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { TASK_QUEUES } from '../workflows/contract/ids.js';

const WORKFLOW = proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW;
/** Between the clocks of server and asker, and for times in whole seconds. */
const SLACK_MS = 1_000;

/**
 * Has somebody polled for workflow tasks since then? Pollers of a worker that ended are listed for five minutes more.
 * `identity` narrows it to pollers whose identity ends so (by default it is `<pid>@<host>`).
 */
export async function polledSince(
  connection: Connection,
  namespace: string,
  sinceMs: number,
  identity = '',
): Promise<boolean> {
  const request = { namespace, taskQueue: { name: TASK_QUEUES.workflows }, taskQueueType: WORKFLOW };
  const { pollers } = await connection.workflowService.describeTaskQueue(request);
  return (pollers ?? []).some(
    (poller) =>
      poller.identity?.endsWith(identity) && Number(poller.lastAccessTime?.seconds ?? 0) * 1000 + SLACK_MS > sinceMs,
  );
}

/** True once somebody has polled since `sinceMs`; false at the deadline or when `giveUp` says so. */
export async function workerPolls(
  connection: Connection,
  namespace: string,
  sinceMs: number,
  deadlineMs: number,
  giveUp: () => boolean,
): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline && !giveUp()) {
    if (await polledSince(connection, namespace, sinceMs).catch(() => false)) return true;
    await delay(250);
  }
  return false;
}
