/** Nothing known is the widest bound and no evidence, never a number that is not one; less error allowed is never narrower. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asymptoticBounds, asymptoticHalfWidth } from '../../../judge/procedures/asymptotic.js';
import { bernsteinBounds, lnBernstein, noBernstein } from '../../../judge/procedures/bernstein.js';
import { gammaPoissonBounds, lnGammaPoisson } from '../../../judge/procedures/gamma-poisson.js';
import { jensenShannon, lnTwoSampleEvidence } from '../../../judge/procedures/two-sample.js';

/** Spread over orders of magnitude, with zero among them. */
const amount = (most: number) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    {
      weight: 9,
      arbitrary: fc.double({ min: Math.log(1e-6), max: Math.log(most), noNaN: true }).map((x) => Math.exp(x)),
    },
  );
const level = fc.double({ min: Math.log(1e-12), max: 0, noNaN: true }).map((x) => Math.exp(x));
const share = fc.double({ min: 0, max: 1, noNaN: true });
const counts = fc.array(amount(1e9), { minLength: 1, maxLength: 12 });

test('no exposure, no scores, no windows: everything is possible', () => {
  assert.deepEqual(gammaPoissonBounds(0, 0, 0.05), { lower: 0, upper: Number.POSITIVE_INFINITY });
  assert.deepEqual(bernsteinBounds(noBernstein(), 0.05), { lower: 0, upper: 1 });
  const everything = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  assert.deepEqual(asymptoticBounds(0, { n: 0, variance: 0, planned: 240, level: 0.05 }), everything);
  assert.equal(lnGammaPoisson(0, 0, 0.5), 0);
  assert.equal(lnBernstein(0, 0), 0);
});

test('windows that never varied do not make a mean certain', () => {
  assert.equal(asymptoticHalfWidth({ n: 500, variance: 0, planned: 240, level: 0.05 }), Number.POSITIVE_INFINITY);
});

test('one arm alone is no evidence of a difference, and no distance', () => {
  assert.equal(lnTwoSampleEvidence([900, 100], [0, 0]), 0);
  assert.equal(lnTwoSampleEvidence([], []), 0);
  assert.equal(jensenShannon([900, 100], [0, 0]), null);
  assert.equal(jensenShannon([], [1]), null);
});

test('bounds of a rate hold what was seen, are numbers, and widen as less error is allowed', () => {
  fc.assert(
    fc.property(amount(1e9), amount(1e9), amount(1e3), level, level, (events, exposure, scale, one, other) => {
      const wide = gammaPoissonBounds(events, exposure, Math.min(one, other), scale);
      const narrow = gammaPoissonBounds(events, exposure, Math.max(one, other), scale);
      assert.ok(wide.lower <= narrow.lower * (1 + 1e-9) && narrow.upper <= wide.upper * (1 + 1e-9));
      if (exposure <= 0) return;
      const seen = events / exposure;
      assert.ok(narrow.lower >= 0 && narrow.lower <= seen * (1 + 1e-9) && seen <= narrow.upper * (1 + 1e-9));
    }),
  );
});

test('another unit of exposure, scale and all, gives the same bounds in that unit', () => {
  fc.assert(
    fc.property(amount(1e4), amount(1e4), level, (events, exposure, unit) => {
      const [here, there] = [
        gammaPoissonBounds(events, exposure, 0.01, 0.3),
        gammaPoissonBounds(events, exposure * unit, 0.01, 0.3 / unit),
      ];
      if (exposure <= 0) return;
      assert.ok(Math.abs(there.lower * unit - here.lower) <= 1e-9 * here.lower);
      assert.ok(Math.abs(there.upper * unit - here.upper) <= 1e-9 * here.upper);
    }),
  );
});

const scores = fc.tuple(amount(1e9), share, share).map(([n, mean, part]) => ({ n, sum: n * mean, v: n * part }));

test('bounds of scores hold the mean within 0 to 1, are numbers, and widen as less error is allowed', () => {
  fc.assert(
    fc.property(scores, level, level, (sums, one, other) => {
      const wide = bernsteinBounds(sums, Math.min(one, other));
      const narrow = bernsteinBounds(sums, Math.max(one, other));
      assert.ok(wide.lower <= narrow.lower + 1e-9 && narrow.upper <= wide.upper + 1e-9);
      const mean = sums.n > 0 ? sums.sum / sums.n : 0.5;
      assert.ok(0 <= narrow.lower && narrow.lower <= mean + 1e-9 && mean <= narrow.upper + 1e-9 && narrow.upper <= 1);
    }),
  );
});

test('scores turned round have their bounds turned round', () => {
  fc.assert(
    fc.property(scores, level, ({ n, sum, v }, at) => {
      const [here, there] = [bernsteinBounds({ n, sum, v }, at), bernsteinBounds({ n, sum: n - sum, v }, at)];
      assert.ok(Math.abs(here.lower - (1 - there.upper)) <= 1e-9);
      assert.ok(Math.abs(here.upper - (1 - there.lower)) <= 1e-9);
    }),
  );
});

test('scores that scatter more, or exceed the mean by less, are less evidence; a mean they miss is none', () => {
  fc.assert(
    fc.property(amount(1e6), amount(1e6), amount(1e6), (s, v, more) => {
      const here = lnBernstein(s, v);
      assert.ok(Number.isFinite(here));
      const slack = 1e-9 * (1 + s + v + more);
      assert.ok(lnBernstein(s, v + more) <= here + slack);
      assert.ok(lnBernstein(s - more, v) <= here + slack);
      assert.ok(lnBernstein(-s, v) <= slack);
    }),
  );
});

test('asymptotic bounds widen as less error is allowed, at every level a p may be sought at', () => {
  const spread = fc.record({ n: amount(1e7), variance: amount(1e6), planned: amount(1e5) });
  fc.assert(
    fc.property(spread, level, level, (of, one, other) => {
      const [wide, narrow] = [Math.min(one, other), Math.max(one, other)].map((at) =>
        asymptoticHalfWidth({ ...of, level: at }),
      );
      assert.ok(narrow !== undefined && wide !== undefined && narrow > 0 && narrow <= wide * (1 + 1e-12));
    }),
    { numRuns: 1_000 },
  );
});

test('nor are they narrower at a smaller level long before the planned number, where their tuning differs most', () => {
  let before = 0;
  for (let at = 0.5; at > 1e-6; at *= 0.99) {
    const half = asymptoticHalfWidth({ n: 1, variance: 1, planned: 10_000, level: at });
    assert.ok(half >= before, `${half} at ${at}, ${before} above it`);
    before = half;
  }
});

test('counts of any size give evidence and a distance that are numbers, the same whichever arm comes first', () => {
  fc.assert(
    fc.property(counts, counts, (a, b) => {
      const lnE = lnTwoSampleEvidence(a, b);
      assert.ok(Number.isFinite(lnE));
      const [there, back] = [jensenShannon(a, b), jensenShannon(b, a)];
      if (there === null || back === null) return assert.equal(there, back);
      assert.ok(there >= 0 && there <= 1 && Math.abs(there - back) <= 1e-9);
    }),
  );
});
