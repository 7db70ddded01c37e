/** Arithmetic that lint stands on, against simulation; kinds one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PassQuestion, timeToPass } from '../../../judge/forecast/bound.js';
import { passing } from '../../../judge/forecast/candidates.js';
import { expectedLevel } from '../../../judge/forecast/level.js';
import { marginNeeded, maxNeeded, roundedUp } from '../../../judge/forecast/shortfall.js';
import { forecast } from '../../../judge/forecast/forecast.js';
import type { MetricSpec, PromoteWhen } from '../../../workflows/contract/plan.js';
import { MINUTE_MS, planOf, rowOf } from './forecasts.js';
import { rate } from './world.js';

const metric = (change: object): MetricSpec => ({ ...rate(), ...change }) as MetricSpec;
const score = {
  kind: 'score',
  range: [0, 1],
  better: 'higher',
  expect: { perMinute: 600, mean: 0.8, sd: 0.2 },
} as const;
const ratio = { kind: 'ratio', expect: { perMinute: 60, mean: 3, cv: 1.5 } } as const;

const CASES: [string, object, PromoteWhen, number][] = [
  ['a rate within points', { expect: { perMinute: 600, rate: 0.01 } }, { provenWithin: '0.5pp' }, 0.5],
  [
    'a rate within points at a small share',
    { expect: { perMinute: 6_000, rate: 0.01 } },
    { provenWithin: '0.5pp' },
    0.25,
  ],
  ['a common event', { expect: { perMinute: 600, rate: 0.5 } }, { provenWithin: '5pp' }, 0.1],
  ['a rate alone', { expect: { perMinute: 600, rate: 0.004 } }, { provenBelow: '1%' }, 0.5],
  ['a relative rate', { expect: { perMinute: 600, rate: 0.01 } }, { provenWithin: '25%' }, 0.5],
  ['a relative count', { kind: 'count', expect: { perMinute: 600, rate: 0.03 } }, { provenWithin: '25%' }, 0.5],
  ['a count', { kind: 'count', expect: { perMinute: 600, rate: 0.3 } }, { provenWithin: '0.05abs' }, 0.5],
  ['a score', score, { provenWithin: '0.01abs' }, 0.5],
  ['a score alone', score, { provenAbove: '0.78abs' }, 0.5],
  ['a relative score', score, { provenWithin: '2%' }, 0.5],
  ['a ratio', ratio, { provenWithin: '0.3abs' }, 0.5],
  ['a relative ratio', ratio, { provenWithin: '10%' }, 0.5],
  [
    'a quantile of which none is beyond',
    { kind: 'quantile', q: 0.99, expect: { perMinute: 600 } },
    { provenBelow: '50ms' },
    0.5,
  ],
];

function questionOf(of: MetricSpec, promoteWhen: PromoteWhen, share: number, planned: number): PassQuestion {
  const level = of.expect && expectedLevel(of.kind, of.expect);
  const candidate = level && passing(promoteWhen, of, level);
  assert.ok(level && candidate);
  return {
    metric: of,
    promoteWhen,
    level,
    candidate: candidate.level,
    share,
    alpha: 0.05,
    windowMs: MINUTE_MS,
    planned,
    recorded: false,
  };
}

for (const [what, change, promoteWhen, share] of CASES)
  test(`${what}: four of five pass by the time that arithmetic says, within a third`, () => {
    const of = metric(change);
    // The judge tunes itself to the longest bake, so the bake is made half as long again as what it takes.
    let planned = 60;
    for (let i = 0; i < 5; i += 1)
      planned = Math.max(60, Math.ceil((1.5 * timeToPass(questionOf(of, promoteWhen, share, planned))) / MINUTE_MS));
    const bound = timeToPass(questionOf(of, promoteWhen, share, planned));
    const plan = planOf({ rollbackWhen: null, promoteWhen }, of, { share, maxMs: planned * MINUTE_MS });
    const found = rowOf(forecast(plan, {})).passes?.p80Ms ?? Infinity;
    const ended = Math.ceil(bound / MINUTE_MS) * MINUTE_MS;
    assert.ok(
      found > ended / 1.34 && found < ended * 1.34,
      `${found / MINUTE_MS} min against ${bound / MINUTE_MS} min`,
    );
  });

test('the margin it names does decide in time, and the one before it does not', () => {
  const question = questionOf(metric({ expect: { perMinute: 10, rate: 0.01 } }), { provenWithin: '0.1pp' }, 0.5, 60);
  const bake = { warmupMs: 0, minMs: 0, maxMs: 30 * MINUTE_MS, minUnits: 0 };
  const source = { windowMs: MINUTE_MS, settleMs: 0 };
  const margin = marginNeeded(question, bake, source);
  assert.match(margin ?? '', /^\d+(\.\d)?pp$/);
  const wider = { ...question, promoteWhen: { provenWithin: margin ?? '' } };
  assert.ok(maxNeeded(wider, bake, source) <= bake.maxMs);
  const narrower = { ...question, promoteWhen: { provenWithin: `${Number.parseFloat(margin ?? '') * 0.9}pp` } };
  assert.ok(maxNeeded(narrower, bake, source) > bake.maxMs);
  assert.equal(marginNeeded(wider, bake, source), null, 'then it is no longer the margin');
});

test('room for sticky users can make a margin unprovable however long one waits', () => {
  const sticky = metric({ unit: 'user', users: 500, expect: { perMinute: 60_000, rate: 0.05 } });
  assert.equal(timeToPass(questionOf(sticky, { provenWithin: '0.5pp' }, 0.5, 60)), Number.POSITIVE_INFINITY);
  const many = metric({ unit: 'user', users: 5_000_000, expect: { perMinute: 60_000, rate: 0.05 } });
  assert.ok(Number.isFinite(timeToPass(questionOf(many, { provenWithin: '0.5pp' }, 0.5, 60))));
});

test('times are rounded up to what a plan would say', () => {
  assert.deepEqual([1_500, 90_000, 121_000, 3 * 3_600_000 + 1, 9 * 86_400_000].map(roundedUp), [
    '2s',
    '90s',
    '3m',
    '4h',
    '9d',
  ]);
});
