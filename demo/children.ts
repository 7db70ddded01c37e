/** The parent's half of the demo's processes: starts one, waits until it is ready, hears it, stops it by its own id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const READY_MS = 60_000;
const STOP_MS = 5_000;
const LAST_WORDS = 2_000;

export interface Child<Ready> {
  name: string;
  pid: number;
  ready: Ready;
  /** Rejects when the process ends without having been asked to. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** For messages. */
  name: string;
  /** File name within demo/. */
  file: string;
  argument: object;
  onMessage?: (message: Record<string, unknown>) => void;
}

export async function startChild<Ready>({ name, file, argument, onMessage }: ChildOptions): Promise<Child<Ready>> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, JSON.stringify(argument)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let [stopping, said] = [false, ''];
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-LAST_WORDS);
  });
  if (onMessage) child.on('message', (message) => onMessage(message as Record<string, unknown>));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  // Later than the exit: messages still in the pipe come first.
  const silent = new Promise<void>((resolve) => child.once('disconnect', resolve));
  const failed = ended.then((how): never | Promise<never> => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${name} ended by itself (${how}). It last said:\n${said}`);
  });
  failed.catch(() => {}); // Whoever cares races it; nobody may be listening at that moment.
  const ready = await Promise.race([readyOf<Ready>(child, name), failed]);
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    failed,
    stop: async () => {
      stopping = true;
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await Promise.all([ended, silent]);
      clearTimeout(patience);
    },
  };
}

function readyOf<Ready>(child: ChildProcess, name: string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`${name} was not ready within ${READY_MS} ms`)), READY_MS);
    child.on('message', (message: { kind?: string }) => {
      if (message.kind !== 'ready') return;
      clearTimeout(patience);
      resolve(message as Ready);
    });
    child.once('exit', () => clearTimeout(patience));
  });
}
