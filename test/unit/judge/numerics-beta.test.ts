/** The beta distribution's tails against other people's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import betainc from '@stdlib/math-base-special-betainc';
import fc from 'fast-check';
import { lnBetaCdf, lnBetaTail } from '../../../judge/numerics/beta.js';
import { lnBeta, lnGamma } from '../../../judge/numerics/gamma.js';
import { lnAddExp, lnSumExp } from '../../../judge/numerics/sums.js';
import { BETA_TAILS } from './numerics-beta-values.js';
import { near, nearLn } from './numerics-near.js';

const RUNS = { numRuns: 3_000, seed: 20_261_128 };
const between = (from: number, to: number) =>
  fc.double({ min: Math.log(from), max: Math.log(to), noNaN: true }).map(Math.exp);
/** A distance from the mean, in standard deviations. */
const far = (most: number) => fc.double({ min: -most, max: most, noNaN: true });

function at(a: number, b: number, z: number): number {
  const mean = a / (a + b);
  const x = mean + z * Math.sqrt((mean * (1 - mean)) / (a + b + 1));
  return x <= 0 ? mean / (1 - z) : x >= 1 ? 1 - (1 - mean) / (1 + z) : x;
}

test('both tails of the beta distribution agree with high precision, for parameters from 1e-3 to 1e7', () => {
  for (const [x, a, b, lnCdf, lnTail] of BETA_TAILS) {
    nearLn(lnBetaCdf(x, a, b), lnCdf, `lnBetaCdf(${x}, ${a}, ${b})`);
    nearLn(lnBetaTail(x, a, b), lnTail, `lnBetaTail(${x}, ${a}, ${b})`);
  }
});

// Above 1,000 stdlib 0.2.3 loses digits itself: 3e-13 at 1e4, 1e-11 at 1e6, 8e-10 at 1e7, by the table above.
test('both tails of the beta distribution agree with stdlib for parameters up to 1,000', () =>
  fc.assert(
    fc.property(between(1e-3, 1e3), between(1e-3, 1e3), far(30), (a, b, z) => {
      const x = at(a, b, z);
      if (x <= 0 || x >= 1) return;
      const [lower, upper] = [betainc(x, a, b, true, false), betainc(x, a, b, true, true)];
      if (lower > 1e-290)
        nearLn(lnBetaCdf(x, a, b), lower > 0.9 ? Math.log1p(-upper) : Math.log(lower), `${x} ${a} ${b}`);
      if (upper > 1e-290)
        nearLn(lnBetaTail(x, a, b), upper > 0.9 ? Math.log1p(-lower) : Math.log(upper), `${x} ${a} ${b}`);
    }),
    RUNS,
  ));

test('with one parameter 1 both tails are powers, up to 1e7', () =>
  fc.assert(
    fc.property(between(1e-3, 1e7), between(1e-6, 50), (a, depth) => {
      const x = Math.exp(-depth / a);
      if (x <= 0 || x >= 1) return;
      const ln = a * Math.log(x);
      near(lnBetaCdf(x, a, 1), ln, `lnBetaCdf(${x}, ${a}, 1)`);
      near(lnBetaTail(x, a, 1), Math.log(-Math.expm1(ln)), `lnBetaTail(${x}, ${a}, 1)`, 1e-12, 1e-9);
      const small = 1 - x;
      if (small <= 0) return;
      near(lnBetaTail(small, 1, a), a * Math.log1p(-small), `lnBetaTail(${small}, 1, ${a})`);
    }),
    RUNS,
  ));

test('at integers the tails are sums of binomial probabilities', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), between(1e-3, 0.999), (a, b, x) => {
      const n = a + b - 1;
      const term = (k: number) =>
        lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1) + k * Math.log(x) + (n - k) * Math.log1p(-x);
      const upper = lnSumExp(Array.from({ length: a }, (_, k) => term(k)));
      const lower = lnSumExp(Array.from({ length: b }, (_, k) => term(a + k)));
      if (lower < -0.5) nearLn(lnBetaCdf(x, a, b), lower, `lnBetaCdf(${x}, ${a}, ${b})`);
      if (upper < -0.5) nearLn(lnBetaTail(x, a, b), upper, `lnBetaTail(${x}, ${a}, ${b})`);
    }),
    RUNS,
  ));

test('one more success moves a density from one tail to the other, across every change of method', () =>
  fc.assert(
    fc.property(between(1e-3, 2e3), between(1e-3, 2e3), far(8), (a, b, z) => {
      const x = at(a, b, z);
      if (x <= 0 || x >= 1) return;
      const moved = a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - lnBeta(a, b);
      near(lnBetaCdf(x, a, b), lnAddExp(lnBetaCdf(x, a + 1, b), moved), `lnBetaCdf(${x}, ${a}, ${b})`, 1e-12, 1);
      near(lnBetaTail(x, a + 1, b), lnAddExp(lnBetaTail(x, a, b), moved), `lnBetaTail(${x}, ${a}, ${b})`, 1e-12, 1);
    }),
    RUNS,
  ));

test('seen from the other end the tails change places', () =>
  fc.assert(
    fc.property(between(1e-3, 1e7), between(1e-3, 1e7), fc.integer({ min: 1, max: 4095 }), (a, b, step) => {
      const x = step / 4096;
      nearLn(lnBetaCdf(x, a, b), lnBetaTail(1 - x, b, a), `lnBetaCdf(${x}, ${a}, ${b})`);
    }),
    RUNS,
  ));

test('outside the support the tails are whole or empty, and nonsense is not a number', () => {
  for (const x of [0, -1]) assert.deepEqual([lnBetaCdf(x, 2, 3), lnBetaTail(x, 2, 3)], [Number.NEGATIVE_INFINITY, 0]);
  for (const x of [1, 2]) assert.deepEqual([lnBetaCdf(x, 2, 3), lnBetaTail(x, 2, 3)], [0, Number.NEGATIVE_INFINITY]);
  for (const tail of [lnBetaCdf, lnBetaTail])
    for (const [x, a, b] of [
      [0.5, 0, 1],
      [0.5, 1, -1],
      [0.5, Number.NaN, 1],
      [Number.NaN, 1, 1],
    ] as const)
      assert.ok(Number.isNaN(tail(x, a, b)));
});
