/** The worker as a child of `sluice dev`: started when its files are there, started again when it crashes. Node only. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endProcess, leash, whenEnded } from './processes.js';

export interface WorkerOptions {
  /** Arguments for node up to the worker's own: workerEntry() but in tests. */
  entry: string[];
  platform: string;
  policy: string;
  /** Further arguments of the worker. */
  more?: string[];
  /** Added to this process's environment: where Temporal is. */
  env: Record<string, string>;
  log: string;
  report: (line: string) => void;
}

export interface SupervisedWorker {
  pid(): number | null;
  /** SIGTERM (running activities finish), SIGKILL after 20 s; no restart any more. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 20_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** A worker that ran this long was fine: the next crash starts over with the shortest wait. */
const HEALTHY_AFTER_MS = 60_000;

export function superviseWorker(options: WorkerOptions): SupervisedWorker {
  const stopping = new AbortController();
  let pid: number | null = null;
  const supervision = supervise(options, stopping.signal, (now) => {
    pid = now;
  });
  return {
    pid: () => pid,
    stop: async () => {
      stopping.abort();
      if (pid !== null) await endProcess(pid, STOP_GRACE_MS);
      await supervision;
    },
  };
}

async function supervise(
  options: WorkerOptions,
  stopping: AbortSignal,
  onPid: (pid: number | null) => void,
): Promise<void> {
  await filesThere(options, stopping);
  let backoffMs = FIRST_BACKOFF_MS;
  while (!stopping.aborted) {
    const started = Date.now();
    const end = await runOnce(options, onPid);
    onPid(null);
    if (stopping.aborted) return;
    if (Date.now() - started > HEALTHY_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
    options.report(
      `the worker ${end}; it starts again in ${backoffMs / 1000} s. It last said:\n${await tail(options.log)}`,
    );
    await delay(backoffMs, undefined, { signal: stopping }).catch(() => {});
    backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
  }
}

/** `sluice dev` comes before `sluice init` for a newcomer, so files that are missing are waited for. */
async function filesThere(options: WorkerOptions, stopping: AbortSignal): Promise<void> {
  const missing = (): string[] => [options.platform, options.policy].filter((file) => !existsSync(file));
  if (missing().length > 0) {
    options.report(`no worker yet: ${missing().join(' and ')} not found; it starts as soon as they are there`);
  }
  while (missing().length > 0 && !stopping.aborted) {
    await delay(500, undefined, { signal: stopping }).catch(() => {});
  }
}

async function runOnce(options: WorkerOptions, onPid: (pid: number | null) => void): Promise<string> {
  await mkdir(dirname(options.log), { recursive: true });
  const output = openSync(options.log, 'a');
  const args = [...options.entry, '--platform', options.platform, '--policy', options.policy, ...(options.more ?? [])];
  const child = spawn(process.execPath, args, {
    // In a process group of its own: Ctrl-C must not reach it before it is told to stop.
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
  });
  closeSync(output);
  if (child.pid !== undefined) {
    leash(child.pid);
    onPid(child.pid);
  }
  return whenEnded(child);
}

/** Beside us: JavaScript when we are compiled, TypeScript through tsx when we run from source. */
export function workerEntry(): string[] {
  const here = fileURLToPath(import.meta.url);
  const compiled = here.endsWith('.js');
  const main = join(dirname(here), '..', 'worker', compiled ? 'main.js' : 'main.ts');
  return compiled ? [main] : ['--import', import.meta.resolve('tsx'), main];
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join('\n');
}
