/**
 * The facade: rollouts as one object with typed calls, for the command line and for programs. The only door to
 * Temporal of this room; everything behind it is loaded with it.
 */
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Answer, Verb } from '../workflows/contract/messages.js';
import { SEARCH_ATTRIBUTES } from '../workflows/contract/ids.js';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { EXIT } from '../workflows/contract/errors.js';
import type { Plan } from '../workflows/contract/plan.js';
import type { RolloutView, Status } from '../workflows/contract/view.js';
import { connect, type Temporal } from './connection.js';
import { awaitEnding } from './ending.js';
import { type Found, find, type Listed, list, memoText } from './find.js';
import { awaitAnswer, type Outgoing, send } from './messages.js';
import { ask, askView, handleOf, liveActivity, type Pollers, pollers, startInput } from './observe.js';
import { Problem } from './problem.js';
import type { Ending, LiveActivity, Standing } from './standing.js';
import { type StartOrder, start } from './start.js';

/** What Temporal and, if it is there, the worker say of one rollout. */
export interface Told {
  found: Found;
  /** Rollout id of the run that was looked at: another than `found` means a successor has taken the model's place. */
  latest: string | null;
  status: Standing['status'];
  stage: string | null;
  plan: Plan | null;
  view: RolloutView | null;
  /** Why `view` is null. */
  silence: string | null;
  live: LiveActivity | null;
  ending: Ending | null;
}

export interface Rollouts {
  readonly address: string;
  readonly namespace: string;
  /** By model name, rollout id or workflow id; undefined: the only open one. Throws notFound. */
  find(name: string | undefined, tenant: string | undefined): Promise<Found>;
  list(filter: {
    tenant?: string | undefined;
    model?: string | undefined;
    open?: boolean;
    limit?: number;
  }): Promise<Listed[]>;
  start(order: StartOrder): Promise<Found>;
  /** Fills in the rollout id, without asking any worker: enough to send a message. `runId` is its run at present. */
  identify(found: Found): Promise<{ found: Found; open: boolean; runId: string }>;
  tell(found: Found): Promise<Told>;
  /** Only the view, for polling; null when nobody answers. */
  view(found: Found): Promise<RolloutView | null>;
  /** Returns the id of the message. */
  send(found: Found, verb: Verb, message: Outgoing): Promise<string>;
  answer(found: Found, messageId: string, withinMs: number): Promise<Answer | null>;
  /** Null when the time is over first. */
  ending(found: Found, withinMs: number): Promise<Ending | null>;
  /** Entries not exported to the evidence store yet; null when nobody answers. */
  journal(found: Found): Promise<JournalEntry[] | null>;
  pollers(): Promise<Pollers>;
  /** Which of our search attributes the namespace lacks. */
  missingSearchAttributes(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openRollouts(): Promise<Rollouts> {
  const temporal = await connect();
  return {
    address: temporal.address,
    namespace: temporal.namespace,
    find: (name, tenant) => find(temporal, name, tenant),
    list: (filter) => list(temporal, filter),
    start: (order) => start(temporal, order),
    identify: (found) => identify(temporal, found),
    tell: (found) => tell(temporal, found),
    view: async (found) => {
      const asked = await askView(temporal, found);
      return asked.kind === 'answer' ? asked.value : null;
    },
    send: (found, verb, message) => send(temporal, found, verb, message),
    answer: (found, messageId, withinMs) => awaitAnswer(temporal, found, messageId, withinMs),
    ending: (found, withinMs) => awaitEnding(temporal, found, withinMs),
    journal: async (found) => {
      const asked = await ask<JournalEntry[]>(temporal, found, 'journal', [0]);
      return asked.kind === 'answer' ? asked.value : null;
    },
    pollers: () => pollers(temporal),
    missingSearchAttributes: () => missing(temporal),
    close: () => temporal.close(),
  };
}

function describe(temporal: Temporal, found: Found): Promise<WorkflowExecutionDescription> {
  return temporal
    .call(() => handleOf(temporal, found).describe())
    .catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? noSuch(found) : error;
    });
}

function isOpen(description: WorkflowExecutionDescription): boolean {
  return description.status.name === 'RUNNING' || description.status.name === 'PAUSED';
}

async function identify(temporal: Temporal, found: Found): ReturnType<Rollouts['identify']> {
  const description = await describe(temporal, found);
  const rolloutId =
    found.rolloutId ??
    memoText(description.memo, 'rolloutId') ??
    (await startInput(temporal, found))?.rolloutId ??
    null;
  return { found: { ...found, rolloutId }, open: isOpen(description), runId: description.runId };
}

async function tell(temporal: Temporal, found: Found): Promise<Told> {
  const [description, input, asked] = await Promise.all([
    describe(temporal, found),
    startInput(temporal, found).catch(() => null),
    askView(temporal, found),
  ]);
  const view = asked.kind === 'answer' ? asked.value : null;
  const open = isOpen(description);
  const ending = open ? null : await endingOf(temporal, { ...found, runId: description.runId }, description);
  const latest = memoText(description.memo, 'rolloutId') ?? input?.rolloutId ?? null;
  return {
    found: { ...found, rolloutId: found.rolloutId ?? latest },
    latest,
    status: ending ? ending.outcome : (view?.status ?? attribute(description, 'status') ?? 'unknown'),
    stage: view?.stage ?? attribute(description, 'stage'),
    plan: input?.plan ?? null,
    view,
    silence: asked.kind === 'silent' ? asked.why : null,
    live: open ? liveActivity(description) : null,
    ending,
  };
}

async function endingOf(temporal: Temporal, found: Found, description: WorkflowExecutionDescription): Promise<Ending> {
  const ending = await awaitEnding(temporal, found, 5_000);
  const closedAtMs = description.closeTime?.getTime() ?? null;
  if (ending) return { ...ending, closedAtMs };
  const sentence = `Temporal says ${description.status.name.toLowerCase()}, but not how it ended.`;
  return { outcome: 'failed', exit: EXIT.bug, sentence, lowering: null, closedAtMs };
}

function attribute<K extends 'status' | 'stage'>(
  description: WorkflowExecutionDescription,
  key: K,
): (K extends 'status' ? Status : string) | null {
  const value = description.searchAttributes[SEARCH_ATTRIBUTES[key]]?.[0];
  return typeof value === 'string' ? (value as Status) : null;
}

async function missing(temporal: Temporal): Promise<string[]> {
  const { connection } = temporal.client;
  const known = await temporal.call(() =>
    connection.operatorService.listSearchAttributes({ namespace: temporal.namespace }),
  );
  return Object.values(SEARCH_ATTRIBUTES).filter((name) => !Object.hasOwn(known.customAttributes ?? {}, name));
}

function noSuch(found: Found): Problem {
  return new Problem(
    'notFound',
    `Temporal has no rollout of ${found.model} in tenant ${found.tenant}.`,
    'See those there are with `sluice list --all`; closed ones leave Temporal when its retention is over.',
  );
}
