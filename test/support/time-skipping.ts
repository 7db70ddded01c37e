/**
 * Temporal's time-skipping test server (Java), fetched through Maven once per machine: days pass in milliseconds.
 * One server per test file. Traps: no Promise.all over handle.result() (it upsets the lock on time); an abandoned child
 * that is awaited leaks that lock; activities run in real time, so inject a window clock; list, count, schedules, reset
 * and activity pause are unimplemented there.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { cacheDirectory } from '../../dev/cache.js';
import { withLock } from '../../dev/lock.js';
import { packageRoot } from '../../dev/root.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract/ids.js';

const run = promisify(execFile);
const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
const SOURCES = join('test', 'support', 'time-skipping');
const JVM = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -Xshare:auto';

/** A running server with Sluice's search attributes; `await env.teardown()` ends it. Needs a JDK (17+) and Maven the first time. */
export async function timeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = await obtain();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const names = Object.values(SEARCH_ATTRIBUTES);
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(names.map((name) => [name, KEYWORD])),
  });
  return env;
}

/** The program that the SDK starts with a port. Rebuilt when its sources change; several processes may ask at once. */
export async function obtain(): Promise<string> {
  const sources = join(packageRoot(), SOURCES);
  const pom = await readFile(join(sources, 'pom.xml'));
  const main = await readFile(join(sources, 'LoopbackTestServer.java'));
  const digest = createHash('sha256').update(pom).update(main).update(JVM).digest('hex').slice(0, 16);
  const home = join(cacheDirectory(), 'time-skipping', digest);
  const program = join(home, 'time-skipping-server');
  return withLock(`${home}.lock`, async () => {
    if (!existsSync(program)) await build(sources, home, program);
    return program;
  });
}

async function build(sources: string, home: string, program: string): Promise<void> {
  const lib = join(home, 'lib');
  const archive = join(home, 'classes.jsa');
  await rm(home, { recursive: true, force: true });
  await mkdir(lib, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`];
  await step('mvn', ['-B', '-q', '-f', join(sources, 'pom.xml'), ...goal]);
  await step('javac', ['-cp', `${lib}/*`, '-d', home, join(sources, 'LoopbackTestServer.java')]);
  // As a jar in lib: the class archive refuses directories on the class path.
  await step('jar', ['--create', '--file', join(lib, 'loopback.jar'), '-C', home, 'LoopbackTestServer.class']);
  const classPath = `${lib}/*`;
  // The archive of loaded classes saves a second at every start; without one the server starts all the same.
  await step('java', [
    '-XX:+UseSerialGC',
    `-XX:ArchiveClassesAtExit=${archive}`,
    '-cp',
    classPath,
    'LoopbackTestServer',
    '0',
  ]);
  const script = `#!/bin/sh\nexec java ${JVM} '-XX:SharedArchiveFile=${archive}' -cp '${classPath}' LoopbackTestServer "$1"\n`;
  await writeFile(`${program}.new`, script);
  await chmod(`${program}.new`, 0o755);
  await rename(`${program}.new`, program);
}

async function step(command: string, args: string[]): Promise<void> {
  try {
    await run(command, args, { timeout: 300_000 });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = (stderr || message).trim().split('\n').slice(0, 5).join('\n');
    throw new Error(`the time-skipping server needs a JDK (17 or newer) and Maven; ${command} failed:\n${said}`);
  }
}
