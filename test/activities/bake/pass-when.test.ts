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
async function opened(mode: BakeInput['mode'], stage: string, waive: string[] = []): Promise<StepContext[]> {
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
    waive,
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

test('a waived gate need not pass and is still asked, so that it may fail', async () => {
  const general = (await opened('bake', 'general', ['errors-low'])).at(-1);
  assert.ok(general?.gates.includes('errors-low'));
  assert.deepEqual(general?.passWhen, { all: general?.gates.filter((gate) => gate !== 'errors-low') });
  assert.deepEqual((await opened('bake', 'beta', ['errors'])).at(-1)?.passWhen, {
    all: [{ any: ['latency', 'mail-lost'] }],
  });
  assert.ok(!('passWhen' in ((await opened('bake', 'general', ['of-another-stage'])).at(-1) ?? {})));
});

test('with every gate waived nothing passes', async () => {
  const all = ['errors', 'latency', 'mail-lost'];
  assert.deepEqual((await opened('bake', 'beta', all)).at(-1)?.passWhen, { all: [] });
});
