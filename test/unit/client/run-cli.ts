/** Runs the command line as a user does: a process of its own, from source. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../client/cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const DEADLINE_MS = 30_000;

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** A port nobody listens on stands for a Temporal server that is gone. */
export const NOBODY = '127.0.0.1:1';

export function sluice(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TEMPORAL_ADDRESS: NOBODY, ...options.env };
  const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}
