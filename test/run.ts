/**
 * `npm test`: types, lint and build, then every test in one account. `npm test -- unit faults` runs the tests of those
 * folders alone. Folders whose tests measure time or kill things run one file after the other.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { whenEnded } from '../dev/processes.js';
import { packageRoot } from '../dev/root.js';
import { type Account, closing, enter, newAccount, passed } from './support/account.js';
import { ownTemporal, SHARED_ADDRESS } from './support/temporal.js';

const TOGETHER = ['unit', 'activities', 'replay', 'compose', 'dev', 'workflow'];
const ALONE = ['faults', 'e2e'];
const NEED_TEMPORAL = ['activities', 'workflow', 'faults', 'e2e'];
/** Two cores are what the build machines have. */
const CONCURRENCY = 2;
const FILE_LIMIT_MS = 10 * 60_000;
const CHECKS = [
  ['types', ['run', '--silent', 'types']],
  ['lint', ['run', '--silent', 'lint']],
  ['build', ['run', '--silent', 'build']],
] as const;

const root = packageRoot();
const started = Date.now();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(chosen: string[]): Promise<number> {
  const unknown = chosen.filter((folder) => ![...TOGETHER, ...ALONE].includes(folder));
  if (unknown.length > 0) {
    say(`no test folder ${unknown.join(', ')}; there are ${[...TOGETHER, ...ALONE].join(', ')}`);
    return 2;
  }
  if (chosen.length === 0 && !(await checksPass())) return 1;
  const wanted = (folder: string): boolean => chosen.length === 0 || chosen.includes(folder);
  const account = newAccount();
  const stopTemporal = NEED_TEMPORAL.some((folder) => wanted(folder) && testsOf(folder).length > 0)
    ? await shareTemporal()
    : async () => {};
  try {
    await report(account, TOGETHER.filter(wanted).flatMap(testsOf), ALONE.filter(wanted).flatMap(testsOf));
  } finally {
    await stopTemporal();
  }
  say(closing(account, Date.now() - started, (file) => relative(root, file)));
  if (account.counts.tests === 0) say('no test was found: that is a failure');
  return passed(account) ? 0 : 1;
}

/** All of them, so that one run tells of everything that is wrong. */
async function checksPass(): Promise<boolean> {
  const failed: string[] = [];
  for (const [name, args] of CHECKS) {
    say(`# ${name}`);
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    await whenEnded(child);
    if (child.exitCode !== 0) failed.push(name);
  }
  if (failed.length > 0) say(`${failed.join(', ')} failed; the tests were not run`);
  return failed.length === 0;
}

function testsOf(folder: string): string[] {
  const directory = join(root, 'test', folder);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .toSorted()
    .map((name) => join(directory, name));
}

async function shareTemporal(): Promise<() => Promise<void>> {
  const temporal = await ownTemporal();
  process.env[SHARED_ADDRESS] = `${temporal.address},${temporal.ui}`;
  return () => temporal.stop();
}

/** One report over both runs; failures are repeated at its end. */
async function report(account: Account, together: string[], alone: string[]): Promise<void> {
  const events = Readable.from(allEvents(account, together, alone));
  await pipeline(events, new spec(), process.stdout, { end: false });
}

async function* allEvents(account: Account, together: string[], alone: string[]): AsyncGenerator<TestEvent> {
  yield* eventsOf(account, together, CONCURRENCY);
  yield* eventsOf(account, alone, 1);
}

async function* eventsOf(account: Account, files: string[], concurrency: number): AsyncGenerator<TestEvent> {
  // Without files node would look for some by itself.
  if (files.length === 0) return;
  for await (const event of run({ files, concurrency, timeout: FILE_LIMIT_MS })) {
    if (enter(account, event as TestEvent)) yield event as TestEvent;
  }
}

process.exit(await main(process.argv.slice(2)));
