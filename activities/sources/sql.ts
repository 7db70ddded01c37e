/**
 * Source `sql`: outcomes in a database that speaks PostgreSQL's protocol. The plan's query answers, for one closed
 * window, rows `arm, via, <slices>` and the counts of the metric's kind; windows are aligned to the epoch.
 */
import type { Platform, SecretRef, SqlConnection } from '../../plan/platform-types.js';
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Observation } from '../../workflows/contract/windows.js';
import type { CollectedWindow, CollectOrder, MetricSource } from './adapter.js';
import { notesOn } from './admission.js';
import { type EpochWindow, dueWindows, latestClosed } from './epoch-windows.js';
import { badPlatform, sourceUnavailable } from './failures.js';
import { cellsFromRows } from './sql-rows.js';
import { SqlFault, type SqlSession, openSession } from './sql-session.js';
import { wrapQuery } from './sql-text.js';
import { observe, unanswered, unreadable } from './unusable.js';

const MOST_WINDOWS = 6;
/** No further window is begun after this, so that an attempt ends in time. */
const BUDGET_MS = 2500;

export interface SqlOptions {
  resolveSecret: (reference: SecretRef) => string | Promise<string>;
  /** `production` refuses roles that could do more than read. */
  mode: Platform['mode'];
  /** Clock of admission's throw-away look; default Date.now. */
  now?: () => number;
}

/** A source over one database; connects afresh for every collect. */
export function sqlSource(
  connection: SqlConnection,
  { resolveSecret, mode, now = Date.now }: SqlOptions,
): MetricSource {
  const open = async (signal: AbortSignal): Promise<SqlSession> => {
    const password = connection.password === null ? '' : await resolveSecret(connection.password);
    return await openSession(connection, password, signal).catch((error: unknown) => {
      if (error instanceof SqlFault) throw sourceUnavailable(`${placeOf(connection)}: ${error.message}`);
      throw error;
    });
  };
  return {
    collect: (order) => collect(order, open),
    inspectArm: async () => null,
    check: async (metrics, source, signal) => {
      const session = await open(signal);
      try {
        const notes = await judgeRole(session, connection, mode);
        const { observations } = await observeWindow(session, metrics, latestClosed(now(), source));
        return [...notes, ...notesOn(observations)];
      } finally {
        await session.close();
      }
    },
    close: async () => {},
  };
}

async function collect(
  order: CollectOrder,
  open: (signal: AbortSignal) => Promise<SqlSession>,
): Promise<CollectedWindow[]> {
  const due = dueWindows(order, MOST_WINDOWS);
  if (due.length === 0) return [];
  const until = performance.now() + BUDGET_MS;
  const session = await open(order.signal);
  const found: CollectedWindow[] = [];
  try {
    for (const window of due) {
      if (found.length > 0 && performance.now() > until) break;
      const { observations, lost } = await observeWindow(session, order.metrics, window);
      found.push({ ...window, observations });
      if (lost) break;
    }
  } finally {
    await session.close();
  }
  return found;
}

/** After a lost connection the metrics not yet asked are told so, and no window follows. */
async function observeWindow(
  session: SqlSession,
  metrics: Record<string, MetricSpec>,
  window: EpochWindow,
): Promise<{ observations: Record<string, Observation>; lost: boolean }> {
  const observations: Record<string, Observation> = {};
  let culprit: string | null = null;
  for (const [name, metric] of Object.entries(metrics)) {
    observations[name] = await observe(async () => {
      if (culprit !== null) throw unanswered(`not asked: the connection was lost with metric ${culprit}`);
      try {
        return await cellsOf(session, metric, window);
      } catch (error) {
        if (!(error instanceof SqlFault)) throw error;
        if (error.kind === 'lost') culprit = name;
        throw error.retryable ? unanswered(error.message) : unreadable(error.message);
      }
    });
  }
  return { observations, lost: culprit !== null };
}

async function cellsOf(session: SqlSession, metric: MetricSpec, window: EpochWindow) {
  if (metric.reading.kind !== 'sql')
    throw unreadable(`sql cannot read a ${metric.kind} metric as ${metric.reading.kind}`);
  const bounds = [window.startMs, window.endMs].map((ms) => new Date(ms).toISOString());
  return cellsFromRows(await session.table(wrapQuery(metric.reading.query), bounds), metric);
}

const ROLE = `
  select current_user::text, current_setting('is_superuser'), coalesce(string_agg(r.rolname::text, ', '), '')
  from pg_roles r
  where r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
    and pg_has_role(current_user, r.oid, 'member')`;

/** A read-only transaction does not stop functions that reach out of the database; a harmless role does. */
async function judgeRole(session: SqlSession, connection: SqlConnection, mode: Platform['mode']): Promise<string[]> {
  const [row] = (await session.table(ROLE, [])).rows;
  const [user = '', superuser, reaching = ''] = (row ?? []).map((value) => value ?? '');
  const power = superuser === 'on' ? 'is a superuser' : reaching === '' ? null : `is a member of ${reaching}`;
  if (power === null) return [];
  const sentence = `${placeOf(connection)}: role ${user} ${power}; use a role that may only select`;
  if (mode === 'production') throw badPlatform(sentence);
  return [sentence];
}

function placeOf(connection: SqlConnection): string {
  return `database ${connection.database} at ${connection.host}:${connection.port}`;
}
