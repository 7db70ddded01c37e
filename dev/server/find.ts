/**
 * Finds or obtains a Temporal server, in the order of DESIGN section 12: an address that is given, a program that is
 * there, one that was obtained before, a download, a build. Node only.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../cache.js';
import { buildServer } from './build.js';
import { DevError } from './dev-error.js';
import { downloadServer } from './download.js';

const run = promisify(execFile);

/** The release of the Temporal CLI that dev/temporal/go.mod builds; part of the cached file's name. */
const CLI_RELEASE = '1.8.2';

export type FoundServer =
  /** Somebody runs one: nothing is started. */
  { kind: 'address'; address: string } | { kind: 'program'; path: string; from: ProgramOrigin; serverVersion: string };

type ProgramOrigin = 'SLUICE_TEMPORAL' | 'PATH' | 'cache' | 'download' | 'build';
export type Report = (line: string) => void;

/**
 * An address, or a program that has been asked for its version. Tells every step to `report`.
 * Throws DevError `noServer` naming every way out.
 */
export async function findServer(report: Report, env: NodeJS.ProcessEnv = process.env): Promise<FoundServer> {
  if (env['TEMPORAL_ADDRESS']) {
    report(`using the Temporal server at ${env['TEMPORAL_ADDRESS']} (TEMPORAL_ADDRESS)`);
    return { kind: 'address', address: env['TEMPORAL_ADDRESS'] };
  }
  return findProgram(report, env);
}

/** As findServer, but never an address: for those who need a server of their own. */
export async function findProgram(
  report: Report,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundServer & { kind: 'program' }> {
  if (env['SLUICE_TEMPORAL']) return named(env['SLUICE_TEMPORAL'], report);
  const failures: string[] = [];
  for (const way of waysToAProgram(report, env)) {
    const result = await way();
    if ('failure' in result) {
      failures.push(result.failure);
      continue;
    }
    const serverVersion = await versionOf(result.path).catch((error: Error) => error);
    if (typeof serverVersion === 'string') {
      report(`Temporal server ${serverVersion} from ${result.from}: ${result.path}`);
      return { kind: 'program', ...result, serverVersion };
    }
    failures.push(`${result.from}: ${result.path} does not run: ${serverVersion.message}`);
  }
  throw noServer(failures);
}

type Attempt = { path: string; from: ProgramOrigin } | { failure: string };

function waysToAProgram(report: Report, env: NodeJS.ProcessEnv): (() => Promise<Attempt>)[] {
  const cache = join(cacheDirectory(env), 'temporal');
  const built = join(cache, `temporal-${CLI_RELEASE}`);
  return [
    async () => found('PATH', onPath('temporal', env), 'PATH: no program named temporal'),
    async () => found('cache', existsSync(built) ? built : null, `cache: ${built} is not there`),
    async () => attempt('download', () => downloadServer(join(cache, 'download'), report)),
    async () => attempt('build', () => buildServer(built, report)),
  ];
}

function found(from: ProgramOrigin, path: string | null, failure: string): Attempt {
  return path ? { path, from } : { failure };
}

async function attempt(from: ProgramOrigin, obtain: () => Promise<string>): Promise<Attempt> {
  try {
    return { path: await obtain(), from };
  } catch (error) {
    return { failure: `${from}: ${(error as Error).message}` };
  }
}

async function named(path: string, report: Report): Promise<FoundServer & { kind: 'program' }> {
  try {
    const serverVersion = await versionOf(path);
    report(`Temporal server ${serverVersion} from SLUICE_TEMPORAL: ${path}`);
    return { kind: 'program', path, from: 'SLUICE_TEMPORAL', serverVersion };
  } catch (error) {
    throw new DevError('noServer', `SLUICE_TEMPORAL names ${path}, which does not run: ${(error as Error).message}`);
  }
}

function onPath(program: string, env: NodeJS.ProcessEnv): string | null {
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const candidate = join(directory, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // The next directory may have it.
    }
  }
  return null;
}

/** `temporal version X (Server 1.31.2, UI 2.50.1)`; the server's number names the database file, whose schema it owns. */
async function versionOf(path: string): Promise<string> {
  const { stdout } = await run(path, ['--version'], { timeout: 15_000 });
  const match = /Server (\d+\.\d+\.\d+[^\s,)]*)/.exec(stdout);
  if (!match?.[1]) throw new Error(`it says ${JSON.stringify(stdout.trim().slice(0, 120))}, not its server version`);
  return match[1];
}

function noServer(failures: string[]): DevError {
  const tried = failures.map((line) => `  - ${line}`).join('\n');
  return new DevError(
    'noServer',
    `no Temporal server could be found, downloaded or built. Tried:\n${tried}\nWays out, any of them:\n` +
      '  - start one elsewhere and set TEMPORAL_ADDRESS=host:port\n' +
      '  - install the Temporal CLI, so that `temporal` is on PATH\n' +
      '  - name a Temporal CLI that you have: SLUICE_TEMPORAL=/path/to/temporal\n' +
      '  - let downloads through (a proxy is taken from HTTPS_PROXY)\n' +
      '  - install Go 1.26 or newer and let it reach a module proxy (GOPROXY); the build takes about five minutes, once',
  );
}
