/** One rollout of the small world, seen from outside: through Temporal's client and the evidence it leaves. */
import { randomBytes } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { ExposureTarget } from '../../../workflows/contract/exposure.js';
import { rolloutIdFrom, type TaskQueues, WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import { type Answer, QUERIES, type Verb } from '../../../workflows/contract/messages.js';
import type { Digest, Plan } from '../../../workflows/contract/plan.js';
import { searchKeys } from '../../../workflows/contract/search.js';
import type { RolledBackDetails, RolloutInput } from '../../../workflows/contract/start.js';
import type { Lowering, RolloutView } from '../../../workflows/contract/view.js';
import { eventually } from '../workflow-test.js';
import { BASELINE, CANDIDATE, FLAG, TENANT } from './files.js';

export interface Ending {
  /** Type of the failure, `Completed` or `Canceled`. */
  how: string;
  /** Why exposure was lowered, as the failure's details say it. */
  lowering: Lowering | null;
}

export interface WorldRollout {
  readonly rolloutId: string;
  readonly plan: Plan;
  readonly handle: WorkflowHandle;
  readonly target: ExposureTarget;
  view(): Promise<RolloutView>;
  /** Waits until the view shows it; says what was seen when it does not. */
  until(what: string, seen: (view: RolloutView) => boolean, withinMs?: number): Promise<RolloutView>;
  /** Sends a message with ids filled in, and waits for its answer. */
  send(verb: Verb, fields?: Record<string, unknown>): Promise<Answer>;
  /** Sends without waiting: nobody may be there to answer. */
  signal(verb: Verb, fields?: Record<string, unknown>): Promise<string>;
  /** Attempt of the pending activity of that name; 0: none is pending. */
  attempt(activity: string): Promise<number>;
  ending(withinMs?: number): Promise<Ending>;
  /** The journal as the evidence has it; complete once the rollout has ended. */
  journal(): Promise<JournalEntry[]>;
}

/** Who starts it, and what they sign: the start order, and in an emergency what its approvers signed. */
export interface Starter {
  by: string;
  order(facts: { rolloutId: string; plan: Digest }): Pick<RolloutInput, 'order' | 'breakGlass'>;
}

interface Start {
  /** Default: mia, who signs nothing. */
  starter?: Starter | undefined;
  client: Client;
  queues: TaskQueues;
  plan: Plan;
  digest: Digest;
  evidenceRoot: string;
}

/** A query nobody answers is asked again rather than waited for. */
const QUERY_MS = 4_000;
const ENDING_MS = 60_000;

export async function startRollout({
  client,
  queues,
  plan,
  digest,
  evidenceRoot,
  starter,
}: Start): Promise<WorldRollout> {
  const rolloutId = rolloutIdFrom(randomBytes(20));
  const input: RolloutInput = {
    version: 1,
    rolloutId,
    plan,
    planDigest: digest,
    by: starter?.by ?? 'mia',
    statedPolicyDigest: null,
    ...starter?.order({ rolloutId, plan: digest }),
  };
  const handle = await client.workflow.start(WORKFLOW_TYPE, {
    args: [input],
    workflowId: workflowId(TENANT, plan.model),
    taskQueue: queues.workflows,
    typedSearchAttributes: [
      { key: searchKeys.model, value: plan.model },
      { key: searchKeys.stage, value: plan.stages[0]?.name ?? '' },
      { key: searchKeys.status, value: 'admitting' },
      { key: searchKeys.risk, value: plan.risk },
    ],
  });
  return outside(client, handle, { rolloutId, plan, evidenceRoot });
}

function outside(
  client: Client,
  handle: WorkflowHandle,
  { rolloutId, plan, evidenceRoot }: { rolloutId: string; plan: Plan; evidenceRoot: string },
): WorldRollout {
  const soon = <T>(ask: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + QUERY_MS, ask);
  const view = (): Promise<RolloutView> => soon(() => handle.query<RolloutView>(QUERIES.view));
  const signal: WorldRollout['signal'] = async (verb, fields = {}) => {
    const messageId = randomBytes(8).toString('hex');
    await handle.signal(verb, { version: 1, messageId, rolloutId, by: 'ada', ...fields });
    return messageId;
  };
  return {
    rolloutId,
    plan,
    handle,
    target: { ...targetOf(plan), rolloutId },
    view,
    until: (what, seen, withinMs) => eventually(what, view, seen, withinMs ?? 30_000),
    signal,
    send: async (verb, fields) => {
      const messageId = await signal(verb, fields);
      const ask = () => soon(() => handle.query<Answer | null, [string]>(QUERIES.answer, messageId));
      return (await eventually(`an answer to ${verb}`, ask, (answer) => answer !== null, 30_000)) as Answer;
    },
    attempt: async (activity) => {
      const { raw } = await handle.describe();
      const found = raw.pendingActivities?.find((pending) => pending.activityType?.name === activity);
      return found?.attempt ?? 0;
    },
    ending: (withinMs = ENDING_MS) => endingOf(handle, view, withinMs),
    journal: async () => (await directoryEvidence(evidenceRoot).open(TENANT, rolloutId)).journal(),
  };
}

function targetOf({ target: { store, flag, cohortAttribute } }: Plan): Omit<ExposureTarget, 'rolloutId'> {
  return {
    tenant: TENANT,
    store,
    flag: flag || FLAG,
    cohortAttribute,
    baselineVersion: BASELINE,
    candidateVersion: CANDIDATE,
  };
}

/** At the deadline it says where the rollout stands instead. */
async function endingOf(handle: WorkflowHandle, view: () => Promise<RolloutView>, withinMs: number): Promise<Ending> {
  const status = async () => (await handle.describe()).status.name;
  await eventually('the end of the rollout', status, (name) => name !== 'RUNNING', withinMs).catch(async (error) => {
    const seen = await view().catch((nobody: unknown) => ({ nobody: String(nobody) }));
    throw new Error(`${(error as Error).message}; the rollout shows ${JSON.stringify(seen).slice(0, 2_500)}`);
  });
  try {
    await handle.result();
    return { how: 'Completed', lowering: null };
  } catch (error) {
    const { cause } = error as { cause?: { type?: string; name?: string; details?: unknown[] } };
    const [details] = (cause?.details ?? []) as (RolledBackDetails | undefined)[];
    const how = cause?.type ?? (cause?.name === 'CancelledFailure' ? 'Canceled' : `unknown: ${String(error)}`);
    return { how, lowering: details?.lowering ?? null };
  }
}

/** Rejects with the reason as soon as a workflow task fails, instead of letting it retry for ever; never resolves. */
export async function taskFailure(handle: WorkflowHandle, over: AbortSignal): Promise<never> {
  while (!over.aborted) {
    const history = await handle.fetchHistory().catch(() => null);
    const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
    const reason = failed?.workflowTaskFailedEventAttributes?.failure;
    if (reason) throw new Error(`a workflow task failed: ${reason.message}\n${reason.stackTrace ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 500).unref());
  }
  return new Promise<never>(() => undefined);
}
