/**
 * One connection to a PostgreSQL-speaking server, made for a poll and thrown away after it. Every query runs alone in a
 * read-only transaction that is rolled back, under two deadlines: the server's, and ours for a server that keeps none.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import type { SqlConnection } from '../../plan/platform-types.js';
import { excerpt } from './failures.js';
import type { SqlTable } from './sql-rows.js';

const LIMIT_BYTES = 8 * 1024 * 1024;
/** The server is given this much less time, so that its own clear answer comes first. */
const SERVER_SHARE = 0.8;
const GOODBYE_MS = 500;

/** The server answered with an error, or the connection is gone. */
export class SqlFault extends Error {
  /** `answer`: the connection lives on; `lost`: it does not. */
  readonly kind: 'answer' | 'lost';
  readonly retryable: boolean;
  constructor(kind: 'answer' | 'lost', retryable: boolean, message: string) {
    super(message);
    this.name = 'SqlFault';
    this.kind = kind;
    this.retryable = retryable;
  }
}

export interface SqlSession {
  /** Runs one statement read-only and rolls back; throws SqlFault. */
  table(text: string, values: readonly string[]): Promise<SqlTable>;
  close(): Promise<void>;
}

/** Connects or throws SqlFault `lost`. */
export async function openSession(
  connection: SqlConnection,
  password: string,
  signal: AbortSignal,
): Promise<SqlSession> {
  const link = limitedSocket();
  const client = new pg.Client({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: () => password,
    ssl: false,
    application_name: 'sluice',
    stream: () => link.socket,
  });
  client.on('error', () => {}); // A broken connection rejects the query under way; without a listener it would end the process.
  const bounded = <T>(work: Promise<T>) => withDeadline(work, link, connection.deadlineMs, signal);
  try {
    await bounded(client.connect());
  } catch (error) {
    const fault = faultOf(error, link);
    link.cut('the connection failed');
    throw fault;
  }
  const begin = beginReadOnly(connection.deadlineMs);
  return {
    table: (text, values) => readOnly({ client, link, bounded, begin }, text, values),
    close: () => goodbye(client, link),
  };
}

interface Link {
  socket: Socket;
  /** Why we cut it, if we did. */
  reason: string | null;
  cut(reason: string): void;
}

function limitedSocket(): Link {
  const socket = new Socket();
  const link: Link = {
    socket,
    reason: null,
    cut(reason) {
      link.reason ??= reason;
      socket.destroy();
    },
  };
  socket.on('data', () => {
    if (socket.bytesRead > LIMIT_BYTES) link.cut(`the answer is larger than ${LIMIT_BYTES} bytes`);
  });
  return link;
}

/**
 * A transaction of known meaning whatever the role's defaults: timestamps in UTC, strings as the tokenizer reads them.
 * All settings are local: PGlite shares one session between all its connections, so others would outlive us there.
 */
function beginReadOnly(deadlineMs: number): string {
  const serverMs = Math.max(1, Math.floor(deadlineMs * SERVER_SHARE));
  return (
    `begin read only; set local statement_timeout = ${serverMs}; ` +
    `set local timezone = 'UTC'; set local standard_conforming_strings = on`
  );
}

interface Line {
  client: pg.Client;
  link: Link;
  bounded: <T>(work: Promise<T>) => Promise<T>;
  begin: string;
}

async function readOnly(
  { client, link, bounded, begin }: Line,
  text: string,
  values: readonly string[],
): Promise<SqlTable> {
  try {
    await bounded(client.query(begin));
    try {
      // A values array forces the extended protocol, which takes a single statement: `COMMIT; insert` cannot get in.
      return tableOf(await bounded(client.query({ text, values: [...values], rowMode: 'array', types: AS_TEXT })));
    } finally {
      if (link.reason === null) await bounded(client.query('rollback'));
    }
  } catch (error) {
    throw faultOf(error, link);
  }
}

/** Values as the server prints them: a driver's idea of a number is not ours. */
const AS_TEXT = { getTypeParser: () => (text: string | Buffer) => String(text) };

function tableOf(result: pg.QueryArrayResult<(string | null)[]>): SqlTable {
  return {
    columns: result.fields.map((field) => field.name),
    rows: result.rows,
  };
}

/** A plain timer, because a timeout signal that only `AbortSignal.any` refers to may be collected before it fires. */
async function withDeadline<T>(work: Promise<T>, link: Link, deadlineMs: number, signal: AbortSignal): Promise<T> {
  let disarm = () => {};
  const cutOff = new Promise<never>((_, reject) => {
    const cut = (reason: string) => {
      link.cut(reason);
      reject(new Error(reason));
    };
    const onAbort = () => cut('the attempt ended');
    const timer = setTimeout(cut, deadlineMs, `no answer within ${deadlineMs} ms`);
    signal.addEventListener('abort', onAbort, { once: true });
    disarm = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    if (signal.aborted) onAbort();
  });
  work.catch(() => {}); // Cut off, it rejects later with nobody listening.
  try {
    return await Promise.race([work, cutOff]);
  } finally {
    disarm();
  }
}

async function goodbye(client: pg.Client, link: Link): Promise<void> {
  if (link.reason === null) {
    const never = new AbortController().signal;
    await withDeadline(client.end(), link, GOODBYE_MS, never).catch(() => {}); // Best effort: it is cut below.
  }
  link.cut('closed');
}

/** SQLSTATE classes that may pass by themselves: connection, transaction conflict, resources, operator, locks. */
const PASSING = /^(?:08|40|53|57|55P03)/;
/** Classes whose messages speak of names and syntax, never of row contents. */
const TELLING = /^(?:08|25|28|3D|40|42|53|57)/;

function faultOf(error: unknown, link: Link): SqlFault {
  if (link.reason !== null) return new SqlFault('lost', true, link.reason);
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (error instanceof pg.DatabaseError && typeof code === 'string') {
    const text = TELLING.test(code) ? `: ${excerpt(error.message)}` : ' (its text may quote rows and is not kept)';
    return new SqlFault('answer', PASSING.test(code), `PostgreSQL says ${code}${text}`);
  }
  link.cut('the connection failed');
  return new SqlFault(
    'lost',
    true,
    `the connection failed: ${typeof code === 'string' ? code : excerpt(String(message))}`,
  );
}
