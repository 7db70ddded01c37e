/** The normal distribution, its quantiles and the chi-square tail against other people's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import logcdf from '@stdlib/stats-base-dists-normal-logcdf';
import quantile from '@stdlib/stats-base-dists-normal-quantile';
import fc from 'fast-check';
import {
  chiSquareTail,
  lnNormalCdf,
  normalCdf,
  normalQuantile,
  normalUpperQuantile,
} from '../../../judge/numerics/normal.js';
import { logGrid, near } from './numerics-near.js';

const RUNS = { numRuns: 5_000, seed: 20_261_128 };

/** Python's mpmath at 50 digits, rounded once: ln(erfc(-z / sqrt 2) / 2), above 0 as ln(1 - erfc(z / sqrt 2) / 2). */
const LN_CDF: [z: number, value: number][] = [
  [-1e8, -5_000_000_000_000_019],
  [-1_000, -500_007.82669481216],
  [-100, -5_005.524208694205],
  [-40, -804.6084420137538],
  [-37.5, -707.6689893175072],
  [-8, -35.01343715991455],
  [-5.7, -18.933112423224742],
  [-5.6, -18.35137949590933],
  [-1, -1.8410216450092636],
  [-0.7, -1.4189677615315315],
  [-0.6, -1.293703811614028],
  [0, -Math.LN2],
  [0.5, -0.3689464152886564],
  [3, -0.0013508099647481938],
  [8, -6.220960574271786e-16],
  [20, -2.7536241186062337e-89],
  [37, -5.725571222524577e-300],
];
/** mpmath at 50 digits: the root in z of erfc(z / sqrt 2) / 2 = tail. */
const UPPER: [tail: number, z: number][] = [
  [0.1, 1.2815515655446004],
  [1e-3, 3.0902323061678136],
  [1e-5, 4.264890793922825],
  [1e-10, 6.361340902404057],
  [1e-15, 7.941345326170997],
  [1e-20, 9.262340089798407],
  [1e-50, 14.933337534788489],
  [1e-100, 21.273453560965326],
  [1e-200, 30.20559417957964],
  [1e-300, 37.0470962993612],
];

test('ln of the normal distribution keeps its digits beside zero and forty deviations below', () => {
  for (const [z, value] of LN_CDF) near(lnNormalCdf(z), value, `lnNormalCdf(${z})`);
  assert.equal(lnNormalCdf(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
  assert.equal(lnNormalCdf(Number.POSITIVE_INFINITY) + 0, 0);
  assert.ok(Number.isNaN(lnNormalCdf(Number.NaN)));
});

test('ln of the normal distribution agrees with stdlib from -45 to 37, on a dense grid', () => {
  for (let i = -45_000; i <= 37_000; i += 7) near(lnNormalCdf(i / 1_000), logcdf(i / 1_000, 0, 1), `z = ${i / 1_000}`);
});

test('the normal distribution is the exponential of its logarithm, and symmetric', () =>
  fc.assert(
    fc.property(fc.double({ min: -37, max: 8, noNaN: true }), (z) => {
      near(normalCdf(z), Math.exp(lnNormalCdf(z)), `normalCdf(${z})`);
      near(normalCdf(z) + normalCdf(-z), 1, `both sides of ${z}`, 1e-15);
    }),
    RUNS,
  ));

test('upper quantiles agree with high precision down to tails of 1e-300', () => {
  for (const [tail, z] of UPPER) {
    near(normalUpperQuantile(tail), z, `normalUpperQuantile(${tail})`);
    near(normalQuantile(tail), -z, `normalQuantile(${tail})`);
  }
});

// The slope of ln of the tail is about z: 1e-12 in it is better than 1e-12 relative in z everywhere.
test('a tail of the quantile is the tail asked for, down to 1e-300', () => {
  for (const tail of logGrid(1e-300, 0.5, 20_000)) {
    const z = normalUpperQuantile(tail);
    assert.ok(Math.abs(lnNormalCdf(-z) - Math.log(tail)) <= 1e-12, `tail ${tail}: ${z}`);
  }
});

// Further out stdlib 0.3.1 loses digits itself, by the table above: 5e-14 at 1e-5, 2e-9 at 1e-10, infinite at 1e-20.
test('quantiles agree with stdlib in the body, on both sides', () =>
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1 - 1e-4, noNaN: true }), (p) =>
      near(normalQuantile(p), quantile(p, 0, 1), `normalQuantile(${p})`),
    ),
    RUNS,
  ));

test('quantiles are infinite at the ends, zero in the middle and not a number outside', () => {
  assert.deepEqual([0, 1].map(normalQuantile), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assert.equal(normalQuantile(0.5), 0);
  assert.equal(normalUpperQuantile(0), Number.POSITIVE_INFINITY);
  near(normalUpperQuantile(0.975), -1.959963984540054, 'beyond the middle');
  for (const p of [-0.1, 1.1, Number.NaN])
    assert.ok(Number.isNaN(normalQuantile(p)) && Number.isNaN(normalUpperQuantile(p)));
});

test('a chi-square tail is an exponential with two degrees of freedom, a normal one with one', () => {
  for (const x of logGrid(1e-6, 1_300, 500)) {
    near(chiSquareTail(x, 2), Math.exp(-x / 2), `chiSquareTail(${x}, 2)`);
    near(chiSquareTail(x, 1), 2 * normalCdf(-Math.sqrt(x)), `chiSquareTail(${x}, 1)`);
  }
  near(chiSquareTail(0, 3), 1, 'nothing seen');
});
