/** Which rollout a person means: a model name, a rollout id, a workflow id, or nothing when only one is open. */
import type { WorkflowExecutionInfo } from '@temporalio/client';
import {
  NAME,
  isRolloutId,
  parseWorkflowId,
  SEARCH_ATTRIBUTES,
  WORKFLOW_TYPE,
  workflowId,
} from '../workflows/contract/ids.js';
import type { Temporal } from './connection.js';
import { Problem } from './problem.js';

export interface Found {
  tenant: string;
  model: string;
  workflowId: string;
  /** Null: whichever run is the last. */
  runId: string | null;
  rolloutId: string | null;
}

export interface Listed extends Found {
  open: boolean;
  status: string;
  stage: string;
  risk: string;
  startedBy: string;
  startedAtMs: number;
  closedAtMs: number | null;
}

/** Visibility is eventually consistent: a rollout just started may take this long to show. */
const SETTLE_MS = 1_500;
/** Rollout ids are not indexed; this many rollouts, newest first, are looked through. */
const LOOKED_THROUGH = 2_000;

export async function find(temporal: Temporal, name: string | undefined, tenant: string | undefined): Promise<Found> {
  if (name === undefined) return theOnlyOpen(await list(temporal, { tenant, open: true }), tenant);
  if (isRolloutId(name)) return byRolloutId(temporal, name);
  const parsed = parseWorkflowId(name);
  if (parsed) return { ...parsed, workflowId: name, runId: null, rolloutId: null };
  if (!NAME.test(name)) throw unknown(name, 'It is no model name, rollout id or workflow id.');
  if (tenant !== undefined)
    return { tenant, model: name, workflowId: workflowId(tenant, name), runId: null, rolloutId: null };
  return byModel(temporal, name);
}

/** Newest first. */
export async function list(
  temporal: Temporal,
  filter: { tenant?: string | undefined; model?: string | undefined; open?: boolean; limit?: number },
): Promise<Listed[]> {
  const clauses = [`WorkflowType = '${WORKFLOW_TYPE}'`, "ExecutionStatus != 'ContinuedAsNew'"];
  if (filter.open) clauses.push("ExecutionStatus = 'Running'");
  if (filter.model !== undefined && NAME.test(filter.model))
    clauses.push(`${SEARCH_ATTRIBUTES.model} = '${filter.model}'`);
  return temporal.call(async () => {
    const rows: Listed[] = [];
    for await (const info of temporal.client.workflow.list({ query: clauses.join(' AND ') })) {
      const row = toListed(info);
      if (row && (filter.tenant === undefined || row.tenant === filter.tenant)) rows.push(row);
      if (rows.length >= (filter.limit ?? LOOKED_THROUGH)) break;
    }
    return rows;
  });
}

function toListed(info: WorkflowExecutionInfo): Listed | null {
  const parsed = parseWorkflowId(info.workflowId);
  if (!parsed) return null;
  const attribute = (key: string): string => String(info.searchAttributes[key]?.[0] ?? '');
  const open = info.status.name === 'RUNNING' || info.status.name === 'PAUSED';
  return {
    ...parsed,
    workflowId: info.workflowId,
    runId: info.runId,
    rolloutId: memoText(info.memo, 'rolloutId'),
    open,
    status: info.status.name === 'TERMINATED' ? 'terminated' : attribute(SEARCH_ATTRIBUTES.status),
    stage: attribute(SEARCH_ATTRIBUTES.stage),
    risk: attribute(SEARCH_ATTRIBUTES.risk),
    startedBy: memoText(info.memo, 'startedBy') ?? '',
    startedAtMs: info.startTime.getTime(),
    closedAtMs: info.closeTime?.getTime() ?? null,
  };
}

/** What the start put into the memo; null when it is not text. */
export function memoText(memo: Record<string, unknown> | undefined, key: string): string | null {
  const value = memo?.[key];
  return typeof value === 'string' ? value : null;
}

async function byRolloutId(temporal: Temporal, rolloutId: string): Promise<Found> {
  const hit = await settled(async () => (await list(temporal, {})).find((row) => row.rolloutId === rolloutId));
  if (hit) return { ...hit, runId: hit.open ? null : hit.runId };
  throw unknown(rolloutId, `None of the last ${LOOKED_THROUGH} rollouts has this id.`);
}

/** The open one, else the last one. */
async function byModel(temporal: Temporal, model: string): Promise<Found> {
  const rows =
    (await settled(async () => {
      const found = await list(temporal, { model, limit: 200 });
      return found.length > 0 ? found : undefined;
    })) ?? [];
  const open = rows.filter((row) => row.open);
  const pool = open.length > 0 ? open : rows;
  const tenants = [...new Set(pool.map((row) => row.tenant))];
  if (tenants.length > 1) {
    throw new Problem(
      'notFound',
      `Model ${model} has rollouts in several tenants: ${tenants.join(', ')}.`,
      `Say which one: --tenant ${tenants[0]}`,
    );
  }
  const first = pool[0];
  if (!first) throw unknown(model, 'No rollout of this model is on record.');
  return { ...first, runId: first.open ? null : first.runId };
}

async function settled<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() >= until) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function theOnlyOpen(open: Listed[], tenant: string | undefined): Found {
  const [first, ...others] = open;
  if (first && others.length === 0) return { ...first, runId: null };
  const where = tenant === undefined ? '' : ` in tenant ${tenant}`;
  if (!first) throw new Problem('notFound', `No rollout is open${where}.`, 'Start one: sluice start PLAN');
  const names = open.slice(0, 10).map((row) => row.model);
  throw new Problem('notFound', `${open.length} rollouts are open${where}: ${names.join(', ')}.`, 'Name one of them.');
}

function unknown(name: string, why: string): Problem {
  return new Problem(
    'notFound',
    `There is no rollout ${JSON.stringify(name)}. ${why}`,
    'See those there are: sluice list --all',
  );
}
