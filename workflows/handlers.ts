/**
 * The doors of a rollout: signals and queries. Handlers are total: they never throw and never wait. Sandbox-safe.
 */
import { defineQuery, defineSignal, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import type { JournalEntry } from './contract/journal.js';
import { type Answer, QUERIES, VERBS } from './contract/messages.js';
import type { RolloutView } from './contract/view.js';
import { receive } from './inbox.js';
import { type Live, put } from './live.js';
import { viewOf } from './view.js';

/** To be called before the first await, so that nothing waits in a buffer. */
export function listen(live: Live): void {
  dropReservedNames(live);
  for (const verb of VERBS) {
    setHandler(defineSignal<[unknown]>(verb), (payload) => deliver(live, verb, payload), {
      description: DESCRIPTIONS[verb],
    });
  }
  setDefaultSignalHandler((name, payload) => deliver(live, name, payload));
  setHandler(defineQuery<RolloutView>(QUERIES.view), () => viewOf(live.state, live.plan, Date.now()), {
    description: 'Where the rollout stands, who is awaited and what happens next.',
  });
  setHandler(
    defineQuery<Answer | null, [unknown]>(QUERIES.answer),
    (messageId) => live.state.answers.find((answer) => answer.messageId === messageId) ?? null,
    { description: 'What became of the message with this id.' },
  );
  setHandler(defineQuery<JournalEntry[]>(QUERIES.journal), () => live.state.journal, {
    description: 'Journal entries not exported to the evidence store yet.',
  });
}

const DESCRIPTIONS = {
  approve: '{version: 1, rolloutId, requestId, by, reason?, statement?, signature?}: a yes to the open request.',
  reject: '{version: 1, rolloutId, requestId, by, reason?, statement?, signature?}: a no to the open request.',
  revoke: '{version: 1, rolloutId, requestId, by, reason?}: takes an own yes back before it has taken effect.',
  hold: '{version: 1, rolloutId, by, reason?}: stops raises; gates and guards go on.',
  resume: '{version: 1, rolloutId, by}: lifts what people hold; the judge goes on.',
  extend: '{version: 1, rolloutId, by}: gives an inconclusive bake a fresh max.',
  rollback: '{version: 1, by, reason?}: everyone back on the baseline, now.',
  supersede: '{version: 1, rolloutId, by}: ends the after phase for a new rollout.',
} as const;

function deliver(live: Live, name: string, payload: unknown): void {
  put(live, receive(live.state, live.plan, { name, payload }, Date.now()));
}

/**
 * With a default signal handler set, the SDK throws on names that begin with `__temporal_`, before any interceptor:
 * such a signal would fail the workflow task for ever. Internal to the SDK, hence the exact version pin and a test.
 */
function dropReservedNames(live: Live): void {
  const activator = getActivator();
  const original = activator.signalWorkflow.bind(activator);
  activator.signalWorkflow = (activation) => {
    const name = activation.signalName ?? '';
    if (name.startsWith('__')) deliver(live, name, undefined);
    else original(activation);
  };
}
