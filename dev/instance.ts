/** One `sluice dev` per directory: a file says which one runs and where. Node only. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, endProcess, processAlive, waitGone } from './processes.js';
import { DevError } from './server/dev-error.js';

/** `.sluice/dev.json`. Null until known. */
export interface Instance {
  version: 1;
  pid: number;
  startedAt: string;
  /** Our server; null while it starts, and when TEMPORAL_ADDRESS names another's. */
  server: { pid: number; address: string; ui: string; database: string } | null;
}

export interface Claim {
  update(server: Instance['server']): Promise<void>;
  release(): Promise<void>;
}

/** The directory is ours until released. Throws DevError `alreadyRunning`; cleans up after one that died. */
export async function claim(directory: string): Promise<Claim> {
  const file = join(directory, 'dev.json');
  await mkdir(directory, { recursive: true });
  const mine: Instance = { version: 1, pid: process.pid, startedAt: new Date().toISOString(), server: null };
  while (!(await create(file, mine))) {
    const other = await read(file);
    if (other && runs(other)) throw new DevError('alreadyRunning', sentence(other, directory));
    if (other?.server) await endOrphan(other.server);
    await rm(file, { force: true });
  }
  return {
    update: async (server) => {
      const next = `${file}.${process.pid}`;
      await writeFile(next, JSON.stringify({ ...mine, server }));
      await rename(next, file);
    },
    release: () => rm(file, { force: true }),
  };
}

/** False when the file is there. Linking a written file makes name and content appear at once. */
async function create(file: string, instance: Instance): Promise<boolean> {
  const written = `${file}.${process.pid}`;
  await writeFile(written, JSON.stringify(instance));
  try {
    await link(written, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(written, { force: true });
  }
}

async function read(file: string): Promise<Instance | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Instance;
  } catch {
    return null;
  }
}

/** The id of one that died may belong to another program by now. */
function runs(instance: Instance): boolean {
  return processAlive(instance.pid) && /\bdev[\\/]main\b/.test(commandLine(instance.pid));
}

/** The leash ends it within a second or two; if that died as well, it is ended here, for it holds the database. */
async function endOrphan(server: NonNullable<Instance['server']>): Promise<void> {
  if (!commandLine(server.pid).includes(server.database)) return;
  if (!(await waitGone(server.pid, 4_000))) await endProcess(server.pid, 10_000);
}

function sentence(other: Instance, directory: string): string {
  const where = other.server ? `Temporal at ${other.server.address}, UI at ${other.server.ui}` : 'it is still starting';
  return (
    `a local server runs already for ${directory} (process ${other.pid}, since ${other.startedAt}): ${where}. ` +
    `Use that one, or end it with: kill ${other.pid}`
  );
}
