/** `sluice dev`: one per directory, stops cleanly, leaves nothing behind even when it is killed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Connection } from '@temporalio/client';
import { processAlive, waitGone } from '../../dev/processes.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract/ids.js';
import { type DevRun, runDev } from '../support/sluice-dev.js';

const LIMIT = { timeout: 120_000 };
let directory: string;
let runs: DevRun[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-dev-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) {
    run.child.kill('SIGTERM');
    await run.exit;
  }
  await rm(directory, { recursive: true, force: true });
});

function dev(...flags: string[]): DevRun {
  const run = runDev(directory, ...flags);
  runs.push(run);
  return run;
}

test('brings up a server and a UI, with a database named after the server version', LIMIT, async () => {
  const ready = await dev('--no-worker').ready;
  assert.match(ready.database ?? '', /\.sluice\/temporal-\d+\.\d+\.\d+\.db$/);
  assert.equal(ready.worker, 'none');
  const page = await fetch(ready.ui ?? '');
  assert.equal(page.status, 200);
  const connection = await Connection.connect({ address: ready.address });
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  await connection.close();
  assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 400 * 86_400);
  for (const name of Object.values(SEARCH_ATTRIBUTES))
    assert.ok(name in (customAttributes ?? {}), `${name} is missing`);
});

test('a second one in the same directory is refused with where the first one runs', LIMIT, async () => {
  const first = dev('--no-worker');
  const ready = await first.ready;
  const second = dev('--no-worker');
  assert.equal(await second.exit, 3);
  for (const part of [String(ready.pid), ready.address, ready.ui ?? '?']) assert.ok(second.said().includes(part), part);
  assert.equal(first.child.exitCode, null, 'the first one runs on');
});

test('Ctrl-C ends server and files, and is no failure', LIMIT, async () => {
  const run = dev('--no-worker');
  const ready = await run.ready;
  run.child.kill('SIGINT');
  assert.equal(await run.exit, 0, run.said());
  assert.equal(processAlive(ready.serverPid ?? 0), false);
  assert.equal(existsSync(join(directory, '.sluice', 'dev.json')), false);
});

test('when it is killed its server ends too, and the next one starts over the stale file', LIMIT, async () => {
  const run = dev('--no-worker');
  const before = await run.ready;
  run.child.kill('SIGKILL');
  await run.exit;
  assert.ok(await waitGone(before.serverPid ?? 0, 15_000), 'the server outlived its supervisor');
  assert.equal(JSON.parse(await readFile(join(directory, '.sluice', 'dev.json'), 'utf8')).pid, before.pid);
  const after = await dev('--no-worker').ready;
  assert.equal(after.database, before.database);
});

test('with no platform file it says that the worker waits for it', LIMIT, async () => {
  const run = dev();
  assert.equal((await run.ready).worker, 'waiting');
  assert.match(run.said(), /platform\.yaml and policy\.yaml not found/);
});

test('a platform file that was named and is not there is bad input', LIMIT, async () => {
  const run = dev('--platform', 'elsewhere.yaml');
  assert.equal(await run.exit, 2);
  assert.match(run.said(), /elsewhere\.yaml is not there/);
});

test('a lost server ends it with the place of the log', LIMIT, async () => {
  const run = dev('--no-worker');
  const ready = await run.ready;
  process.kill(ready.serverPid ?? 0, 'SIGKILL');
  assert.equal(await run.exit, 4);
  assert.match(run.said(), /SIGKILL.*temporal-\d+\.log/s);
});
