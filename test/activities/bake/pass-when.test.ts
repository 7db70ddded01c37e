import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look } from '../../../activities/bake/bake.js';
import { memoryOf } from '../../../activities/bake/memory.js';
import type { Judge, JudgeState, StepContext } from '../../../judge/types.js';
import type { BakeInput } from '../../../workflows/contract/activities.js';
import { accepted, changed } from '../../unit/plan/support.js';

const { plan } = accepted(
  changed('gates: [errors, latency, mail-lost]', 'gates: [errors, { any: [latency, mail-lost] }]'),
);
const CONDITION = { all: ['errors', { any: ['latency', 'mail-lost'] }] };

/** The steps a judge is opened with when everything before is rebuilt from the store. */
async function opened(mode: BakeInput['mode'], stage: string): Promise<StepContext[]> {
  const steps: StepContext[] = [];
  const judge = {
    create: () => ({}) as JudgeState,
    openStep: (_state: JudgeState, step: StepContext) => steps.push(step),
  };
  const input = {
    mode,
    stage,
    step: 0,
    key: `${stage}-0-1`,
    earlier: ['beta-0-1'],
    exposure: { share: 0.25 },
    known: {},
  };
  const look = { input, plan, evidence: { windows: () => Promise.resolve([]) } };
  await memoryOf(look as unknown as Look, judge as unknown as Judge, undefined);
  return steps;
}

test('a bake passes by the condition of its stage, and by all gates where there is none', async () => {
  const beta = (await opened('bake', 'beta')).at(-1);
  assert.deepEqual(beta?.gates, ['errors', 'latency', 'mail-lost']);
  assert.deepEqual(beta?.passWhen, CONDITION);
  assert.ok(!('passWhen' in ((await opened('bake', 'general')).at(-1) ?? {})));
});

test('a step judged before is rebuilt under the condition it was judged by', async () => {
  assert.deepEqual((await opened('bake', 'general'))[0]?.passWhen, CONDITION);
});

test('a guard, which can only fail, asks for no condition', async () => {
  for (const mode of ['guard', 'after'] as const)
    assert.ok(!('passWhen' in ((await opened(mode, 'beta')).at(-1) ?? {})), mode);
});
