/** A worker killed with -9 in the middle of a rollback: the next one finishes it, and zero is written once. */
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { PROPAGATION_MS } from '../support/mini-world/files.js';
import { faultTest } from '../support/mini-world.js';

/** Promise 2: two seconds and the declared propagation, and ten seconds more after a crash. */
const PROMISED_MS = 2_000 + PROPAGATION_MS + 10_000;

suite('killed on the way back', { concurrency: 2 }, () => {
  for (const [point, where] of [
    ['restore.beforeWrite', 'before its write'],
    ['restore.afterWrite', 'after its write'],
  ] as const) {
    faultTest(
      `everyone is back on the baseline when the worker is killed in the rollback ${where}`,
      async (world, t) => {
        const doomed = await world.worker({ stopAt: { point } });
        const rollout = await world.start();
        world.arms.candidate.errorRate = 0.5;
        await doomed.stopped();
        await doomed.kill();
        await world.worker();
        const { how, lowering } = await rollout.ending();
        assert.deepEqual([how, lowering?.cause, lowering?.gate], ['RolledBack', 'gate', 'errors-low']);
        assert.deepEqual(storyOf(await rollout.journal()), [
          'admitted',
          'raising general 50 %',
          'raised',
          'verdict fail',
          'rollbackStarted gate',
          'restored',
          'zeroObserved',
          'ended rolledBack',
        ]);
        assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);
        assert.equal(await world.production(), 'rules-1');
        const servedMs = (world.application.lastCandidateMs() ?? 0) - (lowering?.times.detectedAtMs ?? 0);
        t.diagnostic(`killed ${where}: window close to last unit on the candidate ${servedMs} ms`);
        assert.ok(servedMs <= PROMISED_MS, `took ${servedMs} ms, promised are ${PROMISED_MS} ms`);
      },
    );
  }
});
