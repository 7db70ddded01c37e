/**
 * A lock between processes of one machine, held through a file that names its holder. Node only.
 * Two waiters that pass over the same dead holder at once may both enter; work under it must therefore end in an atomic
 * rename, so that the worst is work done twice.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processAlive } from './processes.js';

interface LockOptions {
  /** Gives up after this long, naming the holder. Default 20 minutes: a cold build on a slow machine. */
  deadlineMs?: number;
  /** Told once when another process holds the lock. */
  onWait?: (holder: number) => void;
}

/** Runs `work` while no other process of this machine does; a holder that died without letting go is passed over. */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const deadline = Date.now() + (options.deadlineMs ?? 20 * 60_000);
  let told = false;
  for (let holder = await take(file); holder !== null; holder = await take(file)) {
    if (!processAlive(holder)) {
      await rm(file, { force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(`process ${holder} holds ${file} for too long; end it or remove that file, then try again`);
    }
    if (!told) options.onWait?.(holder);
    told = true;
    await delay(200);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** Null when taken, else who holds it. Linking a written file makes name and content appear at once. */
async function take(file: string): Promise<number | null> {
  const mine = `${file}.${process.pid}.${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, file);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const text = await readFile(file, 'utf8').catch(() => '0');
    return Number(text);
  } finally {
    await rm(mine, { force: true });
  }
}
