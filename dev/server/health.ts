/** Is a Temporal server there and ready to take work? Asked by gRPC's health protocol. Node only. */
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

const SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
const CALL_MS = 2_000;

export type Health = { kind: 'yes' } | { kind: 'no'; last: string };

/** Asks until the server serves and its `default` namespace can be described, or the deadline comes, or `giveUp` is aborted. */
export async function serverHealthy(address: string, deadlineMs: number, giveUp?: AbortSignal): Promise<Health> {
  const deadline = Date.now() + deadlineMs;
  const connection = Connection.lazy({ address });
  let last = 'not asked yet';
  try {
    while (Date.now() < deadline && !giveUp?.aborted) {
      try {
        await connection.withDeadline(Date.now() + CALL_MS, () => ask(connection));
        return { kind: 'yes' };
      } catch (error) {
        last = (error as Error).message;
      }
      await delay(100);
    }
    return { kind: 'no', last };
  } finally {
    await connection.close();
  }
}

async function ask(connection: Connection): Promise<void> {
  const health = await connection.healthService.check({ service: SERVICE });
  if (health.status !== 1) throw new Error(`health status ${health.status}`);
  await connection.workflowService.describeNamespace({ namespace: 'default' });
}
