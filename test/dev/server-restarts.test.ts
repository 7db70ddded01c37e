/** A local server that is killed comes back with what it held. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { searchKeys } from '../../workflows/contract/search.js';
import { processAlive } from '../../dev/processes.js';
import { ownTemporal } from '../support/temporal.js';

test('a workflow outlives the server that is killed with -9', { timeout: 120_000 }, async () => {
  const temporal = await ownTemporal();
  try {
    const pid = temporal.pid();
    await start(temporal.address);
    await temporal.kill();
    assert.equal(processAlive(pid), false);
    await temporal.restart();
    assert.equal(await status(temporal.address), 'RUNNING');
  } finally {
    await temporal.stop();
  }
});

async function start(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await new Client({ connection }).workflow.start('rollout', {
    workflowId: 'rollout/mail/spam-filter',
    taskQueue: 'nobody-polls',
    typedSearchAttributes: [{ key: searchKeys.model, value: 'spam-filter' }],
  });
  await connection.close();
}

async function status(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  const description = await new Client({ connection }).workflow.getHandle('rollout/mail/spam-filter').describe();
  await connection.close();
  return description.status.name;
}
