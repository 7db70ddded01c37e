/**
 * Starts a local Temporal server on loopback and ends it. Detached, so that Ctrl-C in a terminal reaches only whoever
 * supervises it, and on a leash, so that it never outlives its starter. Node only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { endProcess, leash, signal, whenEnded } from '../processes.js';
import { DevError } from './dev-error.js';
import { freePorts, portIsFree } from './ports.js';
import { type Health, serverHealthy } from './health.js';

export interface ServerOptions {
  /** The Temporal CLI. */
  program: string;
  /** Where database, logs and pid files lie; created. */
  directory: string;
  /** SQLite file. Give the server version in its name: the schema is never migrated. */
  database: string;
  /** gRPC on 127.0.0.1. Default: any free port. */
  port?: number;
  /** UI on 127.0.0.1. Default: any free port. */
  uiPort?: number;
  /** Default 60 s: a cold start on a busy machine. */
  readyWithinMs?: number;
}

export interface LocalServer {
  pid: number;
  address: string;
  port: number;
  ui: string;
  uiPort: number;
  database: string;
  log: string;
  /** Resolves when the process has ended, for whatever reason, with words for how. Keeps no event loop alive by itself. */
  ended: Promise<string>;
  /** SIGTERM, SIGKILL after 10 s. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL: what a machine does that loses power. */
  kill(): Promise<void>;
}

const STOP_GRACE_MS = 10_000;

interface Launched extends LocalServer {
  /** What this launch wrote to the log. */
  said(): Promise<string>;
}

/** Besides ours the server takes free ports for its inner services, and somebody may be faster with any of them. */
const ATTEMPTS = 4;

/** A healthy server. Throws DevError `noServer` with the beginning of what the server said. */
export async function startServer(options: ServerOptions): Promise<LocalServer> {
  for (let attempt = 1; ; attempt++) {
    await portsFree([options.port, options.uiPort]);
    const [freePort, freeUiPort] = (await freePorts(2)) as [number, number];
    const server = await launch(options, options.port ?? freePort, options.uiPort ?? freeUiPort);
    try {
      await ready(server, options.readyWithinMs ?? 60_000);
      return server;
    } catch (error) {
      await server.stop();
      const said = await server.said();
      if (attempt < ATTEMPTS && said.includes('address already in use')) continue;
      const beginning = said.split('\n').slice(0, 6).join('\n');
      throw new DevError(
        'noServer',
        `the Temporal server ${(error as Error).message}\n${beginning}\nIts log: ${server.log}`,
      );
    }
  }
}

async function portsFree(ports: (number | undefined)[]): Promise<void> {
  for (const port of ports) {
    if (port === undefined || (await portIsFree(port))) continue;
    throw new DevError('noServer', `port ${port} on 127.0.0.1 is taken; end what listens there or choose another`);
  }
}

async function launch(options: ServerOptions, port: number, uiPort: number): Promise<Launched> {
  const log = join(options.directory, 'logs', `temporal-${port}.log`);
  await mkdir(dirname(log), { recursive: true });
  await mkdir(dirname(options.database), { recursive: true });
  const output = openSync(log, 'a');
  const before = fstatSync(output).size;
  const child = spawn(options.program, serverArguments(options.database, port, uiPort), {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = whenEnded(child);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new DevError('noServer', `${options.program} ${await ended}`);
  leash(pid);
  return {
    pid,
    address: `127.0.0.1:${port}`,
    port,
    ui: `http://127.0.0.1:${uiPort}`,
    uiPort,
    database: options.database,
    log,
    said: async () => (await readFile(log)).subarray(before).toString().trim(),
    ended,
    stop: async () => {
      await endProcess(pid, STOP_GRACE_MS);
      await reaped(child, ended);
    },
    kill: async () => {
      signal(pid, 'SIGKILL');
      await reaped(child, ended);
    },
  };
}

/** An unreferenced child does not keep the event loop alive, so without this a last `await stop()` would never return. */
async function reaped(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.ref();
  await ended;
}

function serverArguments(file: string, port: number, uiPort: number): string[] {
  const database = [
    '--db-filename',
    file,
    '--sqlite-pragma',
    'journal_mode=WAL',
    '--sqlite-pragma',
    'synchronous=NORMAL',
  ];
  // Timers fire with up to a second of slack by default; polls of a few seconds would show it.
  const timers = ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="100ms"'];
  const ports = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
  return ['server', 'start-dev', ...ports, ...database, '--ui-disable-news-fetch', '--log-level', 'warn', ...timers];
}

async function ready(server: LocalServer, deadlineMs: number): Promise<void> {
  const giveUp = new AbortController();
  const end = server.ended.then((how): Health => {
    giveUp.abort();
    return { kind: 'no', last: how };
  });
  const health = await Promise.race([serverHealthy(server.address, deadlineMs, giveUp.signal), end]);
  if (giveUp.signal.aborted) throw new Error(`${await server.ended} before it was ready`);
  if (health.kind === 'no') throw new Error(`was not ready after ${deadlineMs / 1000} s (last answer: ${health.last})`);
}
