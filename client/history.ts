/** Every run of a closed rollout as Temporal exports it, oldest first. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { RawHistory } from '../evidence/checks/history.js';
import { connect } from './connection.js';
import { type Found, find, memoText } from './find.js';

type History = temporal.api.history.v1.IHistory;

/** `open`: it has not closed. Throws a Problem when Temporal does not answer or does not know the rollout (any more). */
export async function fetchHistory(rollout: {
  tenant: string;
  rolloutId: string;
}): Promise<{ kind: 'open' } | { kind: 'closed'; text: string }> {
  const temporal = await connect();
  try {
    const found = await find(temporal, rollout.rolloutId, rollout.tenant);
    const runId = found.runId ?? (await temporal.call(() => closedRun(temporal.client, found, rollout.rolloutId)));
    if (runId === null) return { kind: 'open' };
    return { kind: 'closed', text: await temporal.call(() => runs(temporal.client, found.workflowId, runId), LONG_MS) };
  } finally {
    await temporal.close();
  }
}

/** A history of 50,000 events takes a while. */
const LONG_MS = 120_000;

/** Visibility may lag behind the end; the server itself knows. Null: still open. */
async function closedRun(client: Client, { workflowId }: Found, rolloutId: string): Promise<string | null> {
  const { status, runId, memo } = await client.workflow.getHandle(workflowId).describe();
  const isClosed = status.name !== 'RUNNING' && status.name !== 'PAUSED';
  return isClosed && memoText(memo, 'rolloutId') === rolloutId ? runId : null;
}

async function runs(client: Client, workflowId: string, last: string): Promise<string> {
  const all: RawHistory['runs'] = [];
  for (let runId: string | null = last; runId !== null; ) {
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    all.unshift({ runId, history: JSON.parse(historyToJSON(history)) as RawHistory['runs'][number]['history'] });
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    runId = started?.continuedExecutionRunId || null;
  }
  return `${JSON.stringify({ version: 1, runs: all } satisfies RawHistory)}\n`;
}
