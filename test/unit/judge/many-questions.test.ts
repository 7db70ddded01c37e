/** Many gates and slices asked at once: the chance of a false claim stays what was promised for all of them together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anytimeP } from '../../../judge/decision/anytime-p.js';
import { eBH, eFromP } from '../../../judge/decision/e-bh.js';
import { holm } from '../../../judge/decision/holm.js';
import { seeded } from './world.js';

const equal = (ps: readonly number[]): number[] => ps.map(() => 1);
const p = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.02, noNaN: true }));

test('with equal weights it is Holm as in the textbook, and stops at the first claim that fails', () => {
  // Limits 0.0125, 0.0167, 0.025, 0.05: 0.02 fails at the second, and 0.022, below the third, is not reached.
  const ps = [0.01, 0.02, 0.022, 0.09];
  assert.deepEqual(holm(ps, equal(ps), 0.05), [true, false, false, false]);
  const fewer = [0.01, 0.04, 0.03, 0.005];
  assert.deepEqual(holm(fewer, equal(fewer), 0.05), [true, false, false, true]);
});

test('a proven claim leaves its share to the others, in the measure of their weights', () => {
  // Shares 0.04 and 0.01: the second alone would fail, and takes the whole 0.05 once the first is proven.
  assert.deepEqual(holm([0.03, 0.045], [4, 1], 0.05), [true, true]);
  assert.deepEqual(holm([0.045, 0.03], [4, 1], 0.05), [false, false]);
  assert.deepEqual(holm([0.045, 0.009], [4, 1], 0.05), [true, true]);
});

test('no weight, and no number, is never proven and takes nothing from the others', () => {
  assert.deepEqual(holm([0, 0.05, Number.NaN], [0, 1, 1], 0.05), [false, true, false]);
  assert.deepEqual(holm([], [], 0.05), []);
});

test('it proves at least what splitting the level by weight proves, and never less for a smaller p', () => {
  const claims = fc.array(fc.tuple(p, fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(claims, fc.nat(), (all, pick) => {
      const [ps, weights] = [all.map(([one]) => one), all.map(([, weight]) => weight)];
      const proven = holm(ps, weights, 0.05);
      const sum = weights.reduce((a, b) => a + b, 0);
      for (const [i, one] of ps.entries())
        assert.ok(proven[i] || one > (0.05 * (weights[i] ?? 0)) / sum - 1e-15, 'Bonferroni proves it');
      const better = ps.map((one, i) => (i === pick % ps.length ? one / 2 : one));
      const then = holm(better, weights, 0.05);
      assert.ok(proven.every((was, i) => !was || then[i]));
    }),
  );
});

test('of 20 claims that are all false, at most one rollout in twenty has one proven', () => {
  const random = seeded(7);
  let wrong = 0;
  for (let i = 0; i < 1_000; i += 1) {
    const ps = Array.from({ length: 20 }, random);
    if (holm(ps, equal(ps), 0.05).includes(true)) wrong += 1;
  }
  // 99 % limit of a binomial of 1,000 at 0.05. Each at 0.05 by itself would be wrong in 640.
  assert.ok(wrong <= 67, `${wrong}`);
});

test('e-BH names the k largest where the k-th reaches m / (level k), in order of index', () => {
  // m / (0.05 k) for five: 100, 50, 33.3, 25, 20.
  assert.deepEqual(eBH([1, 60, 0, 55, 2], 0.05), [1, 3]);
  assert.deepEqual(eBH([200, 55, 0, 34, 2], 0.05), [0, 1, 3]);
  assert.deepEqual(eBH([99, 49, 33, 24, 19], 0.05), []);
  assert.deepEqual(eBH([99, 49, 33, 24, 20], 0.05), [0, 1, 2, 3, 4]);
  assert.deepEqual(eBH([Number.POSITIVE_INFINITY, Number.NaN], 0.05), [0]);
  assert.deepEqual(eBH([], 0.05), []);
});

test('a p turned into evidence is worth one on average when there is nothing to find', () => {
  // The mean over uniform p = exp(-x): integral of (1 - (1 + x) exp(-x)) / x^2 over x > 0, here to 400, then 1 / x^2.
  const [pieces, to] = [400_000, 400];
  let sum = 0;
  for (let i = 0; i < pieces; i += 1) {
    const x = ((i + 0.5) * to) / pieces;
    sum += (eFromP(Math.exp(-x)) * Math.exp(-x) * to) / pieces;
  }
  assert.ok(Math.abs(sum + 1 / to - 1) < 1e-6, `${sum}`);
});

test('evidence from p falls as p grows, agrees with the formula, and is defined at both ends', () => {
  const formula = (x: number) => (1 - x + x * Math.log(x)) / (x * Math.log(x) ** 2);
  for (const x of [1e-9, 0.001, 0.05, 0.3, 0.9])
    assert.ok(Math.abs(eFromP(x) - formula(x)) <= 1e-9 * formula(x), `${x}`);
  assert.deepEqual([eFromP(1), eFromP(0), eFromP(Number.NaN)], [0.5, Number.POSITIVE_INFINITY, 0]);
  fc.assert(
    fc.property(p, p, (a, b) => {
      assert.ok(eFromP(Math.min(a, b)) >= eFromP(Math.max(a, b)) * (1 - 1e-9));
    }),
  );
});

test('a claim proven from some level on has that level as its p, never a smaller one', () => {
  for (const from of [1e-11, 0.000_3, 0.02, 0.5, 0.999]) {
    let asked = 0;
    const found = anytimeP((level) => {
      asked += 1;
      return level >= from;
    });
    assert.ok(found >= from && found <= from * (1 + 1e-8), `${found} for ${from}`);
    assert.ok(asked <= 50, `asked ${asked} times`);
  }
});

test('a claim never proven has p 1, one proven as far as is asked the least p', () => {
  assert.equal(
    anytimeP(() => false),
    1,
  );
  assert.equal(
    anytimeP(() => true),
    1e-12,
  );
});
