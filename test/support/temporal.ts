/**
 * Real Temporal servers for tests. test/run.ts starts one for the whole run and names it in SLUICE_TEST_TEMPORAL;
 * a test file that is run alone gets one of its own, which ends with its process. Task queues are each test's own.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { findProgram } from '../../dev/server/find.js';
import { prepareNamespace } from '../../dev/server/namespace.js';
import { type LocalServer, startServer } from '../../dev/server/start.js';

export const SHARED_ADDRESS = 'SLUICE_TEST_TEMPORAL';

export interface TestTemporal {
  address: string;
  namespace: string;
  /** Of the web interface. */
  ui: string;
}

export interface OwnTemporal extends TestTemporal {
  pid(): number;
  /** SIGKILL, as by a power cut. */
  kill(): Promise<void>;
  /** Comes back on the same database and ports. */
  restart(): Promise<void>;
  /** For good; removes the database. */
  stop(): Promise<void>;
}

let shared: Promise<TestTemporal> | undefined;

/** The server of this run, with search attributes registered. Nobody may kill it or change its namespace. */
export function sharedTemporal(): Promise<TestTemporal> {
  shared ??= findShared();
  return shared;
}

async function findShared(): Promise<TestTemporal> {
  const given = process.env[SHARED_ADDRESS];
  if (given) {
    const [address, ui] = given.split(',') as [string, string];
    return { address, namespace: 'default', ui };
  }
  const own = await ownTemporal();
  // Tests are over when the process ends, and a child must not keep it from ending.
  process.once('exit', () => {
    process.kill(own.pid(), 'SIGKILL');
    rmSync(own.directory, { recursive: true, force: true });
  });
  return own;
}

/** A private server that a test may kill and restart. */
export async function ownTemporal(): Promise<OwnTemporal & { directory: string }> {
  const { path } = await findProgram((line) => process.stderr.write(`# ${line}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'sluice-temporal-'));
  const database = join(directory, 'temporal.db');
  let server = await prepared(await startServer({ program: path, directory, database }));
  const { port, uiPort } = server;
  return {
    address: server.address,
    namespace: 'default',
    ui: server.ui,
    directory,
    pid: () => server.pid,
    kill: () => server.kill(),
    restart: async () => {
      server = await prepared(await startServer({ program: path, directory, database, port, uiPort }));
    },
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function prepared(server: LocalServer): Promise<LocalServer> {
  const connection = await Connection.connect({ address: server.address });
  try {
    await prepareNamespace(connection, { namespace: 'default' });
  } finally {
    await connection.close();
  }
  return server;
}
