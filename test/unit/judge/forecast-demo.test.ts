/** The forecast of the plan of the design's section 9, on the traffic its demo has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast } from '../../../judge/forecast/forecast.js';
import type { Level } from '../../../judge/forecast/level.js';
import { demoPlan } from './demo-plan.js';
import { caughtAt, group, level, rowOf } from './forecasts.js';

const PER_MINUTE = 30_000;

const LEVELS: Record<string, Level> = {
  errors: level(PER_MINUTE, { mean: 0 }),
  latency: level(PER_MINUTE, { mean: null, shape: { edges: [10, 50], below: [0.98, 1] } }),
  'mail-lost': level(
    0.69 * PER_MINUTE,
    { mean: 0.0287 },
    {
      slices: [
        group({ slice: 'mailType=easy-ham', part: 0.94, mean: 0.02 }),
        group({ slice: 'mailType=hard-ham', part: 0.06, mean: 0.17 }),
      ],
    },
  ),
  'spam-kept': level(0.31 * PER_MINUTE, { mean: 0.27 }),
};
const found = forecast(demoPlan(), LEVELS);
const [BETA, LAST] = [1, 3];

test('its gates decide well within their three minutes, but for mail lost', () => {
  for (const { stage, maxMs, gates } of found.steps)
    for (const { gate, passes, cannotDecide } of gates) {
      if (gate === 'mail-lost') continue;
      assert.equal(cannotDecide, null, `${gate} in ${stage}`);
      assert.ok((passes?.p80Ms ?? Infinity) < maxMs / 2, `${gate} in ${stage}: ${passes?.p80Ms}`);
    }
});

test('that mail lost is equal on hard ham takes an hour, and with so long a bake it is decided in four of five', () => {
  const { cannotDecide } = rowOf(found, 'mail-lost', BETA);
  assert.equal(cannotDecide?.slice, 'mailType=hard-ham');
  const maxMs = cannotDecide?.needsMaxMs ?? 0;
  assert.ok(maxMs > 20 * 60_000 && maxMs < 180 * 60_000, `${maxMs}`);
  const plan = demoPlan();
  const beta = plan.stages
    .filter(({ name }) => name === 'beta')
    .map((stage) => ({ ...stage, gates: ['mail-lost'], bake: { ...stage.bake, maxMs: 1.2 * maxMs } }));
  const raised = forecast({ ...plan, stages: beta }, LEVELS);
  const { p80Ms } = rowOf(raised, 'mail-lost').passes ?? {};
  assert.ok(p80Ms && p80Ms > 0.7 * maxMs, `${p80Ms} against ${maxMs}`);
});

test('a model that loses four times the hard ham is caught within a minute, though the whole hardly changes', () => {
  for (const step of [BETA, 2]) {
    const { inSlice } = rowOf(found, 'mail-lost', step);
    assert.equal(inSlice?.slice, 'mailType=hard-ham');
    assert.ok(inSlice);
    const fourfold = caughtAt(inSlice, 4);
    assert.equal(fourfold.kind, 'caught');
    assert.ok((fourfold.takes?.p80Ms ?? Infinity) < 60_000, `${fourfold.takes?.p80Ms}`);
  }
});

test('a comparison in the step without a control stands on the step before: it passes at once and catches nothing new', () => {
  assert.equal(found.steps[LAST]?.share, 1);
  const row = rowOf(found, 'errors', LAST);
  assert.ok((row.passes?.p50Ms ?? Infinity) <= 20_000, `${row.passes?.p50Ms}`);
  assert.deepEqual(new Set(row.catches.map(({ kind }) => kind)), new Set(['unknown']));
});

test('a gate is not credited with what another gate on the same metric catches', () => {
  const plan = demoPlan();
  const alone = plan.stages.map((stage) => ({ ...stage, gates: stage.gates.filter((gate) => gate === 'errors-low') }));
  const by = (of: typeof found) => caughtAt(rowOf(of, 'errors-low', 2), 1.25).takes?.p50Ms ?? Infinity;
  const [together, apart] = [by(found), by(forecast({ ...plan, stages: alone }, LEVELS))];
  assert.ok(together > 0.6 * apart, `${together} ms together, ${apart} ms apart`);
});

test('healthy rollouts are counted beside the budget, and none of them is better than what its gates ask', () => {
  assert.equal(found.healthy?.budget, 0.02);
  assert.ok((found.healthy?.runs ?? 0) >= 20);
  assert.ok((found.healthy?.rolledBack ?? 99) <= 1, `${found.healthy?.rolledBack} of ${found.healthy?.runs}`);
});
