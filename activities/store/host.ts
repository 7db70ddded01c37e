/**
 * A directory of evidence belongs to one host: exclusive creation and locks are promises of a local file system.
 * Not sandbox-safe.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createOnce } from './whole-file.js';

export interface Host {
  hostname: string;
  /** Survives reboots; null where the system has none (then the host name must do). */
  machineId: string | null;
}

export async function thisHost(): Promise<Host> {
  const machineId = await readFile('/etc/machine-id', 'utf8').then(
    (text) => text.trim() || null,
    () => null,
  );
  return { hostname: hostname(), machineId };
}

/** Claims the directory for this host by `host.json`, or tells whose it is: null when it is ours. */
export async function claim(directory: string, host: Host, nowMs: number): Promise<string | null> {
  const path = join(directory, 'host.json');
  const sentence = JSON.stringify({ version: 1, ...host, sinceMs: nowMs });
  if (await createOnce(path, `${sentence}\n`)) return null;
  const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Host>;
  const same =
    owner.machineId && host.machineId ? owner.machineId === host.machineId : owner.hostname === host.hostname;
  return same ? null : String(owner.hostname);
}
