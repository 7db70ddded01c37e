/** Starting a rollout: one open per model; during *after* the old one gives way. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Signed } from '../workflows/contract/decisions.js';
import { rolloutIdFrom, TASK_QUEUES, WORKFLOW_TYPE, workflowId } from '../workflows/contract/ids.js';
import type { Digest, Plan } from '../workflows/contract/plan.js';
import { searchKeys } from '../workflows/contract/search.js';
import type { RolloutInput } from '../workflows/contract/start.js';
import { causeMessages, type Temporal } from './connection.js';
import { awaitEnding } from './ending.js';
import { type Found, list } from './find.js';
import { awaitAnswer, send } from './messages.js';
import { askView, startInput } from './observe.js';
import { Problem } from './problem.js';

/** Longest a rollout in its after phase may take to make room. */
const GIVE_WAY_MS = 60_000;

export interface StartOrder {
  plan: Plan;
  planDigest: Digest;
  by: string;
  /** Refuses when the worker's policy has another digest; null: whatever the worker holds. */
  statedPolicyDigest: Digest | null;
  /** Drawn before the order was signed; absent: drawn now. */
  rolloutId?: string;
  /** Who starts it, signed. */
  order?: Signed;
  /** Approvals of an emergency start. */
  breakGlass?: Signed[];
}

/** Starts at once or throws rolloutInProgress naming what runs. */
export async function start(temporal: Temporal, order: StartOrder): Promise<Found> {
  try {
    return await startOnce(temporal, order);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw readable(error);
  }
  await makeRoom(temporal, order);
  return startOnce(temporal, order).catch(async (error: unknown) => {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw inProgress(await running(temporal, order));
    throw readable(error);
  });
}

async function startOnce(temporal: Temporal, order: StartOrder): Promise<Found> {
  const { plan, planDigest, by, statedPolicyDigest, order: signed, breakGlass } = order;
  const rolloutId = order.rolloutId ?? rolloutIdFrom(randomBytes(17));
  const input: RolloutInput = {
    version: 1,
    rolloutId,
    plan,
    planDigest,
    by,
    statedPolicyDigest,
    ...(signed === undefined ? {} : { order: signed }),
    ...(breakGlass === undefined || breakGlass.length === 0 ? {} : { breakGlass }),
  };
  const id = workflowId(plan.tenant, plan.model);
  const handle = await temporal.call(() =>
    temporal.client.workflow.start(WORKFLOW_TYPE, {
      workflowId: id,
      taskQueue: TASK_QUEUES.workflows,
      // A task handed to a worker that hangs is handed out again after this long; a replay takes far less.
      workflowTaskTimeout: '5s',
      args: [input],
      staticSummary: `${plan.model}: ${plan.candidate.version} to everyone, step by step (${rolloutId})`.slice(0, 380),
      staticDetails: staticDetails(order, rolloutId),
      typedSearchAttributes: [
        { key: searchKeys.model, value: plan.model },
        { key: searchKeys.stage, value: plan.stages[0]?.name ?? '' },
        { key: searchKeys.status, value: 'admitting' },
        { key: searchKeys.risk, value: plan.risk },
      ],
      memo: { rolloutId, startedBy: by },
    }),
  );
  return { tenant: plan.tenant, model: plan.model, workflowId: id, runId: handle.firstExecutionRunId, rolloutId };
}

/** What never changes; Markdown lists, since the Temporal UI shows tables without spacing. */
function staticDetails(order: StartOrder, rolloutId: string): string {
  const { plan, planDigest, by } = order;
  const lines = [
    `- **Rollout:** \`${rolloutId}\``,
    `- **Model:** ${plan.model}, candidate \`${plan.candidate.version}\`, tenant ${plan.tenant}, risk ${plan.risk}`,
    `- **Intent:** ${plan.intent}`,
    `- **Owner:** ${plan.owner}; started by ${by}`,
    `- **Plan:** \`${planDigest}\``,
    `- **Stages:** ${plan.stages.map((stage) => stage.name).join(', ')}`,
    ...(plan.runbook === null ? [] : [`- **Runbook:** ${plan.runbook}`]),
  ];
  return lines.join('\n').slice(0, 15_000);
}

interface Running {
  found: Found;
  status: string;
  stage: string;
}

async function running(temporal: Temporal, order: StartOrder): Promise<Running> {
  const { tenant, model } = order.plan;
  const found: Found = { tenant, model, workflowId: workflowId(tenant, model), runId: null, rolloutId: null };
  const [view, input] = await Promise.all([askView(temporal, found), startInput(temporal, found)]);
  const rolloutId = input?.rolloutId ?? null;
  if (view.kind === 'answer')
    return { found: { ...found, rolloutId }, status: view.value.status, stage: view.value.stage ?? 'after' };
  const listed = (await list(temporal, { tenant, model, open: true }))[0];
  return { found: { ...found, rolloutId }, status: listed?.status ?? 'running', stage: listed?.stage ?? 'unknown' };
}

async function makeRoom(temporal: Temporal, order: StartOrder): Promise<void> {
  const now = await running(temporal, order);
  if (now.status !== 'after') throw inProgress(now);
  const { rolloutId } = now.found;
  const messageId = await send(temporal, now.found, 'supersede', {
    by: order.by,
    ...(rolloutId === null ? {} : { rolloutId }),
  });
  const answer = await awaitAnswer(temporal, now.found, messageId, 10_000);
  if (answer?.state === 'refused') throw inProgress(now);
  const ended = await awaitEnding(temporal, now.found, GIVE_WAY_MS);
  if (!ended) throw inProgress(now);
}

function inProgress({ found, status, stage }: Running): Problem {
  return new Problem(
    'rolloutInProgress',
    `Rollout ${found.rolloutId ?? found.workflowId} of ${found.model} runs already: ${status}, stage ${stage}.`,
    `See what holds it with \`sluice why ${found.model}\`; end it with \`sluice rollback ${found.model}\`.`,
  );
}

function readable(error: unknown): unknown {
  const text = causeMessages(error);
  if (!/search attribute/i.test(text)) return error;
  return new Problem(
    'badPlatform',
    `The Temporal namespace lacks Sluice's search attributes: ${text.split(' · ').at(-1)}`,
    '`sluice dev` registers them; elsewhere: temporal operator search-attribute create --type Keyword --name SluiceModel --name SluiceStage --name SluiceStatus --name SluiceRisk',
    error,
  );
}
