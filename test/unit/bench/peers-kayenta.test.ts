/** Kayenta's judge against values worked out apart, with scipy (ranks, normal quantiles) and roots by bisection to 1e-10. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, kayenta, type MetricResult, QUANTILE_98, score } from '../../bench/peers/kayenta.js';
import { shiftOf, shiftZ } from '../../bench/peers/mann-whitney.js';
import type { Minute } from '../../bench/peers/peer.js';

const X = [1.1, 1.5, 2.3, 2.9, 3.1, 3.7, 4.2, 4.4];
const Y = [0.2, 0.9, 1.2, 1.3, 1.6, 2.0, 2.5];
const TIED_X = [1, 1, 2, 2, 3, 3, 4, 5, 5, 6];
const TIED_Y = [0, 0, 1, 1, 1, 2, 2, 3, 3, 4];

const near = (actual: number, expected: number, by: number): void =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual}, not ${expected}`);

test('the statistic has average ranks, the correction for ties, and the continuity correction', () => {
  near(shiftZ(X, Y, 0), 2.140958980724025, 1e-12);
  near(shiftZ(TIED_X, TIED_Y, 0), 1.8442881015173853, 1e-12);
});

test('interval and estimate of the shift are where the statistic crosses its quantiles', () => {
  const { lower, upper, estimate } = shiftOf(X, Y, QUANTILE_98);
  near(lower, -0.1, 1e-4);
  near(upper, 3.0, 1e-4);
  near(estimate, 1.6, 1e-4);
  const tied = shiftOf(TIED_X, TIED_Y, QUANTILE_98);
  near(tied.lower, 0, 1e-4);
  near(tied.upper, 4, 1e-4);
  near(tied.estimate, 1, 1e-4);
});

const shifted = (by: number) => ({ control: Y, experiment: X.map((x) => x + by) });

test('High needs a lower end beyond a quarter of the estimate, not beyond zero alone', () => {
  assert.equal(classify(shifted(0)), 'Pass');
  // Lower end 0.3 and estimate 2.0: beyond zero, not beyond 0.5. Then 0.9 and 2.6, beyond 0.65.
  assert.ok(shiftZ(shifted(0.4).experiment, Y, 0) > QUANTILE_98);
  assert.equal(classify(shifted(0.4)), 'Pass');
  assert.equal(classify(shifted(1)), 'High');
});

test('High needs the ratio of means to reach the allowed increase', () => {
  // Means 3.9 and 1.386: 2.81 times.
  assert.equal(classify(shifted(1), 2.8), 'High');
  assert.equal(classify(shifted(1), 2.9), 'Pass');
});

test('equal samples pass, and so does less', () => {
  assert.equal(classify({ control: X, experiment: X }), 'Pass');
  assert.equal(classify({ control: X, experiment: Y.map((y) => y - 2) }), 'Pass');
  assert.equal(classify({ control: [1, 1], experiment: [1, 1] }), 'Pass');
});

test('missing data are Nodata, or a failure where data are required', () => {
  assert.equal(classify({ control: [], experiment: X }), 'Nodata');
  assert.equal(classify({ control: X, experiment: [] }, 1, true), 'NodataFail');
});

const metric = (label: MetricResult['label'], group = 'a', critical = false): MetricResult => ({
  label,
  groups: [group],
  critical,
});

test('groups are weighed, those without a weight share the rest, one without data counts full', () => {
  const results = [
    metric('Pass', 'a'),
    metric('High', 'a'),
    metric('High', 'b'),
    metric('Pass', 'c'),
    metric('Pass', 'd'),
  ];
  // 50 x 0.4 + 0 x 0.2 + 100 x 0.2 + 100 x 0.2.
  assert.equal(score(results, { a: 40 }), 60);
  assert.equal(score([metric('Pass', 'a'), metric('Pass', 'a'), metric('Nodata', 'b')], { a: 60, b: 40 }), 100);
});

test('a critical metric that does not pass, or half of all without data, gives nothing', () => {
  assert.equal(score([metric('Pass'), metric('Pass'), metric('High', 'b', true)], { a: 90, b: 10 }), 0);
  assert.equal(score([metric('Pass'), metric('Nodata')]), 0);
});

/** Minutes until it decides, and how. */
function decision(treated: (minute: number) => Minute, options: Parameters<typeof kayenta>[1]) {
  const watch = kayenta('kayenta', options).begin();
  for (let minute = 1; minute <= 3_000; minute += 1) {
    const found = watch.look({ units: 1_000, events: 10 + (minute % 5) }, treated(minute));
    if (found !== null) return [minute, found];
  }
  return null;
}

test('it judges on the hour, fails below the marginal score and passes at the end of its life', () => {
  const bad = (minute: number): Minute => ({ units: 1_000, events: 20 + (minute % 5) });
  const good = (minute: number): Minute => ({ units: 1_000, events: 10 + ((minute + 2) % 5) });
  assert.deepEqual(decision(bad, {}), [60, 'fail']);
  assert.deepEqual(decision(good, { lifetimeMinutes: 180 }), [180, 'pass']);
  assert.deepEqual(
    decision((minute) => (minute <= 60 ? good(minute) : bad(minute)), { lifetimeMinutes: 180 }),
    [120, 'fail'],
  );
});

test('an hour without data scores nothing; NaN minutes are left out', () => {
  assert.deepEqual(
    decision(() => null, {}),
    [60, 'fail'],
  );
  const gaps = (minute: number): Minute =>
    minute % 2 === 0 ? { units: 0, events: 0 } : { units: 1_000, events: 10 + (minute % 5) };
  assert.deepEqual(decision(gaps, { lifetimeMinutes: 120 }), [120, 'pass']);
});
