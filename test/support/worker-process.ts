/** A worker as a child process that the test can stop at a named point, kill and wake. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskQueues } from '../../workflows/contract/ids.js';
import type { WorkerMessage, WorkerOrder } from './stopping-worker.js';
import { eventually } from './workflow-test.js';

export interface WorkerSetting {
  /** Where it stops itself (SIGSTOP), and at the how manieth time; default first. */
  stopAt?: { point: string; nth?: number };
  /** Default: all three. */
  serves?: (keyof TaskQueues)[];
  /** One activity at a time: a stopped worker then has no open poll left that could swallow somebody else's task. */
  oneAtATime?: boolean;
  /** Further arguments of the worker, e.g. `--trust-roots FILE`. */
  args?: string[];
}

export interface WorkerProcess {
  readonly pid: number;
  /** Outcome of every activity attempt, in order. */
  readonly attempts: readonly Extract<WorkerMessage, { kind: 'attempt' }>[];
  /** Waits until it stands still at its stop point. */
  stopped(withinMs?: number): Promise<void>;
  /** SIGCONT. */
  wake(): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Rejects when the worker ends without having been killed; never resolves. */
  readonly failed: Promise<never>;
}

type Order = Omit<WorkerOrder, 'stopAt' | 'serves' | 'oneAtATime'> & { platform: string; policy: string };

const READY_MS = 40_000;
const MOST_TEXT = 4_000;

export async function startWorker(order: Order, setting: WorkerSetting = {}): Promise<WorkerProcess> {
  const { platform, policy, ...rest } = order;
  const whole: WorkerOrder = {
    ...rest,
    stopAt: setting.stopAt ? { nth: 1, ...setting.stopAt } : null,
    serves: setting.serves ?? ['workflows', 'activities', 'rollback'],
    oneAtATime: setting.oneAtATime ?? false,
  };
  const child = fork(
    join(import.meta.dirname, 'stopping-worker.ts'),
    [
      '--platform',
      platform,
      '--policy',
      policy,
      '--log-level',
      'warn',
      ...(setting.args ?? []),
      '--',
      JSON.stringify(whole),
    ],
    { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  const worker = watched(child);
  await eventually('a worker to be ready', async () => worker.messages.map(({ kind }) => kind), has('ready'), READY_MS);
  return worker.process;
}

function has(kind: string): (kinds: string[]) => boolean {
  return (kinds) => kinds.includes(kind) || kinds.includes('ended');
}

function watched(child: ChildProcess): { messages: WorkerMessage[]; process: WorkerProcess } {
  const messages: WorkerMessage[] = [];
  const attempts: WorkerProcess['attempts'][number][] = [];
  let said = '';
  let killed = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST_TEXT);
  });
  child.on('message', (message: WorkerMessage) => {
    messages.push(message);
    if (message.kind === 'attempt') attempts.push(message);
  });
  const ended = once(child, 'exit');
  const failed = ended.then(([code, signal]) => {
    if (killed) return new Promise<never>(() => undefined);
    messages.push({ kind: 'ended' });
    throw new Error(`the worker ended by itself (${code ?? signal}):\n${said}`);
  });
  failed.catch(() => undefined);
  const pid = child.pid ?? 0;
  return {
    messages,
    process: {
      pid,
      attempts,
      failed,
      stopped: (withinMs = 40_000) => standsStill(pid, messages, withinMs),
      wake: () => void child.kill('SIGCONT'),
      kill: async () => {
        killed = true;
        child.kill('SIGKILL');
        await ended;
      },
    },
  };
}

/** The kernel says so; the message alone comes a moment too early. */
async function standsStill(pid: number, messages: WorkerMessage[], withinMs: number): Promise<void> {
  const look = async () => ({
    said: messages.map(({ kind }) => kind).filter((kind) => kind !== 'attempt'),
    state: /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  });
  await eventually(
    'the worker to stand still',
    look,
    ({ said, state }) => said.includes('stopping') && state === 'T',
    withinMs,
  );
}
