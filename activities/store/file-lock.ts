/**
 * A lock beside a file, and the only way to replace that file: prepare the new content, then commit it by rename.
 * For processes of one host that share a directory. Not sandbox-safe.
 *
 * Why no holder can ever write over a later one, however long it was stopped and wherever: generations of the lock are
 * created exclusively (`.<name>.lock-<n>`); a stale one is not stolen but outbid by n + 1. Whoever holds it then removes
 * every prepared file it finds that is not its own, and only then reads. A commit is: (1) own lock still there and none
 * above it, (2) rename of the own prepared file. If the outbidding came before (1), (1) sees it. If it came after, the
 * prepared file existed already and is removed, so (2) fails, or (2) came before the removal and hence before the read.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A critical section takes milliseconds; after this a holder counts as dead or stopped and is outbid. */
export const STALE_AFTER_MS = 2000;
/** Longest wait for the lock: attempts of activities end within 5 s. */
const WAIT_MS = 4000;

export interface FileLock {
  /** Writes the whole new content beside the file and syncs it to disk; nobody sees it yet. */
  prepare(content: string): Promise<void>;
  /**
   * Makes the prepared content the file (or `to`, in the same directory), atomically and durably.
   * Throws LockLost if another holder came in between.
   */
  commit(to?: string): Promise<void>;
}

/** Another process took over while this one was stopped or slow: nothing was written. */
export class LockLost extends Error {
  constructor(file: string) {
    super(`the lock of ${file} was taken over; nothing was written`);
    this.name = 'LockLost';
  }
}

/** Nobody let go in time. */
export class LockBusy extends Error {
  constructor(file: string) {
    super(`the lock of ${file} was not free within ${WAIT_MS} ms`);
    this.name = 'LockBusy';
  }
}

/** Runs `work` alone among all processes that lock this file. Throws LockBusy, and whatever `work` throws. */
export async function withFileLock<T>(file: string, work: (lock: FileLock) => Promise<T>): Promise<T> {
  const names = namesOf(file);
  const token = randomUUID();
  const mine = await acquire(file, names, token);
  const next = names.next(token);
  try {
    return await work({
      prepare: async (content) => writeWhole(next, content, await modeOf(file)),
      commit: (to = file) => commit(to, names, mine, token),
    });
  } finally {
    await remove(next);
    if ((await readIfThere(mine)) === token) await remove(mine);
  }
}

interface Names {
  directory: string;
  lock(generation: number): string;
  /** Generation of a lock's file name, or null for any other file. */
  generation(name: string): number | null;
  next(token: string): string;
  isNext(name: string): boolean;
  ticket(token: string): string;
  isTicket(name: string): boolean;
}

function namesOf(file: string): Names {
  const directory = dirname(file);
  const prefix = `.${basename(file)}`;
  return {
    directory,
    lock: (generation) => join(directory, `${prefix}.lock-${generation}`),
    generation: (name) => (name.startsWith(`${prefix}.lock-`) ? Number(name.slice(prefix.length + 6)) : null),
    next: (token) => join(directory, `${prefix}.next-${token}`),
    isNext: (name) => name.startsWith(`${prefix}.next-`),
    ticket: (token) => join(directory, `${prefix}.ticket-${token}`),
    isTicket: (name) => name.startsWith(`${prefix}.ticket-`),
  };
}

async function acquire(file: string, names: Names, token: string): Promise<string> {
  const ticket = names.ticket(token);
  const deadline = performance.now() + WAIT_MS;
  try {
    for (;;) {
      const top = highest(names, await readdir(names.directory));
      if (top === 0 || (await isStale(names.lock(top)))) {
        const mine = await bid(names, ticket, token, top + 1);
        if (mine !== null) return mine;
      }
      if (performance.now() > deadline) throw new LockBusy(file);
      await delay(3 + Math.random() * 12);
    }
  } finally {
    await remove(ticket);
  }
}

/** Takes one generation, or null when another was quicker or a higher one stands. */
async function bid(names: Names, ticket: string, token: string, generation: number): Promise<string | null> {
  const mine = names.lock(generation);
  // Linked, not created: the lock appears with its token inside, and the ticket is fresh, so the lock is as well.
  await writeWhole(ticket, token);
  try {
    await link(ticket, mine);
  } catch (error) {
    // Gone: stopped for so long before this line that the ticket counted as litter.
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  const seen = await readdir(names.directory);
  if (highest(names, seen) > generation) {
    await remove(mine);
    return null;
  }
  for (const name of seen) {
    const older = names.generation(name);
    const path = join(names.directory, name);
    const litter = names.isTicket(name) && (await isStale(path));
    if ((older !== null && older < generation) || names.isNext(name) || litter) await remove(path);
  }
  return mine;
}

async function commit(file: string, names: Names, mine: string, token: string): Promise<void> {
  const own = names.generation(basename(mine)) ?? 0;
  const outbid = highest(names, await readdir(names.directory)) > own;
  if (outbid || (await readIfThere(mine)) !== token) throw new LockLost(file);
  try {
    await rename(names.next(token), file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new LockLost(file);
    throw error;
  }
  await syncDirectory(names.directory);
}

function highest(names: Names, seen: string[]): number {
  return seen.reduce((top, name) => Math.max(top, names.generation(name) ?? 0), 0);
}

/** A clock that was set back must not keep a dead lock alive, so the future counts as stale too. */
async function isStale(path: string): Promise<boolean> {
  try {
    return Math.abs(Date.now() - (await stat(path)).mtimeMs) > STALE_AFTER_MS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function modeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mode & 0o777;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function writeWhole(path: string, content: string, mode: number | null = null): Promise<void> {
  const handle = await open(path, 'w');
  try {
    if (mode !== null) await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes renames, links and removals in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** `ENOENT`, `EACCES` and so on; null for what is no file system error. */
export function codeOf(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}
