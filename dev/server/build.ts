/** Builds the Temporal CLI, server and UI in one, from the module in dev/temporal through the Go module proxy. Node only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.js';
import { leash, whenEnded } from '../processes.js';
import { packageRoot } from '../root.js';

const DEADLINE_MS = 25 * 60_000;
const TICK_MS = 15_000;

/**
 * Leaves the program at `target` and returns it. Of several processes that ask at once one builds and the others wait.
 * About five minutes on two cores; says every 15 s that it is at it.
 */
export async function buildServer(target: string, report: (line: string) => void): Promise<string> {
  const build = async (): Promise<string> => {
    if (existsSync(target)) return target;
    // The process id keeps two builders apart even if the lock was passed over.
    const unfinished = `${target}.${process.pid}`;
    try {
      await compile(unfinished, report);
      await rename(unfinished, target);
    } finally {
      await rm(unfinished, { force: true });
    }
    return target;
  };
  await mkdir(dirname(target), { recursive: true });
  return withLock(`${target}.lock`, build, {
    onWait: (holder) => report(`process ${holder} is building the Temporal server already; waiting for it`),
  });
}

async function compile(output: string, report: (line: string) => void): Promise<void> {
  report('building the Temporal server with Go (about five minutes, once per machine)');
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(() => report(`still building the Temporal server (${seconds()} s)`), TICK_MS);
  const flags = ['-trimpath', '-ldflags', '-s -w', '-o', output, 'github.com/temporalio/cli/cmd/temporal'];
  const child = spawn('go', ['build', ...flags], {
    cwd: join(packageRoot(), 'dev', 'temporal'),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    await succeeded(child);
  } finally {
    clearInterval(ticker);
  }
  report(`built the Temporal server in ${seconds()} s`);
}

async function succeeded(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) leash(child.pid);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  // Not spawn's own timeout: its timer outlives a program that could not be started, and holds the process open.
  const deadline = setTimeout(() => child.kill(), DEADLINE_MS);
  const end = await whenEnded(child);
  clearTimeout(deadline);
  if (child.exitCode !== 0)
    throw new Error(`go build ${end}${said && `: ${said.trim().split('\n').slice(-3).join(' | ')}`}`);
}
