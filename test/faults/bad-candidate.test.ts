/** The candidate goes bad in the middle of a bake: how long until nobody meets it any more (promise 2). */
import assert from 'node:assert/strict';
import { directoryEvidence } from '../../activities/store/directory.js';
import { makeJudge } from '../../judge/judge.js';
import { exposuresOf, storyOf } from '../support/mini-world/account.js';
import { PROPAGATION_MS, TENANT } from '../support/mini-world/files.js';
import type { WorldRollout } from '../support/mini-world/rollout.js';
import { faultTest, type MiniWorld } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';

const PROMISED_MS = 2_000 + PROPAGATION_MS;
const SHARE = 0.5;

faultTest(
  'from the close of the window that proves it to zero takes at most two seconds and the propagation',
  async (world, t) => {
    await world.worker();
    const rollout = await world.start({ bake: 'minUnits: 100000', comparative: true });
    await rollout.until('the bake', ({ status }) => status === 'baking');
    const good = async () => (await storedWindows(world, rollout)).filter((window) => !window.discarded).length;
    await eventually('two good windows', good, (count) => count >= 2);
    world.arms.candidate.errorRate = 0.2;
    const badAt = Date.now();
    const { how, lowering } = await rollout.ending();
    assert.deepEqual([how, lowering?.cause], ['RolledBack', 'gate']);
    assert.deepEqual(storyOf(await rollout.journal()).slice(3, 5), ['verdict fail', 'rollbackStarted gate']);
    assert.deepEqual(exposuresOf(world.application), ['0: serving', '1: 50 %', '2: closed']);

    const closedAt = await offlineJudge(world, rollout);
    assert.equal(lowering?.times.detectedAtMs, closedAt, 'the rollout names the window that an offline judge finds');
    const lastAt = world.application.lastCandidateMs() ?? 0;
    const tookMs = lastAt - closedAt;
    t.diagnostic(
      `gone bad, proven ${closedAt - badAt} ms later; window close to last unit on the candidate ${tookMs} ms`,
    );
    assert.ok(tookMs <= PROMISED_MS, `took ${tookMs} ms, promised are ${PROMISED_MS} ms`);
    const { zeroObservedAtMs, safeAtMs } = lowering?.times ?? {};
    assert.ok(lastAt <= (safeAtMs ?? 0), 'not called safe before it was');
    assert.ok((zeroObservedAtMs ?? 0) >= (safeAtMs ?? 0), 'zero was observed after it was in force');
  },
);

/** Close of the first window at which a judge that knows only the stored windows says fail. */
async function offlineJudge(world: MiniWorld, rollout: WorldRollout): Promise<number> {
  const { plan } = rollout;
  const [stage] = plan.stages;
  assert.ok(stage);
  const judge = makeJudge(plan);
  const state = judge.create();
  const { minUnits, minMs } = stage.bake;
  const step = { stage: stage.name, step: 0, share: SHARE, randomised: true, gates: stage.gates };
  judge.openStep(state, { ...step, minUnits, minMs, judgedFromMs: 0, mode: 'bake' });
  for (const window of await storedWindows(world, rollout)) {
    judge.update(state, window);
    if (judge.explain(state).verdict === 'fail') return window.endMs;
  }
  throw new Error('no stored window proves that the candidate is worse');
}

async function storedWindows({ files }: MiniWorld, { rolloutId }: WorldRollout) {
  const evidence = await directoryEvidence(files.evidence).open(TENANT, rolloutId);
  return evidence.windows('windows/general-0-1', 'errors');
}
