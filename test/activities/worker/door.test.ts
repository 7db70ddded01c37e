/** The check at the workflow's door, and which process serves which queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeConnection } from '@temporalio/worker';
import { doorActivities } from '../../../activities/activities.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import type { Policy } from '../../../approvals/policy.js';
import { makeWorkers } from '../../../worker/workers.js';
import type { Serve } from '../../../worker/settings.js';
import type { CheckDecisionInput } from '../../../workflows/contract/decisions.js';
import { taskQueues } from '../../../workflows/contract/ids.js';
import { sharedTemporal } from '../../support/temporal.js';
import { ada, aPolicy, aRequest, eve, listed, NOW, PEOPLE, signedAnswer } from '../../unit/approvals/decided.js';

function ask(change: Partial<CheckDecisionInput> = {}): CheckDecisionInput {
  const request = aRequest();
  return { ...signedAnswer({ request }), tenant: 'mail', verb: 'approve', request, risk: 'low', atMs: NOW, ...change };
}

const doorOf = (policy = aPolicy()) => doorActivities({ policy: policy as Policy });

test('the door takes what a key of the policy signed for this request, and says who it was', async () => {
  const check = await doorOf().checkDecision(ask());
  assert.ok(check.kind === 'valid', JSON.stringify(check));
  assert.deepEqual([check.by, check.assurance], ['p-ada', 'signed']);
});

test('the door goes by the policy of the worker: a key that was revoked in it counts no more', async () => {
  const [key] = ada.keys;
  if (!key) assert.fail();
  const revoked = listed(key, { revokedAtMs: NOW - 1, revokedWhy: 'lost' });
  const people = PEOPLE.map((person) => (person.id === 'p-ada' ? { ...person, keys: [revoked] } : person));
  const check = await doorOf(aPolicy(people)).checkDecision(ask());
  assert.equal(check.kind === 'refused' && check.code, 'keyRevoked');
});

test('whatever arrives at the door is answered with a code, never with an exception', async () => {
  const hostile: Partial<CheckDecisionInput>[] = [
    { statement: '' },
    { statement: '{'.repeat(90_000) },
    { statement: 'x'.repeat(2_000_000) },
    { signature: '' },
    { signature: '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n' },
    { statement: '{"__proto__":{"version":1}}' },
    { tenant: 'shop' },
    { ...signedAnswer({ by: eve, decision: 'reject' }) },
  ];
  for (const change of hostile) {
    const check = await doorOf().checkDecision(ask(change));
    assert.equal(check.kind, 'refused', JSON.stringify(change).slice(0, 200));
  }
});

test('the flag credentials are used by the part that serves activities alone, and the door by the other', async () => {
  const { address } = await sharedTemporal();
  const connection = await NativeConnection.connect({ address });
  const queues = taskQueues('served');
  const served = async (serve: Serve) => {
    const deps = { policy: aPolicy() } as ActivityDeps;
    const workers = await makeWorkers({ connection, namespace: 'default', deps, queues, serve });
    const running = workers.map((worker) => worker.run());
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    return workers.map(({ options }) => options);
  };
  try {
    const workflows = await served('workflows');
    assert.deepEqual(
      workflows.map(({ taskQueue }) => taskQueue),
      [queues.workflows],
    );
    assert.deepEqual([...(workflows[0]?.activities.keys() ?? [])], ['checkDecision']);
    assert.equal(workflows[0]?.enableNonLocalActivities, false);
    const actuator = await served('actuator');
    assert.deepEqual(
      actuator.map(({ taskQueue }) => taskQueue),
      [queues.activities, queues.rollback],
    );
    assert.ok(actuator.every(({ activities }) => !activities.has('checkDecision')));
    const all = (await served('all')).map(({ taskQueue }) => taskQueue);
    assert.deepEqual(all, [queues.workflows, queues.activities, queues.rollback]);
  } finally {
    await connection.close();
  }
});
