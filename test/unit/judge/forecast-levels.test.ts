/** What "twice as bad" means, and how a level is read off recorded windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { worsened } from '../../../judge/forecast/harm.js';
import { belowAt, quantileOf } from '../../../judge/forecast/level.js';
import { type Seen, observedLevel } from '../../../judge/forecast/observed.js';
import { type Arms, drawWindow } from '../../../judge/forecast/stream.js';
import { unitsOf, wrongPayload } from '../../../judge/payload.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import type { Cell } from '../../../workflows/contract/windows.js';
import { MINUTE_MS, group, level } from './forecasts.js';
import { cell, quantile, rate, seeded } from './world.js';

const mean = (metric: MetricSpec, of: number, factor: number) =>
  worsened(metric, level(600, { mean: of }), factor)?.whole.mean;
const close = (found: number | null | undefined, wanted: number) =>
  assert.ok(found != null && Math.abs(found - wanted) < 1e-12, `${found}`);

test('twice as bad: twice the failures, twice the misses of a high success rate, half the successes of a low one', () => {
  close(mean(rate(), 0.01, 2), 0.02);
  close(mean(rate({ better: 'higher' }), 0.98, 2), 0.96);
  close(mean(rate({ better: 'higher' }), 0.04, 2), 0.02);
  close(mean(rate(), 0.9, 2), 0.95);
  assert.equal(mean(rate(), 0.3, 4), undefined, 'no rate is 120 %');
});

test('twice as bad: a score twice as far from the best, half the count where more is better, every latency doubled', () => {
  const score: MetricSpec = { ...rate(), kind: 'score', better: 'higher', range: [1, 5] };
  close(mean(score, 4.5, 2), 4);
  close(mean({ ...rate(), kind: 'count' }, 0.3, 2), 0.6);
  close(mean({ ...rate(), kind: 'count', better: 'higher' }, 0.3, 2), 0.15);
  const slow = worsened(
    quantile(),
    level(600, { mean: null, shape: { edges: [10, 20, 40, 80], below: [0.5, 0.9, 1, 1] } }),
    2,
  );
  assert.ok(slow?.whole.shape);
  close(belowAt(slow.whole.shape, 20), 0.5);
  close(quantileOf(slow.whole.shape, 0.9), 40);
});

const seen = (...windows: Cell[][]): Seen[] =>
  windows.map((cells, i) => ({ startMs: i * MINUTE_MS, endMs: (i + 1) * MINUTE_MS, cells }));

test('traffic is that of both arms, the level that of the baseline', () => {
  const cells = [cell('baseline', [600, 6]), cell('candidate', [200, 100])];
  const found = observedLevel(rate(), seen(cells, cells), 'past');
  assert.equal(found?.perMinute, 800);
  assert.equal(found?.whole.mean, 0.01);
  assert.deepEqual(found?.origin, { kind: 'past', windows: 2, spanMs: 2 * MINUTE_MS, units: 1_600, events: 12 });
});

test('units nobody assigned count only where there are no others', () => {
  const lapsed = cell('baseline', [400, 400], null, 'none');
  assert.equal(observedLevel(rate(), seen([cell('baseline', [600, 6]), lapsed]), 'past')?.perMinute, 600);
  assert.equal(observedLevel(rate(), seen([lapsed]), 'past')?.perMinute, 400);
});

test('nothing counted is no level', () => {
  assert.equal(observedLevel(rate(), [], 'past'), null);
  assert.equal(observedLevel(rate(), seen([cell('baseline', [0, 0])]), 'past'), null);
  assert.equal(observedLevel(rate(), seen([cell('candidate', [10, 1])]), 'past'), null);
});

test('slices keep their parts and levels', () => {
  const sliced = rate({ slices: { by: ['x'], minUnits: 1, onThin: 'extend' } });
  const found = observedLevel(
    sliced,
    seen([cell('baseline', [100, 11]), cell('baseline', [90, 1], 'x=a'), cell('baseline', [10, 10], 'x=b')]),
    'past',
  );
  assert.deepEqual(
    found?.slices.map(({ slice, part, mean: own }) => [slice, part, own]),
    [
      ['x=a', 0.9, 1 / 90],
      ['x=b', 0.1, 1],
    ],
  );
});

test('scatter is seen where windows differ by more than chance, and only there', () => {
  const even = Array.from({ length: 40 }, () => [cell('baseline', [1_000, 10])]);
  const bursty = Array.from({ length: 40 }, (_, i) => [cell('baseline', [1_000, i % 10 === 0 ? 64 : 4])]);
  assert.equal(observedLevel(rate(), seen(...even), 'past')?.scatter, 1);
  assert.ok((observedLevel(rate(), seen(...bursty), 'past')?.scatter ?? 0) > 10);
  assert.equal(observedLevel(rate(), seen(...bursty.slice(0, 10)), 'past')?.scatter, 1, 'ten windows tell nothing');
});

const KINDS: MetricSpec[] = [
  rate(),
  quantile(),
  { ...rate(), kind: 'count' },
  { ...rate(), kind: 'score', range: [-1, 3] },
  { ...rate(), kind: 'ratio' },
];

test('drawn windows are such as the judge takes, and show the level they were drawn from', () => {
  const levels = (kind: MetricSpec['kind'], of: number, sd: number) =>
    level(20_000, { mean: of, sd, shape: kind === 'quantile' ? { edges: [10, 50], below: [1 - of, 1] } : null });
  fc.assert(
    fc.property(
      fc.constantFrom(...KINDS),
      fc.integer({ min: 0, max: 900 }).map((n) => n / 1_000),
      fc.integer({ min: 0, max: 500 }).map((n) => n / 1_000),
      fc.nat(),
      (metric, of, sd, seed) => {
        const own = levels(metric.kind, of, sd);
        const arms: Arms = { baseline: own, candidate: own };
        const observation = drawWindow(seeded(seed), metric, arms, 0.3, MINUTE_MS);
        assert.ok(observation.kind === 'value');
        for (const { payload } of observation.cells) assert.equal(wrongPayload(metric, payload), null);
        const again = observedLevel(metric, [{ startMs: 0, endMs: MINUTE_MS, cells: observation.cells }], 'past');
        const read = again?.whole.mean ?? 1 - (again?.whole.shape?.below[0] ?? 0);
        assert.ok(Math.abs(read - of) < 0.05, `${metric.kind}: ${read} for ${of}`);
      },
    ),
    { numRuns: 200 },
  );
});

test('slices that are drawn add up to the whole', () => {
  const own = level(
    6_000,
    {},
    { slices: [group({ slice: 'x=a', part: 0.9 }), group({ slice: 'x=b', part: 0.1, mean: 0.5 })] },
  );
  const observation = drawWindow(seeded(1), rate(), { baseline: own, candidate: own }, 0.5, MINUTE_MS);
  assert.ok(observation.kind === 'value');
  const units = (arm: string, slice: string | null): number => {
    const cells = observation.cells.filter((one) => one.arm === arm && one.slice === slice);
    return cells.reduce((sum, { payload }) => sum + unitsOf(payload), 0);
  };
  for (const arm of ['baseline', 'candidate']) assert.equal(units(arm, null), units(arm, 'x=a') + units(arm, 'x=b'));
});
