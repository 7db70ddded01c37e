/** Programs this room starts by path, never by import: worker and local server. From source through tsx, from dist as built. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Preloaded into the program: when we die without a word (kill -9), the channel to us closes and it stops as on SIGTERM,
 * instead of going on as an orphan nobody knows of. A data URL, since its worker threads preload it too, without tsx.
 */
const LEASH = `data:text/javascript,${encodeURIComponent(
  "process.once('disconnect', () => process.kill(process.pid, 'SIGTERM')); process.channel?.unref();",
)}`;

/** `dev/main` or `worker/main`: arguments for node. */
export function programArgs(program: 'dev/main' | 'worker/main'): string[] {
  const source = import.meta.url.endsWith('.ts');
  const url = (path: string): string => new URL(`${path}.${source ? 'ts' : 'js'}`, import.meta.url).href;
  const loader = source ? ['--import', import.meta.resolve('tsx')] : [];
  return [...loader, '--import', LEASH, fileURLToPath(url(`../${program}`))];
}

/** Runs it in our place: our terminal, our signals, its exit code. */
export function runInPlace(program: 'dev/main' | 'worker/main', args: string[]): Promise<number> {
  const child = spawn(process.execPath, [...programArgs(program), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // Ctrl-C reaches the whole foreground group, so the child has it already: we only have to outlive it. A kill by
  // process id reaches us alone and is passed on.
  const ignore = (): void => undefined;
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1));
    });
  });
}
