/** Yardsticks must stand before the first stage opens: the recorded past is shown to the judge first, or it is of no use. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Look } from '../../../activities/bake/bake.js';
import { memoryOf } from '../../../activities/bake/memory.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { RolloutEvidence } from '../../../activities/store/adapter.js';
import { makeJudge } from '../../../judge/judge.js';
import type { Judge, JudgeState, StepContext } from '../../../judge/types.js';
import type { BakeHeartbeat, BakeInput } from '../../../workflows/contract/activities.js';

import type { Cell, Observation, Window } from '../../../workflows/contract/windows.js';
import { both, cell, cells, gate, plan, quantile, rate, window } from '../../unit/judge/world.js';

const root = await mkdtemp(join(tmpdir(), 'sluice-past-first-'));
after(() => rm(root, { recursive: true, force: true }));

const PLAN = plan(
  { errors: rate(), latency: quantile() },
  {
    errors: gate({ promoteWhen: { provenWithin: '2pp' } }),
    latency: gate({
      metric: 'latency',
      promoteWhen: { provenWithin: '10%' },
      rollbackWhen: { provenWorseBy: '4%' },
    }),
  },
);

let rollouts = 0;
function newEvidence(): Promise<RolloutEvidence> {
  return directoryEvidence(root).create('mail', `r-${String.fromCharCode(97 + rollouts++).repeat(26)}`);
}

function input(change: Partial<BakeInput> = {}): BakeInput {
  const place = { mode: 'bake', stage: 'beta', step: 0, attempt: 1, key: 'beta-0-1', earlier: [] };
  return {
    ...place,
    planDigest: 'sha256:x',
    exposure: { share: 0.5 },
    sinceMs: 0,
    known: {},
    waive: [],
    ...change,
  } as BakeInput;
}

const lookAt = (evidence: RolloutEvidence, of: BakeInput = input()) => ({ input: of, plan: PLAN, evidence }) as Look;

/** A p99 of about 50 ms where one in a hundred is `slow`: above 55 ms, none above 100 ms. */
function requests(arm: Cell['arm'], n: number, slow = n / 100): Cell {
  const buckets = [10, 50, 52, 55].map((edge): [number, number] => [edge, edge === 10 ? n / 2 : n - slow]);
  return {
    arm,
    via: 'share',
    slice: null,
    payload: { kind: 'quantile', n, buckets: [...buckets, [100, n], [null, n]] },
  };
}

async function keep(evidence: RolloutEvidence, windows: number, one: (metric: string, index: number) => Window) {
  for (let index = 0; index < windows; index += 1)
    for (const metric of Object.keys(PLAN.metrics)) await evidence.putWindow('past', one(metric, index));
}

const EPOCH = 1_772_366_000;
const past = (metric: string, index: number): Window =>
  window(EPOCH + index, metric === 'latency' ? cells(requests('baseline', 100)) : cells(cell('baseline', [100, 1])), {
    metric,
    phase: 'baseline',
    share: 0,
  });

/** What the judge says after the first windows of the first stage. */
function judged(judge: Judge, state: JudgeState, windows = 2) {
  const seen: Record<string, Observation> = {
    errors: both([500, 5], [500, 5]),
    latency: cells(requests('baseline', 500), requests('candidate', 500, 1)),
  };
  for (let index = 0; index < windows; index += 1)
    for (const [metric, observation] of Object.entries(seen))
      judge.update(state, window(index, observation, { metric }));
  const { gates } = judge.explain(state);
  return (name: string) => gates.find((one) => one.gate === name) ?? assert.fail(`no verdict on ${name}`);
}

test('with 1,000 requests of the past a comparison of latency has its edge in the first stage', async () => {
  const evidence = await newEvidence();
  const judge = makeJudge(PLAN);
  const bare = judged(judge, (await memoryOf(lookAt(evidence), judge, undefined)).judge, 20)('latency');
  assert.ok(bare.reasons.includes('noFrozenEdge'));
  assert.equal(bare.verdict, 'inconclusive');
  await keep(evidence, 10, past);
  const latency = judged(judge, (await memoryOf(lookAt(evidence), judge, undefined)).judge, 20)('latency');
  assert.deepEqual([latency.promoteLimit, latency.rollbackLimit, latency.control], [55, 52, 'frozen']);
  assert.equal(latency.verdict, 'pass', latency.sentence);
});

test('with sixty windows of the past nothing is assumed of how windows scatter, from the first one on', async () => {
  const evidence = await newEvidence();
  const judge = makeJudge(PLAN);
  await keep(evidence, 59, past);
  const assumed = judged(judge, (await memoryOf(lookAt(evidence), judge, undefined)).judge)('errors');
  assert.deepEqual(assumed.dispersion, { factor: 2, assumed: true });
  await evidence.putWindow('past', past('errors', 59));
  const known = judged(judge, (await memoryOf(lookAt(evidence), judge, undefined)).judge)('errors');
  assert.deepEqual(known.dispersion, { factor: 1, assumed: false });
  assert.ok(!known.reasons.includes('dispersionAssumed'));
  assert.deepEqual([known.windows, known.units.baseline], [2, 1_000], 'the past itself is not judged');
});

test('the past is shown before any step, in the order of time, and the windows of the rollout after it', async () => {
  const evidence = await newEvidence();
  await keep(evidence, 3, past);
  for (const key of ['windows/beta-0-1', 'windows/general-0-1'])
    await evidence.putWindow(key, window(0, both([9, 0], [9, 0])));
  const story: string[] = [];
  const judge = {
    create: () => ({}) as JudgeState,
    openStep: (_state: JudgeState, { stage, mode }: StepContext) => story.push(`${stage} ${mode}`),
    update: (_state: JudgeState, { phase, metric, index }: Window) => story.push(`${phase} ${metric} ${index % EPOCH}`),
  };
  const then = input({ stage: 'general', key: 'general-0-1', earlier: ['beta-0-1'] });
  const { heartbeat } = await memoryOf(lookAt(evidence, then), judge as unknown as Judge, undefined);
  assert.deepEqual(story, [
    ...[0, 1, 2].flatMap((index) => [`baseline errors ${index}`, `baseline latency ${index}`]),
    'beta bake',
    'bake errors 0',
    'beta guard',
    'general guard',
    'general bake',
    'bake errors 0',
  ]);
  assert.equal(heartbeat.windows, 1, 'it counts the windows of its own step');
});

test('a memory that is carried in the heartbeat is not shown the past again', async () => {
  const evidence = await newEvidence();
  await keep(evidence, 60, past);
  const judge = makeJudge(PLAN);
  const first = await memoryOf(lookAt(evidence), judge, undefined);
  const carried: BakeHeartbeat = { ...first.heartbeat, judge: structuredClone(first.judge) };
  const unread = { ...evidence, windows: () => assert.fail('the store was read') };
  const second = await memoryOf(lookAt(unread), judge, carried);
  assert.deepEqual(judged(judge, second.judge)('errors'), judged(judge, first.judge)('errors'));
});
