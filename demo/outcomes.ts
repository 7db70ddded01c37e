/** Writes what became of deliveries into the outcomes database, in batches: one row each, with a hash, never a text. */
import pg from 'pg';
import type { Arm } from '../workflows/contract/plan.js';
import type { MailType } from './mail.js';

export interface Outcome {
  atMs: number;
  arm: Arm;
  via: string;
  mailType: MailType;
  /** The model called it spam. */
  flagged: boolean;
  mail: string;
}

const WRITE_EVERY_MS = 250;
const INSERT = `
  insert into outcomes (at, arm, via, mail_type, flagged, mail)
  select to_timestamp(at / 1000.0), arm, via, mail_type, flagged, mail
  from unnest($1::float8[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])
    as row (at, arm, via, mail_type, flagged, mail)`;

export interface OutcomeWriter {
  add(outcome: Outcome): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** A row lost would bias what is judged, so any failure goes to `onFailure`, which should end the demo. */
export async function outcomeWriter(port: number, onFailure: (error: Error) => void): Promise<OutcomeWriter> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', onFailure);
  await client.connect();
  let waiting: Outcome[] = [];
  let writing = Promise.resolve();
  const flush = () => {
    const rows = waiting;
    waiting = [];
    if (rows.length > 0) writing = writing.then(() => write(client, rows)).catch(onFailure);
    return writing;
  };
  const timer = setInterval(() => void flush(), WRITE_EVERY_MS);
  return {
    add: (outcome) => void waiting.push(outcome),
    close: async () => {
      clearInterval(timer);
      await flush();
      await client.end();
    },
  };
}

async function write(client: pg.Client, rows: readonly Outcome[]): Promise<void> {
  // `read write`: the session is shared with readers who make read-only its default (database.ts).
  await client.query('begin read write');
  await client.query(INSERT, [
    rows.map(({ atMs }) => atMs),
    rows.map(({ arm }) => arm),
    rows.map(({ via }) => via),
    rows.map(({ mailType }) => mailType),
    rows.map(({ flagged }) => flagged),
    rows.map(({ mail }) => mail),
  ]);
  await client.query('commit');
}
