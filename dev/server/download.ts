/**
 * The download that the SDK's test package documents, kept in our cache. That package is only there in a checkout
 * (a development dependency); elsewhere the next way is tried. Node only.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { leash, signal, whenEnded } from '../processes.js';
import { packageRoot } from '../root.js';

/** Given up after this long without a new byte: behind a closed network the next way must not wait. */
const SILENCE_MS = 8_000;

/** The SDK offers no download alone: it starts the server it fetched, which is ended at once. */
const SCRIPT = `
const { TestWorkflowEnvironment } = await import('@temporalio/testing');
const executable = { type: 'cached-download', downloadDir: process.argv[1], ttl: '10 years' };
const env = await TestWorkflowEnvironment.createLocal({ server: { executable } });
await env.teardown();
`;

/** The path of the program, downloaded into `directory` now or before. Throws when nothing arrives for 8 s. */
export async function downloadServer(directory: string, report: (line: string) => void): Promise<string> {
  await mkdir(directory, { recursive: true });
  report('downloading the Temporal server as the SDK does');
  const args = ['--input-type=module', '--eval', SCRIPT, directory];
  const child = spawn(process.execPath, args, { cwd: packageRoot(), stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.pid !== undefined) leash(child.pid);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  const end = whenEnded(child);
  const silent = await silence(directory, end);
  if (silent) {
    if (child.pid !== undefined) signal(child.pid, 'SIGKILL');
    await end;
    await forget(directory);
    throw new Error(`nothing arrived for ${SILENCE_MS / 1000} s`);
  }
  const path = await downloaded(directory);
  if (!path) throw new Error(`the SDK's download ${await end}: ${reason(said)}`);
  return path;
}

/** True when nothing in the directory has grown for SILENCE_MS, false when `end` comes first. */
async function silence(directory: string, end: Promise<string>): Promise<boolean> {
  let size = -1;
  let grewAt = Date.now();
  let ended = false;
  void end.then(() => {
    ended = true;
  });
  while (!ended) {
    const now = await totalSize(directory);
    if (now !== size) grewAt = Date.now();
    size = now;
    if (Date.now() - grewAt > SILENCE_MS) return true;
    await delay(100);
  }
  return false;
}

async function totalSize(directory: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(directory)) {
    const file = await stat(join(directory, name)).catch(() => null);
    total += file?.size ?? 0;
  }
  return total;
}

/** A half-downloaded file would hold the SDK up for a minute the next time; one that still grew was not silent. */
async function forget(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.endsWith('.downloading')) await rm(join(directory, name), { force: true });
  }
}

async function downloaded(directory: string): Promise<string | null> {
  const names = (await readdir(directory)).filter((name) => !name.endsWith('.downloading')).sort();
  const newest = names.at(-1);
  return newest ? join(directory, newest) : null;
}

function reason(said: string): string {
  const line = said.split('\n').find((text) => text.includes('Error'));
  return (line ?? said).trim().slice(0, 300);
}
