/** What is assumed of windows and users must be measured before the stage, or assumed on the safe side, and said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrate, freeze, noCalibration } from '../../../judge/calibration.js';
import { armDispersion, ratioDispersion } from '../../../judge/means/dispersion.js';
import { rateMoments } from '../../../judge/kinds/rate.js';
import { type Evidence, addJoint, addScattered } from '../../../judge/means/evidence.js';
import { Bench, both, burst, cell, one, poisson, rate, seeded, window } from './world.js';

const counts = (units: number, events: number) => ({ units, events, moments: [] });

function recorded(windows: number, rates: (look: number) => number) {
  const calibration = noCalibration();
  for (let i = 0; i < windows; i += 1) calibrate(calibration, rate(), [cell('baseline', [1_000, rates(i)])]);
  freeze(calibration, rate());
  return calibration.frozen;
}

test('sixty recorded windows make a yardstick, fifty-nine do not', () => {
  assert.equal(recorded(59, () => 10).factor, null);
  assert.equal(recorded(60, () => 10).factor, 1);
});

test('a recorded burst shows in the factor, steady chance does not', () => {
  const random = seeded(3);
  const steady = recorded(600, () => poisson(random, 10)).factor ?? 0;
  const bursty = recorded(600, () => poisson(random, 10 * burst(random, 0.8))).factor ?? 0;
  assert.ok(steady < 1.25, `${steady}`);
  assert.ok(bursty > 4, `${bursty}`);
});

test('windows that hang together are merged, independent ones are not', () => {
  const random = seeded(5);
  assert.equal(recorded(2_000, () => poisson(random, 30)).merge, 1);
  let mood = 20;
  const moody = recorded(4_000, () => {
    if (random() < 0.1) mood = 60 - mood;
    return poisson(random, mood);
  });
  assert.ok(moody.merge >= 4, `${moody.merge}`);
});

test('what is seen during a stage does not move the yardsticks of that stage', () => {
  const bench = new Bench(one({ promoteWhen: { provenWithin: '25%' } })).open().show(both([1_000, 9], [1_000, 9]), 90);
  const frozen = () =>
    (bench.state as unknown as { metrics: { errors: { calibration: { frozen: { factor: number | null } } } } }).metrics
      .errors.calibration.frozen.factor;
  assert.equal(frozen(), null);
  bench.open({ stage: 'general' });
  assert.equal(frozen(), 1);
});

test('scatter within one share counts as dispersion, a change of rate between shares does not', () => {
  const evidence: Evidence = [];
  for (let i = 0; i < 30; i += 1)
    addScattered(evidence, 0.25, {
      control: counts(900, 9 + (i % 3)),
      treated: counts(300, 3 + (i % 2)),
    });
  for (let i = 0; i < 30; i += 1)
    addScattered(evidence, 0.5, { control: counts(600, 60), treated: counts(600, 60 + (i % 4)) });
  assert.deepEqual(armDispersion(rateMoments, evidence, 'treated', null), { factor: 1, assumed: false });
  const bursts: Evidence = [];
  for (let i = 0; i < 30; i += 1)
    addScattered(bursts, 0.5, { control: counts(600, 6), treated: counts(600, i % 5 ? 0 : 60) });
  assert.ok(armDispersion(rateMoments, bursts, 'treated', null).factor > 20);
});

test('the ratio grid keeps silent before ten windows, for dispersion cannot be told', () => {
  const evidence: Evidence = [];
  const window = { control: counts(500, 5), treated: counts(500, 6) };
  for (let i = 0; i < 9; i += 1) addJoint(evidence, 0.5, window);
  assert.equal(ratioDispersion(evidence), Number.POSITIVE_INFINITY);
  addJoint(evidence, 0.5, window);
  assert.equal(ratioDispersion(evidence), 1);
});

test('a fast lane that could not tell, because its ratio would exceed every rate, stays off', () => {
  const fast = { promoteWhen: { provenWithin: '60pp' }, fastLane: { ratio: 3, share: 0.25 } };
  const bench = new Bench(one(fast)).open().show(both([1_000, 360], [1_000, 999]), 40);
  assert.notEqual(bench.verdict().verdict, 'fail');
});

test('the fast lane finds a disaster that the margin would tolerate, and says so', () => {
  const fast = { promoteWhen: { provenWithin: '5pp' }, fastLane: { ratio: 1.5, share: 0.25 } };
  const bench = new Bench(one(fast)).open().show(both([1_000, 5], [1_000, 30]), 10);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.equal(bench.gate().lane, 'fast');
  assert.match(
    bench.gate().sentence,
    /proven more than 1\.5 times as bad as the baseline \(3 % against 0\.5 %, fast lane\)/,
  );
});

for (const [unit, spec] of [
  ['relative', { rollbackWhen: { provenWorseBy: '0%' }, promoteWhen: { provenWithin: '25%' } }],
  ['in points', { rollbackWhen: { provenWorseBy: '0pp' }, promoteWhen: { provenWithin: '1pp' } }],
] as const)
  test(`the offset that sticky users put between equal arms rolls nothing back (${unit})`, () => {
    const random = seeded(11);
    const show = (metric: Parameters<typeof one>[1]) => {
      let failed = 0;
      for (let rollout = 0; rollout < 40; rollout += 1) {
        // Two arms of 500 users, CV 1 both of rate and of activity: sd of ln ratio 0.09.
        const [offset, bench] = [burst(random, 0.09), new Bench(one(spec, metric)).open()];
        for (let look = 0; look < 300; look += 1)
          bench.show(both([3_000, poisson(random, 300)], [3_000, poisson(random, 300 * offset)]));
        if (bench.verdict().verdict === 'fail') failed += 1;
      }
      return failed;
    };
    assert.ok(show({ unit: 'request' }) > 8, 'as requests, the offset is taken for harm');
    assert.ok(show({ unit: 'user', users: 1_000 }) <= 2);
  });

test('recorded baseline windows calibrate and are never judged', () => {
  const bench = new Bench(one({ rollbackWhen: { provenAbove: '1%' }, promoteWhen: { provenBelow: '1%' } }));
  for (let i = 0; i < 70; i += 1)
    bench.judge.update(bench.state, window(i, both([500, 400], [500, 400]), { phase: 'baseline' }));
  bench.open();
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.gate().units.candidate, 0);
});
