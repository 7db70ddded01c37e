/** Runs dev/main.ts (what `sluice dev` runs) in a directory, as a user would in a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReadyLine } from '../../dev/main.js';
import { whenEnded } from '../../dev/processes.js';
import { packageRoot } from '../../dev/root.js';

export interface DevRun {
  child: ChildProcess;
  /** Rejects with all that was said when the process ends first. */
  ready: Promise<ReadyLine>;
  exit: Promise<number | null>;
  said(): string;
}

export function runDev(directory: string, ...flags: string[]): DevRun {
  const main = join(packageRoot(), 'dev', 'main.ts');
  const args = ['--import', import.meta.resolve('tsx'), main, '--port', '0', '--json', ...flags];
  const env = { ...process.env };
  delete env['TEMPORAL_ADDRESS'];
  const child = spawn(process.execPath, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = whenEnded(child);
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as ReadyLine));
    void ended.then((how) => reject(new Error(`sluice dev ${how} before it was ready:\n${said}`)));
  });
  ready.catch(() => {}); // A run that is meant to fail is asked for its exit code only.
  return { child, ready, exit: ended.then(() => child.exitCode), said: () => said };
}
