/** Procedures against closed forms, direct integration and values known from elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asymptoticBounds, asymptoticHalfWidth } from '../../../judge/procedures/asymptotic.js';
import { addBernstein, bernsteinBounds, lnBernstein, noBernstein } from '../../../judge/procedures/bernstein.js';
import { gammaPoissonBounds, lnGammaPoisson } from '../../../judge/procedures/gamma-poisson.js';
import { jensenShannon, lnTwoSampleEvidence } from '../../../judge/procedures/two-sample.js';

const near = (found: number | null, expected: number, relative = 1e-9) =>
  assert.ok(
    found !== null && Math.abs(found - expected) <= relative * Math.max(1, Math.abs(expected)),
    `${found} is not ${expected}`,
  );

/** ln of the integral of exp(lnF), by Simpson's rule. */
function lnIntegral(lnF: (x: number) => number, from: number, to: number, pieces = 20_000): number {
  const step = (to - from) / pieces;
  const values = Array.from({ length: pieces + 1 }, (_, i) => lnF(from + i * step));
  const largest = values.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (const [i, value] of values.entries()) {
    const weight = i === 0 || i === pieces ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(value - largest);
  }
  return largest + Math.log((sum * step) / 3);
}

test('the mixture of Poisson likelihoods is what integrating over the prior gives', () => {
  for (const [events, exposure, rate, scale] of [
    [0, 4, 0.3, 1],
    [3, 10, 0.5, 0.2],
    [2.5, 7.25, 1.5, 1],
    [40, 90, 0.3, 2],
  ] as const) {
    const prior = 1 / (2 * scale);
    // Rate = s^2 takes the pole at zero out of the density sqrt(prior / (pi rate)) exp(-prior rate).
    const integrated = lnIntegral(
      (s) =>
        Math.log(2 * Math.sqrt(prior / Math.PI)) -
        prior * s * s +
        (events > 0 ? events * Math.log((s * s) / rate) : 0) -
        (s * s - rate) * exposure,
      events > 0 ? 1e-9 : 0,
      8,
    );
    near(lnGammaPoisson(events, exposure, rate, scale), integrated);
  }
});

test('bounds of a rate are where ln M reaches ln(1/level), on both sides of what was seen', () => {
  for (const [events, exposure, scale] of [
    [7, 300, 0.01],
    [0.4, 5, 1],
    [1e6, 1e6, 1],
    [12, 1e-3, 1e4],
  ] as const) {
    const { lower, upper } = gammaPoissonBounds(events, exposure, 0.01, scale);
    near(lnGammaPoisson(events, exposure, lower, scale), Math.log(100), 1e-8);
    near(lnGammaPoisson(events, exposure, upper, scale), Math.log(100), 1e-8);
    assert.ok(lower < events / exposure && events / exposure < upper);
  }
});

test('without events the upper bound is ln(1/level), and what the prior costs, over the exposure', () => {
  near(gammaPoissonBounds(0, 10, 0.05).upper, (Math.log(20) + Math.log(21) / 2) / 10);
  assert.equal(gammaPoissonBounds(0, 10, 0.05).lower, 0);
});

test('the gamma-exponential mixture is what integrating over the prior gives, also where its gamma function ends', () => {
  const k = 6;
  const lnPrior = (u: number) => (k - 1) * Math.log(u) - k * u;
  const lnPriorMass = lnIntegral(lnPrior, 1e-9, 1);
  for (const [s, v] of [
    [10, 25],
    [0, 40],
    [55, 12],
    [-12, 6],
    [-30, 2],
    [-200, 3],
  ] as const) {
    const integrated = lnIntegral((u) => lnPrior(u) + (1 - u) * (s + v) + v * Math.log(u), 1e-9, 1) - lnPriorMass;
    near(lnBernstein(s, v, 10 * k), integrated);
  }
});

test('it is continuous where the sum of both reaches minus k, and agrees with the values published with confseq', () => {
  near(lnBernstein(-8 + 1e-9, 2), lnBernstein(-8 - 1e-9, 2), 1e-8);
  near(lnBernstein(-8, 2), lnBernstein(-8 - 1e-9, 2), 1e-8);
  // Its test: planned 100, level 0.05, scale 2, s = 10, v = 100; here in units of that scale.
  const rho = 100 / (2 * Math.log(10) + Math.log(1 + 2 * Math.log(10)));
  near(lnBernstein(10 / 2, 100 / 4, (10 * rho) / 4), -0.2490165, 1e-6);
  near(lnBernstein(33.02017 / 2, 100 / 4, (10 * rho) / 4), Math.log(20), 1e-5);
});

test('bounds of scores are where ln M reaches ln(1/level), as far above the mean as below', () => {
  const sums = { n: 400, sum: 180, v: 21 };
  const { lower, upper } = bernsteinBounds(sums, 0.01);
  near(lnBernstein(180 - 400 * lower, 21), Math.log(100));
  near(lnBernstein(400 * upper - 180, 21), Math.log(100));
});

test('scores are measured from the mean of the windows before, the first from one half', () => {
  const sums = noBernstein();
  addBernstein(sums, { n: 2, sum: 0.2 + 0.6, sumSq: 0.04 + 0.36 });
  near(sums.v, 0.3 ** 2 + 0.1 ** 2);
  addBernstein(sums, { n: 1, sum: 1, sumSq: 1 });
  near(sums.v, 0.1 + 0.6 ** 2);
  assert.deepEqual([sums.n, sums.sum], [3, 1.8]);
});

test('the asymptotic boundary is the closed form of the one-sided normal mixture, a little outside the exact one', () => {
  // confseq's test of the exact mixture: planned 100, level 0.05, at n = 100 the sum may reach 27.66071.
  const half = asymptoticHalfWidth({ n: 100, variance: 1, planned: 100, level: 0.05 });
  assert.ok(half > 0.2766071 && half < 1.01 * 0.2766071, `${half}`);
  near(asymptoticHalfWidth({ n: 100, variance: 4, planned: 100, level: 0.05 }), 2 * half);
  const { lower, upper } = asymptoticBounds(3, { n: 100, variance: 1, planned: 100, level: 0.05 });
  near(lower, 3 - half);
  near(upper, 3 + half);
});

test('evidence of two samples is what predicting each draw from those before it gives', () => {
  const [a, b] = [
    [3, 0, 2],
    [1, 4, 0],
  ] as const;
  // Krichevsky-Trofimov: the next draw is i with chance (n_i + 1/2) / (n + B/2), whatever the order.
  const predicted = (counts: readonly number[]) => {
    const seen = counts.map(() => 0);
    let [ln, n] = [0, 0];
    for (const [i, count] of counts.entries())
      for (let draw = 0; draw < count; draw += 1) {
        ln += Math.log(((seen[i] ?? 0) + 0.5) / (n + counts.length / 2));
        seen[i] = (seen[i] ?? 0) + 1;
        n += 1;
      }
    return ln;
  };
  const pooled = 4 * Math.log(0.4) + 4 * Math.log(0.4) + 2 * Math.log(0.2);
  near(lnTwoSampleEvidence(a, b), predicted(a) + predicted(b) - pooled);
});

test('distances of distributions: alike 0, nothing in common 1, else as computed by hand', () => {
  assert.equal(jensenShannon([2, 2], [300, 300]), 0);
  assert.equal(jensenShannon([5, 0], [0, 1]), 1);
  const [p, q] = [
    [0.5, 0.5],
    [0.9, 0.1],
  ] as const;
  const entropy = (shares: readonly number[]) => -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
  near(jensenShannon(p, q), Math.sqrt(entropy([0.7, 0.3]) - (entropy(p) + entropy(q)) / 2));
});
