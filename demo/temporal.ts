/** The local Temporal server, its UI and a worker, by `sluice dev`; with the one thing no user would do to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReadyLine } from '../dev/main.js';
import { sluiceCommand } from './sluice.js';

export interface LocalTemporal {
  ready(): ReadyLine;
  /** For commands: this server and no other. */
  env: NodeJS.ProcessEnv;
  /** SIGKILL to supervisor, worker and server at once: nobody can clean up. Returns the moment. */
  kill(): number;
  /** The same server on the same database and ports. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const STOP_MS = 30_000;

/** Obtaining a server the first time can take minutes; `log` hears the progress. */
export async function startTemporal(directory: string, log: (line: string) => void): Promise<LocalTemporal> {
  // A server the user works with is not ours to kill.
  const mine = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  let running = await launch(directory, mine, ['--port', '0'], log);
  const { address, namespace, ui } = running.ready;
  return {
    ready: () => running.ready,
    env: { ...mine, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    kill: () => {
      const { pid, workerPid, serverPid } = running.ready;
      // The supervisor before anything it would notice the end of, and tidy up after.
      for (const one of [pid, workerPid, serverPid]) if (one !== null) kill(one);
      running.child.kill('SIGKILL');
      return Date.now();
    },
    restart: async () => {
      await running.ended;
      const ports = ['--port', portOf(address), ...(ui === null ? [] : ['--ui-port', portOf(ui)])];
      running = await launch(directory, mine, ports, log);
    },
    stop: async () => {
      running.child.kill('SIGTERM');
      const patience = setTimeout(() => running.child.kill('SIGKILL'), STOP_MS);
      await running.ended;
      clearTimeout(patience);
    },
  };
}

interface Running {
  child: ChildProcess;
  ready: ReadyLine;
  ended: Promise<string>;
}

async function launch(
  cwd: string,
  env: NodeJS.ProcessEnv,
  args: string[],
  log: (line: string) => void,
): Promise<Running> {
  const command = sluiceCommand([
    'dev',
    '--json',
    '--trust-roots',
    'roots.pub',
    '--log-key',
    join('keys', 'log'),
    ...args,
  ]);
  const child = spawn(process.execPath, command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Should the demo be ended in the middle; twice is harmless.
  const end = () => void child.kill('SIGTERM');
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  let said = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    said = line;
    log(line);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const ready = await Promise.race([
    new Promise<ReadyLine>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line) as Partial<ReadyLine>;
        if (answer.kind === 'ready') resolve(answer as ReadyLine);
      });
    }),
    ended.then((how) => {
      throw new Error(`\`sluice dev\` ended before it was ready (${how}): ${said}`);
    }),
  ]);
  if (ready.worker !== 'polling') throw new Error(`the worker does not poll; its log is in ${ready.logs}`);
  return { child, ready, ended };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function portOf(address: string): string {
  return /:(\d+)\/?$/.exec(address)?.[1] ?? '0';
}
