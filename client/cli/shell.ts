/**
 * What every verb stands on: options common to all, output for people or machines, and the one place where errors
 * become sentences and exit codes. Light: nothing here loads Temporal, zod or yaml.
 */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, type ErrorCode, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPlatform } from '../files.js';
import { exitOf, messageOf, Problem } from '../problem.js';
import { type Paint, paintFor } from '../render/paint.js';
import { safe, wrap } from '../render/text.js';
import type { Canvas } from '../render/tree.js';
import type { Rollouts } from '../rollouts.js';

export interface CommonOptions {
  json?: boolean;
  as?: string;
  tenant?: string;
  platform?: string;
  policy?: string;
  key?: string;
}

export interface Shell {
  readonly common: CommonOptions;
  readonly json: boolean;
  readonly paint: Paint;
  /** Who acts: --as, SLUICE_AS, or the user of this machine. */
  readonly me: string;
  /** File of the key to sign with: --key or SLUICE_KEY. */
  readonly keyFile: string | undefined;
  canvas(): Canvas;
  /** Lines for people, or nothing with --json. */
  say(...lines: string[]): void;
  /** Exactly these characters and no line end, also with --json. */
  write(text: string): void;
  /** The one JSON document of a run with --json. */
  emit(document: object): void;
  /** Connects on first use. */
  rollouts(): Promise<Rollouts>;
  /** The facade, or the reason why there is none. */
  tryRollouts(): Promise<Rollouts | Problem>;
  platform(): Promise<LoadedPlatform | null>;
  close(): Promise<void>;
}

/** How a shell gets to Temporal; tests give it a fake. */
export type Open = () => Promise<Rollouts>;

const openReal: Open = async () => (await import('../rollouts.js')).openRollouts();

export function openShell(common: CommonOptions, open: Open = openReal): Shell {
  const json = common.json === true;
  const paint = paintFor(process.stdout, process.env);
  let rollouts: Promise<Rollouts> | null = null;
  let platform: Promise<LoadedPlatform | null> | null = null;
  const connect = (): Promise<Rollouts> => (rollouts ??= open());
  return {
    common,
    json,
    paint,
    me: common.as ?? process.env['SLUICE_AS'] ?? osUser(),
    keyFile: common.key ?? process.env['SLUICE_KEY'],
    canvas: () => ({ paint, width: Math.max(40, process.stdout.columns ?? 100), nowMs: Date.now() }),
    say: (...lines) => {
      if (!json) for (const line of lines) process.stdout.write(`${line}\n`);
    },
    write: (text) => void process.stdout.write(text),
    emit: (document) => {
      if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
    },
    rollouts: connect,
    tryRollouts: () =>
      connect().catch((error: unknown) => {
        if (error instanceof Problem) return error;
        throw error;
      }),
    platform: () => (platform ??= import('../files.js').then(({ loadPlatform }) => loadPlatform(common.platform))),
    close: async () => {
      const opened = await rollouts?.catch(() => null);
      await opened?.close();
    },
  };
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

export type Handler<O> = (shell: Shell, args: string[], options: O) => Promise<ExitCode>;

/** Wraps a verb for commander: opens the shell, runs, prints what went wrong, sets the exit code. */
export function act<O extends object>(handler: Handler<O>, open?: Open): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const shell = openShell(command.optsWithGlobals<CommonOptions>(), open);
    try {
      const args = command.processedArgs.flatMap((arg: unknown) => (typeof arg === 'string' ? [arg] : []));
      process.exitCode = await handler(shell, args, command.opts<O>());
    } catch (error) {
      process.exitCode = report(shell, error);
    } finally {
      await shell.close();
    }
  };
}

/** Never a stack, unless SLUICE_DEBUG asks for it. */
export function report(shell: Pick<Shell, 'json' | 'emit'>, error: unknown): ExitCode {
  const problem = asProblem(error);
  const paint = paintFor(process.stderr, process.env);
  const findings = 'findings' in problem ? { findings: problem.findings } : {};
  if (shell.json)
    shell.emit({
      version: 1,
      error: { code: problem.code, message: problem.message, remedy: problem.remedy, ...findings },
    });
  else {
    const width = Math.max(40, process.stderr.columns ?? 100);
    const lines = [
      ...findingLines(problem),
      ...wrap(`${paint.red('error')} ${safe(problem.message)} ${paint.dim(`[${problem.code}]`)}`, width, '  '),
      ...wrap(`  → ${safe(problem.remedy)}`, width, '    '),
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  if (process.env['SLUICE_DEBUG'] && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? error.cause.stack : ''}\n`);
  return exitOf(problem.code);
}

function findingLines(problem: Problem): string[] {
  if (!('findings' in problem) || !Array.isArray(problem.findings)) return [];
  return (problem as unknown as { findings: Parameters<typeof findingLine>[0][] }).findings.map(findingLine);
}

/** `file:line:column: message; remedy [rule]`: editors jump to it. */
export function findingLine(f: {
  file: string;
  line: number;
  column: number;
  message: string;
  remedy: string;
  code: string;
}): string {
  return `${safe(f.file)}:${f.line}:${f.column}: ${safe(f.message)}; ${safe(f.remedy)} [${f.code}]`;
}

/** Failures of the adapters carry a code of the error table as their type; anything else is a bug of ours. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const type = (error as { type?: unknown } | null)?.type;
  if (typeof type === 'string' && isCode(type)) {
    return new Problem(
      type,
      messageOf(error),
      'Correct what it names and try again; `sluice doctor` checks all connections.',
      error,
    );
  }
  return new Problem(
    'bug',
    messageOf(error),
    'This is a bug of Sluice: please report it with the output of the same command under SLUICE_DEBUG=1.',
    error,
  );
}

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'unsupported',
  'exposureConflict',
  'exposureClosed',
  'exposureUnreachable',
  'exposureUnverified',
  'targetTaken',
  'leaseLapsed',
  'sourceUnavailable',
  'storeUnavailable',
  'registryConflict',
  'digestMismatch',
  'notFound',
]);

function isCode(type: string): type is ErrorCode {
  return CODES.has(type);
}

/** A reader that goes away (`| head`) ends the run quietly, with the code it had. */
export function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
    throw error;
  });
}
