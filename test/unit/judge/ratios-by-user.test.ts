/** Cost per interaction, by user: few users spend most of it, and keep to their arm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import type { GateSpec, Plan, RatioMetric } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import type { Payload } from '../../../workflows/contract/windows.js';
import {
  Bench,
  type Random,
  arms,
  judging,
  mostOf,
  normal,
  poisson,
  ratio,
  seeded,
  step,
  summed,
  window,
} from './world.js';

const RELATIVE: Partial<GateSpec> = { rollbackWhen: { provenWorseBy: '5%' }, promoteWhen: { provenWithin: '25%' } };
const ABSOLUTE: Partial<GateSpec> = {
  rollbackWhen: { provenWorseBy: '0.05abs' },
  promoteWhen: { provenWithin: '0.25abs' },
};

/** Ten users a window with one to three interactions each, at `cost` apiece, cheaper and dearer ones in turn. */
function users(cost: number, look = 0): Payload {
  const swing = [0.98, 1.02, 1.01, 0.99][look % 4] ?? 1;
  return summed(
    Array.from({ length: 10 }, (_, i) => {
      const interactions = 1 + (i % 3);
      return [cost * swing * interactions * (i % 2 === 0 ? 0.8 : 1.2), interactions] as const;
    }),
  );
}

interface Case {
  what: string;
  better?: RatioMetric['better'];
  spec: Partial<GateSpec>;
  cost: [baseline: number, candidate: number];
  verdict: VerdictKind;
  estimate: number;
}

const CASES: Case[] = [
  { what: 'a third dearer, relative', spec: RELATIVE, cost: [3, 4], verdict: 'fail', estimate: 1 / 3 },
  { what: 'a quarter cheaper, relative', spec: RELATIVE, cost: [4, 3], verdict: 'pass', estimate: -0.25 },
  { what: 'dearer by one, in its own unit', spec: ABSOLUTE, cost: [3, 4], verdict: 'fail', estimate: 1 },
  { what: 'as dear, in its own unit', spec: ABSOLUTE, cost: [3, 3], verdict: 'pass', estimate: 0 },
  {
    what: 'a third less revenue, where more is better',
    better: 'higher',
    spec: RELATIVE,
    cost: [3, 2],
    verdict: 'fail',
    estimate: 1 / 3,
  },
  {
    what: 'no revenue at all, where more is better',
    better: 'higher',
    spec: RELATIVE,
    cost: [3, 0],
    verdict: 'fail',
    estimate: 1,
  },
  {
    what: 'above a limit of its own, though cheaper than the baseline',
    spec: { rollbackWhen: { provenAbove: '2abs' }, promoteWhen: { provenBelow: '2abs' } },
    cost: [4, 3],
    verdict: 'fail',
    estimate: 3,
  },
];

for (const { what, better = 'lower', spec, cost, verdict, estimate } of CASES)
  test(`${what}: ${verdict}`, () => {
    const bench = new Bench(judging(ratio({ better }), spec)).open();
    for (let look = 0; look < 80; look += 1) bench.show(arms(users(cost[0], look + 1), users(cost[1], look)));
    const found = bench.gate();
    assert.equal(found.verdict, verdict, found.sentence);
    assert.ok(found.estimate !== null && Math.abs(found.estimate - estimate) < 0.05, `estimate ${found.estimate}`);
    if (process.env['SHOW']) console.log(found.lane, found.sentence);
  });

test('nothing recorded: a factor of two is assumed for windows that may hang together, and said', () => {
  const bench = new Bench(judging(ratio(), RELATIVE)).open();
  for (let look = 0; look < 60; look += 1) bench.show(arms(users(3, look + 1), users(3, look)));
  assert.deepEqual(bench.gate().dispersion, { factor: 2, assumed: true });
  assert.ok(bench.gate().reasons.includes('dispersionAssumed'));
  assert.match(bench.gate().sentence, /dispersion factor 2 assumed/);
});

test('fewer than thirty windows prove nothing, whatever they show', () => {
  for (const spec of [RELATIVE, ABSOLUTE]) {
    const bench = new Bench(judging(ratio(), spec)).open();
    for (let look = 0; look < 29; look += 1) bench.show(arms(users(3, look + 1), users(30, look)));
    assert.equal(bench.verdict().verdict, 'inconclusive');
  }
});

test('a baseline that may be nought has no fraction: a relative margin is refused and says how to write it', () => {
  const balance = (look: number, at: number) =>
    summed(Array.from({ length: 10 }, (_, i) => [at + ((i + look) % 2 === 0 ? 9 : -9) + (look % 3) - 1, 1] as const));
  const bench = new Bench(judging(ratio(), RELATIVE)).open();
  for (let look = 0; look < 29; look += 1) bench.show(arms(balance(look, 0), balance(look + 1, 9)));
  assert.ok(!bench.gate().reasons.includes('controlNearZero'), 'not before it can be told');
  for (let look = 29; look < 90; look += 1) bench.show(arms(balance(look, 0), balance(look + 1, 9)));
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('controlNearZero'), bench.gate().reasons.join());
  assert.match(bench.gate().sentence, /write the margin in the metric's own unit/);
});

/** Of the record, a window of `users` costs 3 an interaction, give or take. */
function recorded(bench: Bench): Bench {
  for (let i = 0; i < 60; i += 1)
    bench.judge.update(bench.state, window(i, arms(users(3, i), summed([])), { phase: 'baseline', share: 0 }));
  return bench.open();
}

test('one absurd window is cut, in either arm, and said; it does not decide and does not withhold the pass', () => {
  const whale = summed([...Array.from({ length: 9 }, () => [6, 2] as const), [1e6, 2]]);
  for (const [baseline, candidate] of [
    [users(3), whale],
    [whale, users(3)],
  ] as const) {
    const bench = recorded(new Bench(judging(ratio(), RELATIVE)));
    for (let look = 0; look < 60; look += 1) bench.show(arms(users(3, look + 1), users(3, look)));
    bench.show(arms(baseline, candidate));
    for (let look = 0; look < 60; look += 1) bench.show(arms(users(3, look + 1), users(3, look)));
    assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
    assert.ok(bench.gate().reasons.includes('winsorised'));
    assert.match(bench.gate().sentence, /extreme windows cut at a limit fixed before the stage/);
  }
});

test('the limit is fixed before the stage: nothing recorded, nothing is cut', () => {
  const bench = new Bench(judging(ratio(), RELATIVE)).open();
  for (let look = 0; look < 60; look += 1) bench.show(arms(users(3, look + 1), users(look === 9 ? 900 : 3, look)));
  assert.ok(!bench.gate().reasons.includes('winsorised'));
});

test('a candidate always beyond the limit is no freak: the harm is proven, and no wide margin lets it pass', () => {
  const wide: Partial<GateSpec> = { promoteWhen: { provenWithin: '900%' } };
  const failing = recorded(new Bench(judging(ratio(), RELATIVE)));
  const passing = recorded(new Bench(judging(ratio(), wide)));
  for (let look = 0; look < 80; look += 1)
    for (const bench of [failing, passing]) bench.show(arms(users(3, look + 1), users(300, look)));
  assert.equal(failing.verdict().verdict, 'fail');
  assert.equal(passing.verdict().verdict, 'inconclusive');
  assert.ok(passing.gate().reasons.includes('cutTooOften'), passing.gate().reasons.join());
});

const SIGMA = 1.5;
/** Lognormal of mean one: a thousandth of the users spends a tenth of it all. */
const spent = (random: Random): number => Math.exp(SIGMA * normal(random) - (SIGMA * SIGMA) / 2);

interface Stream {
  /** Candidate's cost over the baseline's. */
  ratio: number;
  share: number;
  /** Users met in a window by both arms together. */
  met: number;
  /** All users there are, who keep to their arm and their ways; null: always new ones. */
  sticky: number | null;
  recorded: number;
}
const STREAM: Stream = { ratio: 1, share: 0.5, met: 60, sticky: null, recorded: 60 };

type Draw = (arm: 'baseline' | 'candidate') => Payload;

function drawer(random: Random, { ratio: harm, share, met, sticky }: Stream): Draw {
  const everyone = Array.from({ length: sticky ?? 0 }, () => ({ candidate: random() < share, cost: spent(random) }));
  const of = {
    baseline: everyone.filter(({ candidate }) => !candidate),
    candidate: everyone.filter(({ candidate }) => candidate),
  };
  return (arm) => {
    const n = poisson(random, met * (arm === 'candidate' ? share : 1 - share));
    const own = of[arm];
    const cost = sticky === null ? () => spent(random) : () => own[Math.floor(random() * own.length)]?.cost ?? 0;
    return summed(
      Array.from({ length: n }, () => {
        const interactions = 1 + poisson(random, 1.5);
        return [cost() * interactions * (0.5 + random()) * (arm === 'candidate' ? harm : 1), interactions] as const;
      }),
    );
  };
}

function run(plan: Plan, stream: Stream, seed: number, looks: number, until: VerdictKind): number | null {
  const [judge, random] = [makeJudge(plan), seeded(seed)];
  const state = judge.create();
  const draw = drawer(random, stream);
  const { share } = stream;
  for (let i = 0; i < stream.recorded; i += 1)
    judge.update(state, window(i, arms(draw('baseline'), summed([])), { phase: 'baseline', share: 0 }));
  judge.openStep(state, step({ share }));
  for (let look = 0; look < looks; look += 1) {
    judge.update(state, window(look, arms(draw('baseline'), draw('candidate')), { share }));
    if (judge.verdict(state) === until) return look + 1;
  }
  return null;
}

const none = (spec: Partial<GateSpec>): Partial<GateSpec> => ({
  ...spec,
  rollbackWhen: { provenWorseBy: spec === RELATIVE ? '0%' : '0abs' },
});

for (const [what, change, metric] of [
  ['new users each time', {}, {}],
  ['new users each time, few of them the candidate’s', { share: 0.1 }, {}],
  ['new users each time, nothing recorded', { recorded: 0 }, {}],
  ['sticky users', { sticky: 1_000 }, { unit: 'user', users: 1_000 }],
] as [string, Partial<Stream>, Partial<RatioMetric>][])
  for (const [unit, spec] of [
    ['relative', RELATIVE],
    ['absolute', ABSOLUTE],
  ] as const)
    test(`heavy tails, ${what}, ${unit}: neither blamed when equal nor promoted at the margin beyond the level`, () => {
      const [runs, stream] = [150, { ...STREAM, ...change }];
      let [failed, passed] = [0, 0];
      for (let seed = 1; seed <= runs; seed += 1) {
        if (run(judging(ratio(metric), none(spec)), stream, seed, 150, 'fail') !== null) failed += 1;
        const at = { ...stream, ratio: 1.25 };
        if (run(judging(ratio(metric), spec), at, seed, 150, 'pass') !== null) passed += 1;
      }
      if (process.env['SHOW']) console.log(what, unit, failed, passed);
      assert.ok(failed <= mostOf(runs, 0.02), `${failed} of ${runs} blamed`);
      assert.ok(passed <= mostOf(runs, 0.05), `${passed} of ${runs} promoted`);
    });

test('users who keep to their arm need allowance: told that they are independent, many equal candidates are blamed', () => {
  let blamed = 0;
  for (let seed = 1; seed <= 40; seed += 1)
    if (run(judging(ratio(), none(RELATIVE)), { ...STREAM, sticky: 200 }, seed, 300, 'fail') !== null) blamed += 1;
  assert.ok(blamed > 8, `${blamed} of 40`);
});

test('twice the cost is found in spite of heavy tails, and an equal candidate passes', () => {
  for (const spec of [RELATIVE, ABSOLUTE])
    for (let seed = 1; seed <= 5; seed += 1) {
      assert.ok(run(judging(ratio(), spec), { ...STREAM, ratio: 2 }, seed, 200, 'fail') !== null, `seed ${seed}`);
      assert.ok(run(judging(ratio(), spec), STREAM, seed, 600, 'pass') !== null, `seed ${seed}`);
    }
});
