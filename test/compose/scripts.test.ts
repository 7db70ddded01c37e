/** The scripts of docker-compose.yml against a real server, without containers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { packageRoot } from '../../dev/root.js';
import { workerPolls } from '../../dev/pollers.js';
import { findProgram } from '../../dev/server/find.js';
import { SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../workflows/contract/ids.js';
import { type OwnTemporal, ownTemporal } from '../support/temporal.js';

const run = promisify(execFile);
const LIMIT = { timeout: 120_000 };
let temporal: OwnTemporal;
let programs: string;

before(async () => {
  temporal = await ownTemporal();
  programs = await mkdtemp(join(tmpdir(), 'sluice-programs-'));
  const { path } = await findProgram(() => {});
  await symlink(path, join(programs, 'temporal'));
}, LIMIT);
after(async () => {
  await temporal?.stop();
  await rm(programs, { recursive: true, force: true });
});

function environment(): NodeJS.ProcessEnv {
  const PATH = `${programs}:${process.env['PATH']}`;
  return { PATH, HOME: programs, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'rollouts' };
}

test('namespace.sh makes a namespace with 400 days and search attributes, and may be repeated', LIMIT, async () => {
  const script = join(packageRoot(), 'deploy', 'temporal', 'namespace.sh');
  await run('/bin/sh', [script], { env: environment(), timeout: 60_000 });
  await run('/bin/sh', [script], { env: environment(), timeout: 60_000 });
  const connection = await Connection.connect({ address: temporal.address });
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'rollouts' });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'rollouts' });
  await connection.close();
  assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 400 * 86_400);
  for (const name of Object.values(SEARCH_ATTRIBUTES))
    assert.ok(name in (customAttributes ?? {}), `${name} is missing`);
});

test('the worker is healthy while a worker of this host polls, and not before', LIMIT, async () => {
  const env = { ...environment(), TEMPORAL_NAMESPACE: 'default' };
  const args = ['--import', import.meta.resolve('tsx'), join(packageRoot(), 'dev', 'worker-health.ts')];
  const health = () => run(process.execPath, args, { env, timeout: 60_000 });
  await assert.rejects(health(), { code: 1, stderr: /has polled for 90 s/ });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const workflowsPath = join(packageRoot(), 'test', 'dev', 'time-skipping-workflows.ts');
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUES.workflows, workflowsPath });
  await worker.runUntil(async () => {
    const client = await Connection.connect({ address: temporal.address });
    assert.ok(await workerPolls(client, 'default', Date.now() - 1_000, 30_000, () => false), 'the worker never polled');
    await client.close();
    await health();
  });
  await connection.close();
});
