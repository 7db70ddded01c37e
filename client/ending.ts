/** How a rollout ended, in words and exit code. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { EXIT } from '../workflows/contract/errors.js';
import type { RolledBackDetails, RolloutResult } from '../workflows/contract/start.js';
import { isOverdue, type Temporal } from './connection.js';
import type { Found } from './find.js';
import { handleOf } from './observe.js';
import type { Ending } from './standing.js';

/** One long poll of the server lasts this long at most. */
const LONG_POLL_MS = 20_000;

/** Waits for the end of the run chain; null when `withinMs` is over first. */
export async function awaitEnding(temporal: Temporal, found: Found, withinMs: number): Promise<Ending | null> {
  const until = Date.now() + withinMs;
  const handle = handleOf(temporal, found);
  for (;;) {
    const deadline = Math.min(until, Date.now() + LONG_POLL_MS);
    try {
      const result: unknown = await temporal.client.connection.withDeadline(deadline, () => handle.result());
      return completed(result as RolloutResult);
    } catch (error) {
      if (error instanceof WorkflowFailedError) return endingOf(error);
      // A deadline is ours; anything else (server gone) is told by the next describe.
      if (!isOverdue(error)) throw error;
      if (Date.now() >= until) return null;
    }
  }
}

function completed(result: RolloutResult): Ending {
  return { outcome: 'completed', exit: EXIT.done, sentence: result.sentence, lowering: null, closedAtMs: null };
}

function endingOf(error: WorkflowFailedError): Ending {
  const { cause } = error;
  const closedAtMs = null;
  if (cause instanceof CancelledFailure) {
    const sentence = 'Cancelled; every user went back to the baseline first.';
    return { outcome: 'cancelled', exit: EXIT.rolledBack, sentence, lowering: lowering(cause.details), closedAtMs };
  }
  if (cause instanceof TerminatedFailure) {
    const sentence =
      'Terminated with no clean-up: the lease lapses by itself; `sluice reconcile` puts users back at once.';
    return { outcome: 'terminated', exit: EXIT.terminated, sentence, lowering: null, closedAtMs };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'RolledBack') {
    return {
      outcome: 'rolledBack',
      exit: EXIT.rolledBack,
      sentence: cause.message,
      lowering: lowering(cause.details),
      closedAtMs,
    };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'Refused') {
    return { outcome: 'refused', exit: EXIT.refused, sentence: cause.message, lowering: null, closedAtMs };
  }
  return { outcome: 'failed', exit: EXIT.bug, sentence: cause?.message ?? error.message, lowering: null, closedAtMs };
}

function lowering(details: unknown[] | null | undefined): Ending['lowering'] {
  const [first] = details ?? [];
  return (first as RolledBackDetails | undefined)?.lowering ?? null;
}
