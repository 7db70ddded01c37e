/** Children that live and die as told: by their own id, never by name. Node only; POSIX. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A zombie counts as dead: it has ended and only waits to be reaped. */
export function processAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return true;
  }
}

/** The command line of a process, or '' if it has none or is gone. Guards against an id that was given to somebody else. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    try {
      return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      return '';
    }
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; returns when the process is gone. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  signal(pid, 'SIGTERM');
  if (await waitGone(pid, graceMs)) return;
  signal(pid, 'SIGKILL');
  if (!(await waitGone(pid, 5_000))) throw new Error(`process ${pid} outlives SIGKILL; it hangs in the kernel`);
}

/** True once the process is gone, false at the deadline. */
export async function waitGone(pid: number, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  while (processAlive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

/** Sends a signal and shrugs if the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const LEASH = 'while kill -0 "$1" 2>/dev/null; do kill -0 "$2" 2>/dev/null || { kill "$1"; exit; }; sleep 1; done';

/**
 * Ends `pid` within about a second of the death of this process, even by SIGKILL: a detached child would otherwise
 * run for ever. The leash itself ends with either of them.
 */
export function leash(pid: number): void {
  const holder = spawn('/bin/sh', ['-c', LEASH, 'leash', String(pid), String(process.pid)], {
    detached: true,
    stdio: 'ignore',
  });
  // Without one the child is merely not guarded against a crash of ours.
  holder.once('error', () => {});
  holder.unref();
}

/** Resolves when the child has ended, with words for how. */
export function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, name) => resolve(name ? `was ended by ${name}` : `ended with exit code ${code}`));
  });
}
