/** Bounds and special functions against values known from elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { betaBinomialBounds } from '../../../judge/procedures/beta-binomial.js';
import { lnBeta, lnGamma } from '../../../judge/numerics/gamma.js';
import { normalUpperQuantile } from '../../../judge/numerics/normal.js';
import { lnMeanExp } from '../../../judge/numerics/sums.js';
import { Bench, both, gate, one, plan, quantile, window } from './world.js';

const near = (found: number, expected: number, relative = 1e-12) =>
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${found} is not ${expected}`);

test('ln gamma and ln beta agree with exact values from 1e-3 to 1e6', () => {
  near(lnGamma(0.5), Math.log(Math.sqrt(Math.PI)));
  near(lnGamma(0.001), 6.907178885383853);
  near(lnGamma(11), Math.log(3_628_800));
  near(lnGamma(1e6), 12_815_504.569147611);
  near(lnBeta(0.5, 0.5), Math.log(Math.PI));
  near(lnBeta(3, 4), Math.log(1 / 60));
});

test('normal quantiles agree with tables in the middle and far out', () => {
  near(normalUpperQuantile(0.025), 1.959963984540054);
  near(normalUpperQuantile(0.001), 3.090232306167813);
  near(normalUpperQuantile(1e-6), 4.753424308822899);
  assert.equal(normalUpperQuantile(0.5), 0);
});

test('the mean of exponentials survives numbers whose exponential does not', () => {
  near(lnMeanExp([2_000, 2_000], 1), 2_000);
  near(lnMeanExp([-2_000, -2_000], 0.5), -1_000);
});

test('beta-binomial bounds are where ln M(p) reaches ln(1/level), on both sides', () => {
  const [events, units, level] = [7, 300, 0.01];
  const { lower, upper } = betaBinomialBounds(events, units, level);
  const lnM = (p: number) =>
    lnBeta(events + 0.5, units - events + 0.5) -
    lnBeta(0.5, 0.5) -
    events * Math.log(p) -
    (units - events) * Math.log1p(-p);
  near(lnM(lower), -Math.log(level), 1e-8);
  near(lnM(upper), -Math.log(level), 1e-8);
  assert.ok(lower < events / units && events / units < upper);
});

test('no units mean no bound, no events no lower bound, only events no upper bound', () => {
  assert.deepEqual(betaBinomialBounds(0, 0, 0.05), { lower: 0, upper: 1 });
  assert.equal(betaBinomialBounds(0, 50, 0.05).lower, 0);
  assert.equal(betaBinomialBounds(50, 50, 0.05).upper, 1);
});

test('with no error in either arm, 0.5pp is proven in about 16 s at 400/s and 25 % share', () => {
  const bench = new Bench(one({ promoteWhen: { provenWithin: '0.5pp' } }));
  for (let i = 0; i < 60; i += 1)
    bench.judge.update(bench.state, window(i, both([300, 3], [0, 0]), { phase: 'baseline', share: 0 }));
  bench.open({ share: 0.25 });
  let seconds = 0;
  while (bench.verdict().verdict !== 'pass' && seconds < 60) {
    bench.show(both([300, 0], [100, 0]), 1, { share: 0.25 });
    seconds += 1;
  }
  assert.ok(seconds >= 15 && seconds <= 17, `took ${seconds} s`);
});

test('without a record the same proof waits until ten windows have shown how they scatter, and says so', () => {
  const bench = new Bench(one({ promoteWhen: { provenWithin: '0.5pp' } })).open({ share: 0.25 });
  bench.show(both([2_400, 0], [800, 0]), 3, { share: 0.25 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.deepEqual(bench.gate().dispersion, { factor: 2, assumed: true });
  assert.match(bench.gate().sentence, /dispersion factor 2 assumed/);
});

test('a p99 below the edge is proven by 680 requests with none above, not by 670', () => {
  const { upper } = betaBinomialBounds(0, 680, 0.05);
  assert.ok(upper <= 0.01 && betaBinomialBounds(0, 670, 0.05).upper > 0.01);
  const slow = plan(
    { latency: quantile() },
    { latency: gate({ metric: 'latency', promoteWhen: { provenBelow: '50ms' } }) },
  );
  const bench = new Bench(slow).open({ gates: ['latency'], share: 0 });
  const payload = {
    kind: 'quantile' as const,
    n: 67,
    buckets: [
      [10, 60],
      [50, 67],
      [null, 67],
    ] as [number | null, number][],
  };
  const observation = {
    kind: 'value' as const,
    cells: [{ arm: 'candidate' as const, via: 'cohort:staff' as const, slice: null, payload }],
  };
  bench.show(observation, 10, { metric: 'latency', share: 0 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  bench.show(observation, 1, { metric: 'latency', share: 0 });
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});
