/**
 * Makes a namespace fit for rollouts: their histories are kept for longer than a day, and they can be found by model,
 * stage, status and risk. Safe to repeat, on new and old databases. Node only.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract/ids.js';
import { DevError } from './dev-error.js';

/** An audit asks about last year; the dev server forgets after a day. */
const RETENTION_DAYS = 400;
const RETENTION_SECONDS = RETENTION_DAYS * 86_400;
const CALL_MS = 10_000;
const { temporal } = proto;
const KEYWORD = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
const NAMES: string[] = Object.values(SEARCH_ATTRIBUTES);

export interface NamespaceOptions {
  namespace: string;
  /** False for a server that is somebody else's: its retention is theirs to choose. Default true. */
  raiseRetention?: boolean;
  /** Default 30 s. */
  usableWithinMs?: number;
}

/** Returns when all search attributes can be queried. A retention that is longer already stays. */
export async function prepareNamespace(connection: Connection, options: NamespaceOptions): Promise<void> {
  const { namespace } = options;
  await connection.withDeadline(Date.now() + CALL_MS, async () => {
    if (options.raiseRetention ?? true) await raiseRetention(connection, namespace);
    await registerSearchAttributes(connection, namespace);
  });
  await waitUsable(connection, namespace, options.usableWithinMs ?? 30_000);
}

async function raiseRetention(connection: Connection, namespace: string): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= RETENTION_SECONDS) return;
  const ttl = temporal.api.namespace.v1.NamespaceConfig.fromObject({
    workflowExecutionRetentionTtl: { seconds: RETENTION_SECONDS },
  });
  await connection.workflowService.updateNamespace({ namespace, config: ttl });
}

async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const there = customAttributes ?? {};
  const foreign = NAMES.filter((name) => there[name] !== undefined && there[name] !== KEYWORD);
  if (foreign.length > 0) {
    throw new DevError(
      'noServer',
      `search attribute ${foreign.join(', ')} of ${namespace} is not a Keyword; remove it`,
    );
  }
  const missing = NAMES.filter((name) => there[name] === undefined);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** Registration returns before every service has heard of it; a start that sets an attribute must not be the first to ask. */
async function waitUsable(connection: Connection, namespace: string, deadlineMs: number): Promise<void> {
  const query = NAMES.map((name) => `${name} = 'probe'`).join(' OR ');
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      await connection.withDeadline(Date.now() + CALL_MS, () =>
        connection.workflowService.countWorkflowExecutions({ namespace, query }),
      );
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw new DevError(
          'noServer',
          `the search attributes of ${namespace} cannot be used: ${(error as Error).message}`,
        );
      }
    }
    await delay(100);
  }
}
