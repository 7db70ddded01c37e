/**
 * Sluice as a user has it: the `sluice` command, run in the directory with platform.yaml and policy.yaml, read through
 * `--json`. The demo has no other way to it.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BakeHeartbeat } from '../workflows/contract/activities.js';
import type { Lowering, RolloutView } from '../workflows/contract/view.js';
import type { Person } from './files.js';

/** What the demo reads of `status --json` and of each line of `watch --json`. */
export interface Standing {
  rolloutId: string | null;
  status: string;
  stage: string | null;
  view: RolloutView | null;
  live: {
    heartbeat: Pick<BakeHeartbeat, 'verdict' | 'observed'> | null;
    lastFailure: { message: string } | null;
  } | null;
  ending: Ending | null;
}
export interface Ending {
  outcome: string;
  sentence: string;
  lowering: Lowering | null;
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface Sluice {
  /** Runs one command to its end, signed with the key of whoever gives it; it is ended after a minute. */
  run(args: string[], as?: Person): Promise<Ran>;
  /** Runs one command with `--json` and returns its document; throws with its own words unless the exit code is 0. */
  ask<Document>(args: string[], as?: Person): Promise<Document>;
  /** `watch --json`: calls back with each change until the rollout ends or `stop` is called. */
  watch(rolloutId: string, onStanding: (standing: Standing) => void): Watching;
}

export interface Watching {
  /** The exit code; null when it was stopped. */
  ended: Promise<number | null>;
  stop(): void;
}

/** Where a person's key lies, as typed in the directory of the run. */
export function keyOf(person: Person): string {
  return `keys/${person}`;
}

const COMMAND_MS = 60_000;
const PROGRAM = fileURLToPath(new URL('../dist/client/cli/main.js', import.meta.url));

/** The command line of `sluice` with these arguments; throws when the checkout was not built. */
export function sluiceCommand(args: string[]): string[] {
  if (!existsSync(PROGRAM)) throw new Error('The sluice command is not built yet: run `npm run build` first.');
  return [PROGRAM, ...args];
}

export function sluiceIn(directory: string, env: NodeJS.ProcessEnv): Sluice {
  const start = (args: string[]) =>
    spawn(process.execPath, sluiceCommand(args), { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = (args: string[], as?: Person) =>
    outcomeOf(start(as === undefined ? args : [...args, '--as', as, '--key', keyOf(as)]));
  return {
    run,
    ask: async <Document>(args: string[], as?: Person) => {
      const { code, out, err } = await run([...args, '--json'], as);
      if (code !== 0) throw new Error(`sluice ${args.join(' ')}: exit code ${code}\n${out}${err}`);
      return JSON.parse(out) as Document;
    },
    watch: (rolloutId, onStanding) => {
      const child = start(['watch', rolloutId, '--json']);
      let stopped = false;
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (!stopped) onStanding(JSON.parse(line) as Standing);
      });
      const ended = new Promise<number | null>((resolve) => {
        child.once('error', () => resolve(1));
        child.once('close', (code) => resolve(stopped ? null : code));
      });
      child.stderr.resume();
      return {
        ended,
        stop: () => {
          stopped = true;
          child.kill('SIGTERM');
        },
      };
    },
  };
}

async function outcomeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ran> {
  const patience = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  clearTimeout(patience);
  return { code, out, err };
}
