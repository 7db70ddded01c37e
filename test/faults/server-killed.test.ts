/** The Temporal server dies like a machine that loses power, alone or together with the worker. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exposuresOf, storyOf, UNDISTURBED } from '../support/mini-world/account.js';
import { inWorld, type MiniWorld } from '../support/mini-world.js';
import { type OwnTemporal, ownTemporal } from '../support/temporal.js';
import { eventually } from '../support/workflow-test.js';

const LEASE_MS = 5_000;
const LIMIT = { timeout: 150_000 };

async function withOwnServer(body: (world: MiniWorld, server: OwnTemporal) => Promise<void>): Promise<void> {
  const server = await ownTemporal();
  try {
    await inWorld(server.address, (world) => body(world, server));
  } finally {
    await server.stop();
  }
}

suite('server killed', { concurrency: 2 }, () => {
  test('the rollout goes on when the server is back, with the same worker', LIMIT, () =>
    withOwnServer(async (world, server) => {
      await world.worker();
      const rollout = await world.start({ bake: 'minUnits: 1500' });
      await rollout.until('the bake', ({ status }) => status === 'baking');
      await server.kill();
      await server.restart();
      assert.equal((await rollout.ending(90_000)).how, 'Completed');
      assert.deepEqual(storyOf(await rollout.journal()), UNDISTURBED.story);
      assert.deepEqual(exposuresOf(world.application), UNDISTURBED.exposures);
    }),
  );

  test(
    'users are back within the lease when server and worker are dead; back alive, the rollout rolls back',
    LIMIT,
    (t) =>
      withOwnServer(async (world, server) => {
        const worker = await world.worker();
        const rollout = await world.start({ lease: `${LEASE_MS}ms`, bake: 'minUnits: 100000' });
        await rollout.until('the bake', ({ status }) => status === 'baking');
        await Promise.all([worker.kill(), server.kill()]);
        const deadAt = Date.now();
        const lastLease = world.application.shown.at(-1)?.leaseUntilMs ?? 0;
        const zero = await eventually(
          'traffic to be back on the baseline',
          async () => lastServed(world),
          ({ candidateMs, nowMs }) => nowMs > lastLease && nowMs - candidateMs > 1_000,
        );
        const tookMs = zero.candidateMs - deadAt;
        t.diagnostic(`lease of ${LEASE_MS} ms; the last unit met the candidate ${tookMs} ms after the death of both`);
        assert.ok(tookMs <= LEASE_MS, `the candidate was served for ${tookMs} ms`);
        assert.ok(zero.baseline > 0, 'the application went on serving');

        await server.restart();
        await world.worker();
        const { how, lowering } = await rollout.ending(90_000);
        assert.deepEqual([how, lowering?.cause], ['RolledBack', 'leaseLapsed']);
        assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);
        const leases = world.application.shown.flatMap(({ leaseUntilMs }) => leaseUntilMs ?? []);
        assert.equal(Math.max(...leases), lastLease, 'the lapsed lease was never renewed');
        assert.equal(world.application.lastCandidateMs(), zero.candidateMs, 'nobody met the candidate again');
      }),
  );
});

function lastServed({ application }: MiniWorld): { nowMs: number; candidateMs: number; baseline: number } {
  const last = application.ticks.at(-1);
  return {
    nowMs: last?.atMs ?? 0,
    candidateMs: application.lastCandidateMs() ?? 0,
    baseline: last?.baseline ?? 0,
  };
}
