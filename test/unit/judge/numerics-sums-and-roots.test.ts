/** Sums of numbers known by their logarithms, and roots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { brent } from '../../../judge/numerics/root.js';
import { log1mExp, lnAddExp, lnMeanExp, lnSumExp } from '../../../judge/numerics/sums.js';
import { near } from './numerics-near.js';

const RUNS = { numRuns: 2_000, seed: 20_261_128 };
const NEVER = Number.NEGATIVE_INFINITY;
const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });

test('sums of exponentials agree with plain ones wherever plain ones exist', () =>
  fc.assert(
    fc.property(fc.array(finite(-30, 30), { minLength: 1, maxLength: 12 }), finite(0.1, 2), (values, scale) => {
      const plain = values.reduce((sum, x) => sum + Math.exp(x), 0);
      near(lnSumExp(values), Math.log(plain), 'lnSumExp', 1e-12, 1);
      const mean = values.reduce((sum, x) => sum + Math.exp(scale * x), 0) / values.length;
      near(lnMeanExp(values, scale), Math.log(mean), 'lnMeanExp', 1e-12, 1);
      const [a = 0, b = a] = values;
      near(lnAddExp(a, b), Math.log(Math.exp(a) + Math.exp(b)), 'lnAddExp', 1e-12, 1);
    }),
    RUNS,
  ));

test('sums of exponentials survive numbers whose exponential does not', () => {
  near(lnSumExp([5_000, 5_000 + Math.LN2]), 5_000 + Math.log(3));
  near(lnSumExp([-5_000, -5_000]), -5_000 + Math.LN2);
  near(lnMeanExp([2_000, 2_000], 1), 2_000);
  near(lnMeanExp([-2_000, -2_000], 0.5), -1_000);
  near(lnAddExp(-3_000, -3_000), -3_000 + Math.LN2);
});

test('a small addition to one is kept', () => {
  near(lnSumExp([-60, 0, -60]), 2 * Math.exp(-60));
  near(lnAddExp(-100, 0), Math.exp(-100));
});

test('what never happens adds nothing, and what is not a number shows', () => {
  assert.equal(lnSumExp([]), NEVER);
  assert.equal(lnSumExp([NEVER, NEVER]), NEVER);
  assert.equal(lnSumExp([NEVER, 3]), 3);
  assert.equal(lnMeanExp([NEVER, NEVER], 0.5), NEVER);
  near(lnMeanExp([NEVER, 3], 1), 3 - Math.LN2);
  assert.equal(lnAddExp(NEVER, NEVER), NEVER);
  assert.equal(lnAddExp(NEVER, -2), -2);
  assert.equal(lnSumExp([0, Number.POSITIVE_INFINITY]), Number.POSITIVE_INFINITY);
  for (const sum of [
    lnSumExp([0, Number.NaN]),
    lnMeanExp([Number.NaN, 0], 1),
    lnMeanExp([], 1),
    lnAddExp(0, Number.NaN),
  ])
    assert.ok(Number.isNaN(sum));
});

/** Python's mpmath at 50 digits, rounded once. */
const LN_COMPLEMENTS: [x: number, value: number][] = [
  [-1e-300, -690.7755278982137],
  [-1e-20, -46.051701859880914],
  [-1e-5, -11.512930464966061],
  [-0.6931, -0.6931943633460008],
  [-0.6932, -0.6930943639096365],
  [-1, -0.4586751453870819],
  [-5, -0.006760749449488557],
  [-40, -4.248354255291589e-18],
];

test('the ln of a complement keeps its digits at both ends', () => {
  for (const [x, value] of LN_COMPLEMENTS) near(log1mExp(x), value, `log1mExp(${x})`);
  assert.equal(log1mExp(0), NEVER);
  assert.equal(log1mExp(NEVER) + 0, 0);
  assert.ok(Number.isNaN(log1mExp(1)));
});

/** Brent's method on `f`, with the number of times `f` was asked. */
function asked(f: (x: number) => number, lower: number, upper: number, tolerance?: number) {
  let calls = 0;
  const counted = (x: number) => {
    calls += 1;
    return f(x);
  };
  return { root: brent(counted, lower, upper, tolerance), calls: () => calls };
}

test('a smooth function gives its root to the last digits in a dozen questions', () => {
  const { root, calls } = asked((x) => Math.cos(x) - x, 0, 1);
  near(root ?? Number.NaN, 0.7390851332151607, 'cos x = x', 4e-16);
  assert.ok(calls() <= 12, `${calls()} questions`);
  near(brent((x) => Math.exp(x) - 1e-8, -1e3, 5) ?? Number.NaN, Math.log(1e-8), 'steep on one side only', 1e-15);
});

test('a root is found wherever it lies, whichever way the function runs, however flat or steep it is', () =>
  fc.assert(
    fc.property(
      finite(-50, 50),
      finite(1e-3, 60),
      finite(1e-3, 60),
      fc.constantFrom(1, 3, 5),
      fc.boolean(),
      (at, below, above, power, up) => {
        const f = (x: number) => (up ? 1 : -1) * (x - at) ** power * (1 + (x - at) ** 2);
        const { root, calls } = asked(f, at - below, at + above, 1e-9);
        assert.ok(root !== null && Math.abs(root - at) <= 1e-9, `${root} is not ${at}`);
        assert.ok(calls() < 200, `${calls()} questions`);
      },
    ),
    RUNS,
  ));

test('ends may stand in either order, be roots themselves, or be infinite in value', () => {
  near(brent((x) => x ** 2 - 2, 2, 0) ?? Number.NaN, Math.SQRT2, 'reversed', 1e-15);
  assert.equal(
    brent((x) => x, 0, 1),
    0,
  );
  assert.equal(
    brent((x) => x - 1, 0, 1),
    1,
  );
  near(brent((p) => Math.log(p) - Math.log1p(-p), 0, 1) ?? Number.NaN, 0.5, 'ln odds', 1e-15);
  near(brent((x) => Math.log(x) + 700, 0, 1e6) ?? Number.NaN, Math.exp(-700), 'small root of a wide bracket', 1e-12);
});

test('without a change of sign there is no root, nor where the function is not a number', () => {
  assert.equal(
    brent((x) => x ** 2 + 1, -1, 1),
    null,
  );
  assert.equal(
    brent(() => -1, 0, 5),
    null,
  );
  assert.equal(
    brent((x) => (x > 0.2 && x < 0.8 ? Number.NaN : x - 0.5), 0, 1),
    null,
  );
  assert.equal(
    brent(() => Number.NaN, 0, 1),
    null,
  );
});

test('a jump over zero ends the search instead of going on for ever', () => {
  const { root, calls } = asked((x) => (x < 1 / 3 ? -1 : 1), 0, 1);
  near(root ?? Number.NaN, 1 / 3, 'jump', 1e-15);
  assert.ok(calls() < 200, `${calls()} questions`);
});

test('a coarser answer costs fewer questions', () => {
  const f = (x: number) => x ** 9 - 0.3;
  const [fine, coarse] = [asked(f, 0, 1), asked(f, 0, 1, 0.01)];
  assert.ok(coarse.calls() < fine.calls());
  assert.ok(Math.abs((coarse.root ?? 0) - 0.3 ** (1 / 9)) <= 0.01);
});
