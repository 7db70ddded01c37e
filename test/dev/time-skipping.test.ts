/** The time-skipping server: days pass at once, on loopback only. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { searchKeys } from '../../workflows/contract/search.js';
import { timeSkipping } from '../support/time-skipping.js';
import type { fortnight } from './time-skipping-workflows.js';

const DAY_MS = 86_400_000;
let env: TestWorkflowEnvironment;

before(async () => {
  env = await timeSkipping();
});
after(() => env?.teardown());

test('a workflow that sleeps for 14 days completes at once, 14 days later by the server', async () => {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'fortnight',
    workflowsPath: fileURLToPath(new URL('./time-skipping-workflows.ts', import.meta.url)),
  });
  const before = await env.currentTimeMs();
  const started = Date.now();
  const result = await worker.runUntil(
    env.client.workflow.execute<typeof fortnight>('fortnight', {
      taskQueue: 'fortnight',
      workflowId: 'fortnight',
      typedSearchAttributes: [{ key: searchKeys.model, value: 'spam-filter' }],
    }),
  );
  assert.equal(result, 'slept');
  assert.ok((await env.currentTimeMs()) - before >= 14 * DAY_MS, 'the server should be 14 days on');
  assert.ok(Date.now() - started < 30_000, `took ${Date.now() - started} ms`);
});

test('the time-skipping server listens on loopback only', async () => {
  const port = Number(env.address.split(':').at(-1));
  const outside = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((one) => !one.internal && one.family === 'IPv4').map((one) => one.address),
  );
  assert.equal(await answers('127.0.0.1', port), true);
  for (const address of outside) assert.equal(await answers(address, port), false, `${address}:${port} answers`);
});

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
