/** Sending a verb to a rollout and hearing what became of it. Signals are kept by the server while no worker is up. */
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Answer, Message, Verb } from '../workflows/contract/messages.js';
import { causeMessages, type Temporal } from './connection.js';
import type { Found } from './find.js';
import { ask, handleOf } from './observe.js';
import { Problem } from './problem.js';

/** How long a run that is closing or continuing as new is waited for before the message is sent again. */
const CLOSING_MS = 10_000;
const POLL_MS = 150;

export type Outgoing = Pick<Message, 'by' | 'reason' | 'requestId' | 'rolloutId' | 'statement' | 'signature'>;

/** Delivers the message and returns its id. Throws `ended` when nothing runs, `temporalUnreachable` when nobody takes it. */
export async function send(temporal: Temporal, found: Found, verb: Verb, message: Outgoing): Promise<string> {
  const messageId = `m-${randomUUID()}`;
  const wire: Message = { version: 1, messageId, ...message };
  const until = Date.now() + CLOSING_MS;
  for (;;) {
    try {
      await temporal.call(() => handleOf(temporal, { ...found, runId: null }).signal(verb, wire));
      return messageId;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw ended(found);
      // A run in the act of closing takes no signals; its successor, or the end, is moments away.
      if (!/closing/i.test(causeMessages(error)) || Date.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** What became of a message; null when nobody has answered within `withinMs`. */
export async function awaitAnswer(
  temporal: Temporal,
  found: Found,
  messageId: string,
  withinMs: number,
): Promise<Answer | null> {
  const until = Date.now() + withinMs;
  for (;;) {
    const asked = await ask<Answer | null>(temporal, found, 'answer', [messageId]);
    if (asked.kind === 'answer' && asked.value) return asked.value;
    if (Date.now() >= until) return null;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function ended(found: Found): Problem {
  return new Problem(
    'ended',
    `No rollout of ${found.model} runs in tenant ${found.tenant}: it has ended or never was.`,
    `See how it ended: sluice status ${found.model} --tenant ${found.tenant}`,
  );
}
