/** What Temporal knows of a rollout without asking its code (describe, first event), and with asking it (queries). */
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { BakeHeartbeat } from '../workflows/contract/activities.js';
import { TASK_QUEUES } from '../workflows/contract/ids.js';
import { QUERIES } from '../workflows/contract/messages.js';
import type { RolloutInput } from '../workflows/contract/start.js';
import type { RolloutView } from '../workflows/contract/view.js';
import { causeMessages, GRPC, grpcCode, isOverdue, type Temporal } from './connection.js';
import type { Found } from './find.js';
import type { LiveActivity, LiveBeat } from './standing.js';

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];
type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

const QUERY_MS = 3_000;

/** A handle on one run chain; without a run id the last run. */
export function handleOf(temporal: Temporal, found: Found): WorkflowHandle {
  return temporal.client.workflow.getHandle(found.workflowId, found.runId ?? undefined);
}

/** The start order as the first event has it: plan and rollout id, with no worker needed. */
export async function startInput(temporal: Temporal, found: Found): Promise<RolloutInput | null> {
  const { namespace, client } = temporal;
  const execution = { workflowId: found.workflowId, ...(found.runId === null ? {} : { runId: found.runId }) };
  const page = await temporal.call(() =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 }),
  );
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  return decode<RolloutInput>(started?.input?.payloads?.[0]);
}

function decode<T>(payload: unknown): T | null {
  if (!payload) return null;
  try {
    return defaultPayloadConverter.fromPayload<T>(payload as Payload);
  } catch {
    // Others may have written it (a codec of their own): shown as not known rather than not shown at all.
    return null;
  }
}

/** The bake, guard or rollback under way. Several can be pending (a notification beside a bake): the heartbeating one first. */
export function liveActivity(description: WorkflowExecutionDescription): LiveActivity | null {
  const pending = (description.raw.pendingActivities ?? []).map(toLive);
  return (
    pending.find((activity) => activity.heartbeat !== null) ?? pending.find((a) => a.activity !== 'announce') ?? null
  );
}

function toLive(pending: PendingActivity): LiveActivity {
  const beat = decode<BakeHeartbeat>(pending.heartbeatDetails?.payloads?.[0]);
  const failure = pending.lastFailure;
  return {
    activity: pending.activityType?.name ?? 'unknown',
    attempt: pending.attempt ?? 1,
    heartbeat: beat?.version === 1 ? forPeople(beat) : null,
    lastFailure: failure
      ? { type: failure.applicationFailureInfo?.type ?? 'unknown', message: failure.message ?? '' }
      : null,
    nextAttemptMs: pending.scheduledTime ? toMs(pending.scheduledTime) : null,
  };
}

function forPeople({ verdict, conditions, observed, leaseUntilMs, atMs }: BakeHeartbeat): LiveBeat {
  return { verdict, conditions, observed, leaseUntilMs, atMs };
}

function toMs(time: { seconds?: unknown; nanos?: number | null }): number {
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}

export type Asked<T> = { kind: 'answer'; value: T } | { kind: 'silent'; why: string };

/** A query under a short deadline: nobody there is an answer too. */
export async function ask<T>(
  temporal: Temporal,
  found: Found,
  query: keyof typeof QUERIES,
  args: unknown[] = [],
): Promise<Asked<T>> {
  const { connection } = temporal.client;
  try {
    const handle = handleOf(temporal, found);
    const value = await connection.withDeadline(Date.now() + QUERY_MS, () =>
      handle.query<T, unknown[]>(QUERIES[query], ...args),
    );
    return { kind: 'answer', value };
  } catch (error) {
    return { kind: 'silent', why: silence(error) };
  }
}

function silence(error: unknown): string {
  if (isOverdue(error)) return `no worker answered within ${QUERY_MS / 1000} s`;
  switch (grpcCode(error)) {
    case GRPC.failedPrecondition:
      return 'no worker polls for it';
    case GRPC.unavailable:
      return 'the Temporal server went away';
    default:
      return causeMessages(error);
  }
}

export function askView(temporal: Temporal, found: Found): Promise<Asked<RolloutView>> {
  return ask<RolloutView>(temporal, found, 'view');
}

/** Pollers that asked for work in the last 90 s, by queue. A poll lasts a minute, so a worker killed just now still shows. */
export interface Pollers {
  workflows: number;
  activities: number;
  rollback: number;
}

const WORKFLOW_QUEUE = 1;
const ACTIVITY_QUEUE = 2;
const FRESH_MS = 90_000;

export async function pollers(temporal: Temporal): Promise<Pollers> {
  const count = async (name: string, taskQueueType: number): Promise<number> => {
    const { namespace, client } = temporal;
    const answer = await temporal.call(() =>
      client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
    );
    const fresh = Date.now() - FRESH_MS;
    return (answer.pollers ?? []).filter((p) => p.lastAccessTime && toMs(p.lastAccessTime) >= fresh).length;
  };
  const [workflows, activities, rollback] = await Promise.all([
    count(TASK_QUEUES.workflows, WORKFLOW_QUEUE),
    count(TASK_QUEUES.activities, ACTIVITY_QUEUE),
    count(TASK_QUEUES.rollback, ACTIVITY_QUEUE),
  ]);
  return { workflows, activities, rollback };
}
