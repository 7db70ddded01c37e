/** A real PostgreSQL for one test file: a cluster of its own in a temporary folder, on a free loopback port. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface TestPostgres {
  host: string;
  port: number;
  /** Superuser of the cluster; no password (trust on loopback). */
  user: string;
  database: string;
  /** Runs statements as the superuser. */
  run(sql: string): Promise<pg.QueryResult>;
  /** SIGKILL, as by a power cut. */
  kill(): Promise<void>;
  /** Comes back on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';

/** Starts a cluster (about 2 s) and resolves once it answers. */
export async function startPostgres(): Promise<TestPostgres> {
  const owner = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pg-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (owner !== null) for (const path of [folder, data]) chownSync(path, owner.uid, owner.gid);
  const options = { ...owner, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  execFileSync(
    program('initdb'),
    ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions'],
    {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 30_000,
    },
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'shared_buffers=16MB',
  ];
  const place = { host: '127.0.0.1', port, user: 'owner', database: 'postgres' };
  const start = async (): Promise<ChildProcess> => {
    const parameters = ['-D', data, '-p', `${port}`, ...settings.flatMap((one) => ['-c', one])];
    const child = spawn(program('postgres'), parameters, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    await untilAnswering(place, child, collectLog(child));
    return child;
  };
  let server = await start();
  return {
    ...place,
    run: (sql) => asOwner(place, (client) => client.query(sql)),
    kill: () => stopChild(server, 'SIGKILL'),
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      await stopChild(server, 'SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function program(name: string): string {
  const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  if (newest === undefined) throw new Error(`no PostgreSQL under ${VERSIONS}; install Debian's package postgresql`);
  return join(VERSIONS, newest, 'bin', name);
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}

/** What a child said on stderr, newest 4 kB. */
export function collectLog(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4096);
  });
  return () => text;
}

/** Ends a child by its pid, with SIGKILL after 5 s. */
export async function stopChild(child: ChildProcess, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(patience);
}

type Place = Pick<TestPostgres, 'host' | 'port' | 'user' | 'database'>;

async function asOwner<T>(place: Place, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...place, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function untilAnswering(place: Place, server: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await asOwner(place, (client) => client.query('select 1'));
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`PostgreSQL does not answer (${String(error)}); it said:\n${log()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
