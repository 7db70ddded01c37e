/**
 * What `sluice dev` runs: a local Temporal server with its UI, and a worker, as children that stop with it.
 * Progress goes to standard error; the answer (addresses, or one line of JSON) to standard output. Node only.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { EXIT } from '../workflows/contract/errors.js';
import { type Claim, claim } from './instance.js';
import { type DevOptions, parseDevOptions, UsageError } from './options.js';
import { workerPolls } from './pollers.js';
import { DevError } from './server/dev-error.js';
import { findServer } from './server/find.js';
import { prepareNamespace } from './server/namespace.js';
import { type LocalServer, startServer } from './server/start.js';
import { type SupervisedWorker, superviseWorker, workerEntry } from './worker.js';

const DIRECTORY = '.sluice';
const WORKER_READY_MS = 60_000;

/** One line of JSON on standard output with `--json`, once everything that was asked for is up. */
export interface ReadyLine {
  kind: 'ready';
  pid: number;
  address: string;
  namespace: string;
  /** Null when TEMPORAL_ADDRESS names a server that is somebody else's. */
  ui: string | null;
  serverPid: number | null;
  database: string | null;
  worker: 'polling' | 'waiting' | 'none';
  workerPid: number | null;
  logs: string;
}

interface Temporal {
  address: string;
  namespace: string;
  connect: ConnectionOptions;
  local: LocalServer | null;
}

/** A start that reaches its end has to be undone whole, also when Ctrl-C comes in its middle. */
interface Running {
  server: LocalServer | null;
  worker: SupervisedWorker | null;
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = parseDevOptions(process.argv.slice(2));
  for (const file of options.worker ? options.named : []) {
    if (!existsSync(file)) throw new UsageError(`${file} is not there; name one that is, or leave it out`);
  }
  const interrupted = whenInterrupted();
  const directory = resolve(DIRECTORY);
  const held = await claim(directory);
  const running: Running = { server: null, worker: null };
  // Children are unreferenced: without a timer this process would end as soon as it has nothing else to do.
  const alive = setInterval(() => {}, 60_000);
  try {
    const first = await Promise.race([bringUp(options, directory, held, running), interrupted]);
    if (first === 'interrupted') return EXIT.done;
    const lost = await Promise.race([serverLost(running), interrupted]);
    if (lost === 'interrupted') return EXIT.done;
    throw new DevError('temporalUnreachable', lost);
  } finally {
    clearInterval(alive);
    await takeDown(running);
    await held.release();
  }
}

async function bringUp(options: DevOptions, directory: string, held: Claim, running: Running): Promise<'up'> {
  const temporal = await startTemporal(options, directory, running);
  await held.update(instanceOf(temporal));
  const connection = await Connection.connect(temporal.connect);
  try {
    report(`preparing namespace ${temporal.namespace} (retention, search attributes)`);
    await prepareNamespace(connection, { namespace: temporal.namespace, raiseRetention: temporal.local !== null });
    const worker = await startWorker(options, directory, temporal, connection, running);
    announce(options, readyLine(temporal, worker, running, directory));
    return 'up';
  } finally {
    await connection.close();
  }
}

async function startTemporal(options: DevOptions, directory: string, running: Running): Promise<Temporal> {
  const found = await findServer(report);
  if (found.kind === 'address') {
    const { connectionOptions, namespace } = loadClientConnectConfig();
    return { address: found.address, namespace: namespace ?? 'default', connect: connectionOptions, local: null };
  }
  const database = resolve(options.database ?? join(directory, `temporal-${found.serverVersion}.db`));
  report(`starting the Temporal server (database ${database})`);
  const local = await startServer({
    program: found.path,
    directory,
    database,
    ...(options.port === 0 ? {} : { port: options.port }),
    ...(options.uiPort === 0 ? {} : { uiPort: options.uiPort }),
  });
  running.server = local;
  return { address: local.address, namespace: 'default', connect: { address: local.address }, local };
}

async function startWorker(
  options: DevOptions,
  directory: string,
  temporal: Temporal,
  connection: Connection,
  running: Running,
): Promise<ReadyLine['worker']> {
  if (!options.worker) return 'none';
  const since = Date.now();
  const log = join(directory, 'logs', 'worker.log');
  report(`starting the worker (log ${log})`);
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
  const { platform, policy, trustRoots, logKey } = options;
  const more = [
    ...(trustRoots === null ? [] : ['--trust-roots', trustRoots]),
    ...(logKey === null ? [] : ['--log-key', logKey]),
  ];
  const worker = superviseWorker({ entry: workerEntry(), platform, policy, more, env, log, report });
  running.worker = worker;
  const noFiles = (): boolean => Date.now() - since > 2_000 && worker.pid() === null;
  const polls = await workerPolls(connection, temporal.namespace, since, WORKER_READY_MS, noFiles);
  return polls ? 'polling' : 'waiting';
}

function readyLine(temporal: Temporal, worker: ReadyLine['worker'], running: Running, directory: string): ReadyLine {
  return {
    kind: 'ready',
    pid: process.pid,
    address: temporal.address,
    namespace: temporal.namespace,
    ui: temporal.local?.ui ?? null,
    serverPid: temporal.local?.pid ?? null,
    database: temporal.local?.database ?? null,
    worker,
    workerPid: running.worker?.pid() ?? null,
    logs: join(directory, 'logs'),
  };
}

function announce(options: DevOptions, ready: ReadyLine): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    return;
  }
  const workers = { polling: 'polls', waiting: `not polling yet; its log is in ${ready.logs}`, none: 'not asked for' };
  process.stdout.write(
    `Temporal  ${ready.address}\nUI        ${ready.ui ?? 'wherever that server has it'}\n` +
      `Worker    ${workers[ready.worker]}\nCtrl-C stops ${ready.ui ? 'all of it' : 'the worker'}.\n`,
  );
}

function instanceOf(temporal: Temporal) {
  const { local } = temporal;
  return local && { pid: local.pid, address: local.address, ui: local.ui, database: local.database };
}

function serverLost(running: Running): Promise<string> {
  const { server } = running;
  if (!server) return new Promise<string>(() => {});
  return server.ended.then((how) => `the Temporal server ${how}; its log: ${server.log}`);
}

/** The worker first: what it runs can still report to a server that is there. */
async function takeDown(running: Running): Promise<void> {
  if (running.worker) {
    report('stopping the worker');
    await running.worker.stop();
  }
  if (running.server) {
    report('stopping the Temporal server');
    await running.server.stop();
  }
}

/** The second Ctrl-C ends at once; the leashes then end the children. */
function whenInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let before = false;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (before) process.exit(EXIT.refused);
        before = true;
        resolve('interrupted');
      });
    }
  });
}

try {
  process.exit(await main());
} catch (error) {
  process.exit(explain(error as Error));
}

function explain(error: Error): number {
  const code = error instanceof DevError ? error.code : error instanceof UsageError ? 'usage' : 'bug';
  report(`${code}: ${error.message}`);
  if (error instanceof DevError) return error.exitCode;
  return error instanceof UsageError ? EXIT.badInput : EXIT.bug;
}
