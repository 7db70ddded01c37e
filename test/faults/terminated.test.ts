/** Somebody terminates the workflow: nothing of ours runs any more, and the lease alone takes users back. */
import assert from 'node:assert/strict';
import { exposuresOf } from '../support/mini-world/account.js';
import { faultTest } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';

const LEASE_MS = 6_000;

faultTest('users of a terminated rollout are back on the baseline within the lease', async (world, t) => {
  await world.worker();
  const rollout = await world.start({ lease: `${LEASE_MS}ms`, bake: 'minUnits: 100000' });
  await rollout.until('the bake', ({ status }) => status === 'baking');
  await eventually(
    'units on the candidate',
    async () => world.application.lastCandidateMs(),
    (atMs) => atMs !== null,
  );
  await rollout.handle.terminate('by hand');
  const terminatedAt = Date.now();
  const { candidateMs } = await eventually(
    'traffic to be back on the baseline for a second',
    async () => ({ nowMs: Date.now(), candidateMs: world.application.lastCandidateMs() ?? 0 }),
    ({ nowMs, candidateMs: lastMs }) => nowMs - lastMs > 1_000,
  );
  const tookMs = candidateMs - terminatedAt;
  t.diagnostic(`lease of ${LEASE_MS} ms; the last unit met the candidate ${tookMs} ms after the termination`);
  // A look that was under way at the time may renew the lease once more.
  assert.ok(tookMs <= LEASE_MS + 5_000, `the candidate was served for ${tookMs} ms`);
  assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %']);
  const { served } = await world.store.read(rollout.target);
  assert.deepEqual(served, { share: 0, cohorts: [] });
});
