/** How many history events Temporal holds for each rollout: what a rollout costs. Asks Temporal itself, not Sluice. */
import { Connection, Client } from '@temporalio/client';
import { TENANT } from './files.js';
import { MODEL } from './models/versions.js';

/** Oldest rollout first. */
export async function eventsUsed(address: string, namespace: string): Promise<number[]> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const runs: { startedMs: number; events: number }[] = [];
    for await (const run of workflow.list({ query: `WorkflowId = 'rollout/${TENANT}/${MODEL}'` }))
      runs.push({ startedMs: run.startTime.getTime(), events: run.historyLength });
    return runs.sort((a, b) => a.startedMs - b.startedMs).map(({ events }) => events);
  } finally {
    await connection.close();
  }
}
