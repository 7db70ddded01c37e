/** Scores: means of a declared range, shown in its own unit, exact whatever the distribution, quick where they hardly vary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import type { GateSpec, Plan, ScoreMetric } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import type { Payload } from '../../../workflows/contract/windows.js';
import { Bench, type Random, arms, judging, mostOf, normal, score, scored, seeded, step, window } from './world.js';

/** Always the same scores, twenty around each mean. */
const stars = (baseline: number, candidate: number) => arms(scored(around(baseline)), scored(around(candidate)));
const around = (mean: number): number[] => Array.from({ length: 20 }, (_, i) => mean + (i % 2 === 0 ? 0.3 : -0.3));

interface Case {
  what: string;
  metric: Partial<ScoreMetric>;
  spec: Partial<GateSpec>;
  means: [baseline: number, candidate: number];
  verdict: VerdictKind;
  estimate: number;
  /** Rollback, promote. */
  limits: [number | null, number];
}
const FIVE: Partial<ScoreMetric> = { range: [1, 5] };

const CASES: Case[] = [
  {
    what: 'half a star less, where more is better',
    metric: FIVE,
    spec: { rollbackWhen: { provenWorseBy: '0.1abs' }, promoteWhen: { provenWithin: '0.25abs' } },
    means: [4.2, 3.7],
    verdict: 'fail',
    estimate: 0.5,
    limits: [0.1, 0.25],
  },
  {
    what: 'half a star more, where more is better',
    metric: FIVE,
    spec: { rollbackWhen: { provenWorseBy: '0.1abs' }, promoteWhen: { provenWithin: '0.25abs' } },
    means: [3.7, 4.2],
    verdict: 'pass',
    estimate: -0.5,
    limits: [0.1, 0.25],
  },
  {
    what: 'half a point more, where less is better',
    metric: { range: [0, 10], better: 'lower' },
    spec: { rollbackWhen: { provenWorseBy: '0.1abs' }, promoteWhen: { provenWithin: '0.25abs' } },
    means: [2, 2.5],
    verdict: 'fail',
    estimate: 0.5,
    limits: [0.1, 0.25],
  },
  {
    what: 'above a floor that lies inside a range from below nought',
    metric: { range: [-1, 1] },
    spec: { rollbackWhen: { provenBelow: '0.1abs' }, promoteWhen: { provenAbove: '0.1abs' } },
    means: [0, 0.4],
    verdict: 'pass',
    estimate: 0.4,
    limits: [0.1, 0.1],
  },
  {
    what: 'below a floor, though better than the baseline',
    metric: FIVE,
    spec: { rollbackWhen: { provenBelow: '3.5abs' }, promoteWhen: { provenAbove: '3.5abs' } },
    means: [2, 3],
    verdict: 'fail',
    estimate: 3,
    limits: [3.5, 3.5],
  },
  {
    what: 'better by a quarter of a star, asked for 0.1',
    metric: FIVE,
    spec: { role: 'success', promoteWhen: { provenBetterBy: '0.1abs' } },
    means: [3.5, 3.75],
    verdict: 'pass',
    estimate: -0.25,
    limits: [null, -0.1],
  },
  {
    what: 'a tenth less, relative, where more is better',
    metric: { range: [0, 10] },
    spec: { rollbackWhen: { provenWorseBy: '2%' }, promoteWhen: { provenWithin: '5%' } },
    means: [5, 4.5],
    verdict: 'fail',
    estimate: 0.1,
    limits: [0.02, 0.05],
  },
  {
    what: 'a tenth more, relative, where less is better',
    metric: { range: [0, 10], better: 'lower' },
    spec: { rollbackWhen: { provenWorseBy: '2%' }, promoteWhen: { provenWithin: '5%' } },
    means: [5, 5.5],
    verdict: 'fail',
    estimate: 0.1,
    limits: [0.02, 0.05],
  },
];

/** Spreads the windows a little around their mean, as real ones are. */
const jitter = (look: number): number => [0.02, -0.02, 0.05, -0.05][look % 4] ?? 0;

for (const { what, metric, spec, means, verdict, estimate, limits } of CASES)
  test(`${what}: ${verdict}, in the score's own unit`, () => {
    const bench = new Bench(judging(score(metric), spec)).open();
    for (let look = 0; look < 400; look += 1) bench.show(stars(means[0] + jitter(look), means[1] + jitter(look + 1)));
    const found = bench.gate();
    assert.equal(found.verdict, verdict, found.sentence);
    assert.ok(found.estimate !== null && Math.abs(found.estimate - estimate) < 0.01, `estimate ${found.estimate}`);
    assert.deepEqual([found.rollbackLimit, found.promoteLimit].map(near), limits);
    const { lower, upper } = found;
    assert.ok(lower !== null && upper !== null && lower <= found.estimate && found.estimate <= upper);
    if (verdict === 'pass' && spec.promoteWhen && 'provenAbove' in spec.promoteWhen) assert.ok(lower > limits[1]);
    else if (verdict === 'pass') assert.ok(upper < limits[1]);
    if (process.env['SHOW']) console.log(found.lane, found.sentence);
  });

const near = (x: number | null): number | null => x && Number(x.toFixed(9));

test('the sentence of a failure speaks of stars, not of parts of a range', () => {
  const spec: Partial<GateSpec> = { rollbackWhen: { provenBelow: '3.5abs' }, promoteWhen: { provenAbove: '3.5abs' } };
  const bench = new Bench(judging(score(FIVE), spec)).open().show(stars(3, 3), 60);
  assert.match(bench.gate().sentence, /^errors is 3, at most 3\.\d+; the limit is 3\.5; 1,200 candidate units\.$/);
});

test('a relative margin on a range that does not begin at nought, or on one arm alone, is no question', () => {
  for (const [metric, spec] of [
    [FIVE, { promoteWhen: { provenWithin: '5%' } }],
    [{}, { promoteWhen: { provenAbove: '5%' } }],
    [{}, { promoteWhen: { provenWithin: '5pp' } }],
    [{}, { promoteWhen: { provenWithin: '20ms' } }],
  ] as [Partial<ScoreMetric>, Partial<GateSpec>][]) {
    const bench = new Bench(judging(score(metric), spec))
      .open()
      .show(metric === FIVE ? stars(3, 3) : stars(0.5, 0.5), 99);
    assert.deepEqual(bench.gate().reasons.slice(0, 1), ['unsupportedLimit']);
    assert.equal(bench.verdict().verdict, 'inconclusive');
  }
});

type Draw = (random: Random, mean: number) => number;
const within = (x: number): number => Math.min(1, Math.max(0, x));
const rightOrWrong: Draw = (random, mean) => (random() < mean ? 1 : 0);
const narrow: Draw = (random, mean) => within(mean + 0.05 * normal(random));

interface Stream {
  draw: Draw;
  /** How far the mean of an arm moves from window to window. */
  bursts: number;
  recorded: number;
  /** Candidate's mean less the baseline's, which is 0.7. */
  shift: number;
}

function drawn(random: Random, { draw, bursts }: Stream, mean: number): Payload {
  const own = within(mean + bursts * normal(random));
  return scored(Array.from({ length: 20 }, () => draw(random, own)));
}

const NOBODY = scored([]);

/** Looks until a verdict of the kind waited for; null when it never came. */
function run(plan: Plan, stream: Stream, seed: number, looks: number, until: VerdictKind): number | null {
  const [judge, random] = [makeJudge(plan), seeded(seed)];
  const state = judge.create();
  for (let i = 0; i < stream.recorded; i += 1)
    judge.update(state, window(i, arms(drawn(random, stream, 0.7), NOBODY), { phase: 'baseline', share: 0 }));
  judge.openStep(state, step());
  for (let look = 0; look < looks; look += 1) {
    judge.update(state, window(look, arms(drawn(random, stream, 0.7), drawn(random, stream, 0.7 + stream.shift))));
    if (judge.verdict(state) === until) return look + 1;
  }
  return null;
}

function medianOf(plan: Plan, stream: Stream, looks: number): number {
  const took = Array.from(
    { length: 15 },
    (_, i) => run(plan, stream, i + 1, looks, 'fail') ?? Number.POSITIVE_INFINITY,
  );
  return took.sort((a, b) => a - b)[7] ?? 0;
}

const absolute = judging(score(), {
  rollbackWhen: { provenWorseBy: '0abs' },
  promoteWhen: { provenWithin: '0.02abs' },
});
const relative = judging(score(), { rollbackWhen: { provenWorseBy: '0%' }, promoteWhen: { provenWithin: '3%' } });
const STEADY = { bursts: 0, recorded: 60, shift: 0 };

const [RUNS, LOOKS] = [200, 500];
for (const [what, stream] of [
  ['right or wrong', { ...STEADY, draw: rightOrWrong }],
  ['that hardly vary', { ...STEADY, draw: narrow }],
  ['that hardly vary, in windows that do', { ...STEADY, draw: narrow, bursts: 0.1 }],
  ['right or wrong, in bursts, nothing recorded', { ...STEADY, draw: rightOrWrong, bursts: 0.15, recorded: 0 }],
] as [string, Stream][])
  for (const [unit, plan] of [
    ['absolute', absolute],
    ['relative', relative],
  ] as const)
    test(`scores ${what}, ${unit} margin: an equal candidate is rolled back within the budget at ${LOOKS} looks`, () => {
      let failed = 0;
      for (let seed = 1; seed <= RUNS; seed += 1) if (run(plan, stream, seed, LOOKS, 'fail') !== null) failed += 1;
      if (process.env['SHOW']) console.log(what, unit, failed);
      assert.ok(failed <= mostOf(RUNS, 0.02), `${failed} of ${RUNS}`);
    });

test('a tenth less is found at once where scores hardly vary, and far later where they are right or wrong', () => {
  const shift = -0.1;
  const [quick, slow] = [narrow, rightOrWrong].map((draw) => medianOf(absolute, { ...STEADY, draw, shift }, 500));
  if (process.env['SHOW']) console.log('low variance', quick, 'worst case', slow);
  assert.ok(quick !== undefined && slow !== undefined);
  assert.ok(quick <= 15, `${quick} windows of 20 scores`);
  assert.ok(slow >= 3 * quick && slow <= 150, `${slow} against ${quick}`);
});

test('an equal candidate passes, and one exactly at its margin passes at most at the level', () => {
  const stream = { ...STEADY, draw: narrow };
  assert.ok((run(absolute, stream, 1, 300, 'pass') ?? 999) <= 150);
  let passed = 0;
  for (let seed = 1; seed <= 200; seed += 1)
    if (run(absolute, { ...stream, shift: -0.02 }, seed, 200, 'pass') !== null) passed += 1;
  assert.ok(passed <= mostOf(200, 0.05), `${passed} of 200`);
});
