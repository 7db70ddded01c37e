/** How a rollout ended; one that does not end says where it stands, before the runner gives up on it without a word. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';

const PATIENCE_MS = 45_000;

/** Type of the failure, `Completed` or `Canceled`. */
export async function endingOf(handle: WorkflowHandle, withinMs = PATIENCE_MS): Promise<string> {
  const over = new AbortController();
  const late = delay(withinMs, 'late' as const, { signal: over.signal }).catch(() => 'late' as const);
  const ending = handle.result().then(
    () => 'Completed',
    (error: unknown) => typeOf(error),
  );
  const first = await Promise.race([ending, late]);
  over.abort();
  if (first !== 'late') return first;
  throw new Error(`not ended after ${withinMs} ms; ${await whereItStands(handle)}`);
}

function typeOf(error: unknown): string {
  const { cause } = error as { cause?: { type?: string; name?: string } };
  if (cause?.type !== undefined) return cause.type;
  if (cause?.name === 'CancelledFailure') return 'Canceled';
  return `unknown: ${error instanceof Error ? error.message : 'no error'}`;
}

async function whereItStands(handle: WorkflowHandle): Promise<string> {
  const { events } = await handle.fetchHistory();
  const last = (events ?? []).slice(-12).map(({ eventId, eventType }) => `${String(eventId)} ${String(eventType)}`);
  const { raw } = await handle.describe();
  return `last events: ${last.join(', ')}; pending: ${JSON.stringify(raw.pendingActivities ?? [])}`;
}
