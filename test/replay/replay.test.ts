/**
 * Every branch a rollout ever took still replays: code that runs for weeks must read what older code wrote. The corpus
 * is recorded from the workflow tests (`npm run record`); a change that breaks a history needs a patch, or a release
 * note saying which rollouts must end first.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { CONVERTER } from '../../worker/bundle.js';
import { testBundle } from '../support/workflow-test.js';

const corpus = new URL('./histories/', import.meta.url);
const files = readdirSync(corpus).filter((name) => name.endsWith('.json.gz'));

function historyOf(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(new URL(name, corpus))).toString('utf8'));
}

test('the corpus holds a history for every branch', () => {
  const text = files.map((name) => JSON.stringify(historyOf(name))).join('\n');
  const branches = [
    'WORKFLOW_EXECUTION_COMPLETED',
    'WORKFLOW_EXECUTION_FAILED',
    'WORKFLOW_EXECUTION_CANCELED',
    'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
    'restoreAlias',
    'confirmZero',
    'settle',
    '"Refused"',
    'TIMER_FIRED',
    ...['approve', 'reject', 'hold', 'resume', 'extend', 'rollback', 'supersede'].map(
      (verb) => `"signalName":"${verb}"`,
    ),
  ];
  const missing = branches.filter((branch) => !text.includes(branch));
  assert.deepEqual(missing, []);
});

test('every recorded history replays', async () => {
  const histories = files.map((name) => ({
    workflowId: name,
    history: historyFromJSON(historyOf(name)),
  }));
  const replayed = Worker.runReplayHistories(
    { workflowBundle: await testBundle(), dataConverter: { payloadConverterPath: CONVERTER } },
    histories,
  );
  const broken: string[] = [];
  for await (const { workflowId, error } of replayed) if (error) broken.push(`${workflowId}: ${error.message}`);
  assert.deepEqual(broken, []);
});
