/** Counts per exposure: alerts per hour, tokens per request; more than one each, exposure in fractions, often none at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import type { GateSpec, Plan } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import type { Payload } from '../../../workflows/contract/windows.js';
import { Bench, type Random, arms, burst, count, judging, mostOf, poisson, seeded, step, window } from './world.js';

const counted = (events: number, exposure: number): Payload & { kind: 'count' } => ({
  kind: 'count',
  events,
  exposure,
});

interface Case {
  what: string;
  spec: Partial<GateSpec>;
  /** Per window. */
  baseline: Payload;
  candidate: Payload;
  verdict: VerdictKind;
  estimate: number;
}

const PER_HOUR: Partial<GateSpec> = { rollbackWhen: { provenWorseBy: '1abs' }, promoteWhen: { provenWithin: '3abs' } };

const CASES: Case[] = [
  {
    what: 'ten alerts an hour against two, in fractions of hours',
    spec: PER_HOUR,
    baseline: counted(1, 0.5),
    candidate: counted(5, 0.5),
    verdict: 'fail',
    estimate: 8,
  },
  {
    what: 'two alerts an hour in both arms, in fractions of hours',
    spec: PER_HOUR,
    baseline: counted(1, 0.5),
    candidate: counted(1, 0.5),
    verdict: 'pass',
    estimate: 0,
  },
  {
    what: 'no alert in either arm',
    spec: PER_HOUR,
    baseline: counted(0, 0.5),
    candidate: counted(0, 0.5),
    verdict: 'pass',
    estimate: 0,
  },
  {
    what: 'no alert at all, below a limit of its own',
    spec: { rollbackWhen: { provenAbove: '0.5abs' }, promoteWhen: { provenBelow: '0.5abs' } },
    baseline: counted(0, 0.5),
    candidate: counted(0, 0.5),
    verdict: 'pass',
    estimate: 0,
  },
  {
    what: 'twelve retries a request against ten, limit twenty per cent, rollback at five',
    spec: { rollbackWhen: { provenWorseBy: '5%' }, promoteWhen: { provenWithin: '20%' } },
    baseline: counted(1_000, 100),
    candidate: counted(1_200, 100),
    verdict: 'fail',
    estimate: 0.2,
  },
  {
    what: 'as many retries in arms of unlike exposure',
    spec: { rollbackWhen: { provenWorseBy: '5%' }, promoteWhen: { provenWithin: '20%' } },
    baseline: counted(1_800, 180),
    candidate: counted(200, 20),
    verdict: 'pass',
    estimate: 0,
  },
];

for (const { what, spec, baseline, candidate, verdict, estimate } of CASES)
  test(`${what}: ${verdict}`, () => {
    const bench = new Bench(judging(count(), spec)).open().show(arms(baseline, candidate), 60);
    const found = bench.gate();
    assert.equal(found.verdict, verdict, found.sentence);
    assert.ok(found.estimate !== null && Math.abs(found.estimate - estimate) < 1e-9, `estimate ${found.estimate}`);
    if (process.env['SHOW']) console.log(found.lane, found.sentence);
  });

test('in another unit of exposure the same traffic has the same bounds in that unit, once a record told what to expect', () => {
  const bounds = (perUnit: number) => {
    const spec = { promoteWhen: { provenBelow: `${3 * perUnit}abs` } };
    const bench = new Bench(judging(count(), spec));
    const windows = Array.from({ length: 60 }, (_, i) => arms(counted(i % 3, 0.5 / perUnit), counted(0, 0)));
    for (const [i, one] of windows.entries())
      bench.judge.update(bench.state, window(i, one, { phase: 'baseline', share: 0 }));
    bench.open().show(arms(counted(1, 0.5 / perUnit), counted(1, 0.5 / perUnit)), 20);
    const { lower, upper } = bench.gate();
    return [lower, upper].map((bound) => (bound ?? Number.NaN) / perUnit);
  };
  const [hours, minutes] = [bounds(1), bounds(1 / 60)];
  for (const [i, bound] of hours.entries())
    assert.ok(Math.abs(bound - (minutes[i] ?? 0)) < 1e-9 * bound, `${hours.join()} and ${minutes.join()}`);
});

test('the rate to expect is fixed before the stage, and once for the rollout: no bound is bent to what it bounds', () => {
  const bench = new Bench(judging(count(), { promoteWhen: { provenBelow: '3abs' } }));
  const usual = () =>
    (bench.state as unknown as { metrics: { errors: { calibration: { frozen: { mean: number | null } } } } }).metrics
      .errors.calibration.frozen.mean;
  for (let i = 0; i < 60; i += 1)
    bench.judge.update(bench.state, window(i, arms(counted(4, 2), counted(0, 0)), { phase: 'baseline', share: 0 }));
  bench.open();
  assert.equal(usual(), 2);
  bench.show(arms(counted(40, 2), counted(40, 2)), 99);
  assert.equal(usual(), 2);
  bench.open({ stage: 'general' });
  assert.equal(usual(), 2);
});

test('a count has no percent of its own, and no points', () => {
  for (const promoteWhen of [{ provenBelow: '5%' }, { provenWithin: '5pp' }, { provenWithin: '20ms' }]) {
    const bench = new Bench(judging(count(), { promoteWhen })).open().show(arms(counted(1, 1), counted(1, 1)), 40);
    assert.deepEqual(bench.gate().reasons.slice(0, 1), ['unsupportedLimit']);
  }
});

interface Stream {
  /** Events per exposure of the baseline, and the candidate's as a multiple. */
  rate: number;
  ratio: number;
  /** Mean exposure of an arm and window; it swings between half and one and a half of it. */
  exposure: number;
  bursts: number;
  recorded: number;
}
const STREAM: Stream = { rate: 2, ratio: 1, exposure: 1.5, bursts: 0, recorded: 60 };

function drawn(random: Random, { rate, exposure, bursts }: Stream, ratio: number): Payload {
  const shown = exposure * (0.5 + random());
  const own = bursts > 0 ? burst(random, bursts) : 1;
  return counted(poisson(random, rate * ratio * shown * own), shown);
}

function run(plan: Plan, stream: Stream, seed: number, looks: number, until: VerdictKind): number | null {
  const [judge, random] = [makeJudge(plan), seeded(seed)];
  const state = judge.create();
  for (let i = 0; i < stream.recorded; i += 1)
    judge.update(state, window(i, arms(drawn(random, stream, 1), counted(0, 0)), { phase: 'baseline', share: 0 }));
  judge.openStep(state, step());
  for (let look = 0; look < looks; look += 1) {
    judge.update(state, window(look, arms(drawn(random, stream, 1), drawn(random, stream, stream.ratio))));
    if (judge.verdict(state) === until) return look + 1;
  }
  return null;
}

const relative = judging(count(), {
  rollbackWhen: { provenWorseBy: '0%' },
  promoteWhen: { provenWithin: '50%' },
  fastLane: { ratio: 1.5, share: 0.25 },
});
const absolute = judging(count(), { rollbackWhen: { provenWorseBy: '0abs' }, promoteWhen: { provenWithin: '1abs' } });
const single = judging(count(), { rollbackWhen: { provenAbove: '2abs' }, promoteWhen: { provenBelow: '3abs' } });

for (const [what, change] of [
  ['steady', {}],
  ['in bursts', { bursts: 0.5 }],
  ['rare, most windows without any', { rate: 0.05 }],
  ['steady, nothing recorded', { recorded: 0 }],
] as [string, Partial<Stream>][])
  for (const [unit, plan] of [
    ['relative', relative],
    ['absolute', absolute],
    ['one arm at its limit', single],
  ] as const)
    test(`counts ${what}, ${unit}: an equal candidate is rolled back within the budget at 300 looks`, () => {
      let failed = 0;
      for (let seed = 1; seed <= 200; seed += 1)
        if (run(plan, { ...STREAM, ...change }, seed, 300, 'fail') !== null) failed += 1;
      if (process.env['SHOW']) console.log(what, unit, failed);
      assert.ok(failed <= mostOf(200, 0.02), `${failed} of 200`);
    });

test('five times the events are found within ten windows at the median, by the fast lane', () => {
  const took = Array.from({ length: 31 }, (_, i) => run(relative, { ...STREAM, ratio: 5 }, i + 1, 100, 'fail') ?? 999);
  const median = took.sort((a, b) => a - b)[15] ?? 0;
  if (process.env['SHOW']) console.log('5x', median);
  assert.ok(median <= 10, `${median}`);
  const bench = new Bench(relative).open().show(arms(counted(3, 1.5), counted(30, 1.5)), 9);
  assert.equal(bench.gate().lane, 'fast');
  assert.match(bench.gate().sentence, /more than 1\.5 times as bad as the baseline \(20 against 2, fast lane\)/);
});

test('an equal candidate passes; one exactly at its margin passes at most at the level', () => {
  assert.ok((run(absolute, STREAM, 1, 900, 'pass') ?? 999) <= 600);
  for (const [plan, ratio] of [
    [absolute, 1.5],
    [relative, 1.5],
    [single, 1.5],
  ] as const) {
    let passed = 0;
    for (let seed = 1; seed <= 200; seed += 1)
      if (run(plan, { ...STREAM, ratio }, seed, 150, 'pass') !== null) passed += 1;
    assert.ok(passed <= mostOf(200, 0.05), `${passed} of 200`);
  }
});
