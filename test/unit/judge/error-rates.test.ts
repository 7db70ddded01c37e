/** The promises in numbers: how often a healthy candidate is blamed, how often a bad one promoted, how fast it is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import type { GateSpec, Plan } from '../../../workflows/contract/plan.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import { type Random, both, burst, one, poisson, seeded, step, window } from './world.js';

interface Stream {
  /** Candidate's rate over the baseline's. */
  ratio: number;
  /** Units per arm and window, and the baseline's rate. */
  units: number;
  rate: number;
  /** Coefficient of variation of bursts each arm has for itself, and of shocks that both share. */
  armBursts: number;
  shocks: number;
  /** Baseline windows recorded before the stage. */
  recorded: number;
}
const STREAM: Stream = { ratio: 1, units: 300, rate: 0.01, armBursts: 0, shocks: 0, recorded: 60 };

function counts(random: Random, stream: Stream): [baseline: number, candidate: number] {
  const shock = stream.shocks > 0 ? burst(random, stream.shocks) : 1;
  const arm = (ratio: number): number => {
    const own = stream.armBursts > 0 ? burst(random, stream.armBursts) : 1;
    return Math.min(stream.units, poisson(random, stream.units * stream.rate * ratio * shock * own));
  };
  return [arm(1), arm(stream.ratio)];
}

interface Run {
  verdict: StepVerdict['verdict'];
  looks: number;
}

/** Looks until a verdict of the kind waited for, or to the end. */
function run(plan: Plan, stream: Stream, seed: number, looks: number, until: 'fail' | 'pass'): Run {
  const [judge, random] = [makeJudge(plan), seeded(seed)];
  const state = judge.create();
  for (let i = 0; i < stream.recorded; i += 1) {
    const [baseline] = counts(random, stream);
    judge.update(state, window(i, both([stream.units, baseline], [0, 0]), { phase: 'baseline', share: 0 }));
  }
  judge.openStep(state, step());
  for (let look = 0; look < looks; look += 1) {
    const [baseline, candidate] = counts(random, stream);
    judge.update(state, window(look, both([stream.units, baseline], [stream.units, candidate])));
    // `held` is the verdict as of this window; explaining 400,000 times would only make the test slow.
    const held = (state as unknown as { held: { kind: StepVerdict['verdict'] } | null }).held?.kind;
    if (held === until) return { verdict: judge.explain(state).verdict, looks: look + 1 };
  }
  return { verdict: judge.explain(state).verdict, looks };
}

function tally(plan: Plan, stream: Stream, runs: number, looks: number, until: 'fail' | 'pass'): Run[] {
  return Array.from({ length: runs }, (_, i) => run(plan, stream, i + 1, looks, until));
}

const relative: Partial<GateSpec> = {
  rollbackWhen: { provenWorseBy: '0%' },
  promoteWhen: { provenWithin: '25%' },
  fastLane: { ratio: 1.5, share: 0.25 },
};
const points: Partial<GateSpec> = { rollbackWhen: { provenWorseBy: '0pp' }, promoteWhen: { provenWithin: '0.5pp' } };

/** With a chance of 0.02 each, ten or more of 200 come up less than once in a hundred times. */
const MOST_OF_200 = 9;

const STREAMS: [what: string, change: Partial<Stream>, looks: number][] = [
  ['steady traffic', {}, 2_000],
  ['bursts of each arm', { armBursts: 0.5 }, 2_000],
  ['bursts of each arm, nothing recorded', { armBursts: 0.5, recorded: 0 }, 200],
  ['shocks to both arms', { shocks: 0.5 }, 200],
];
for (const [what, change, most] of STREAMS)
  for (const [unit, spec, looks] of [
    ['relative', relative, most],
    ['absolute', points, 200],
  ] as const)
    test(`${what}, ${unit} margin: an equal candidate is rolled back within the budget, at ${looks} looks with no tolerance`, () => {
      const runs = tally(one(spec), { ...STREAM, ...change }, 200, looks, 'fail');
      const failed = runs.filter(({ verdict }) => verdict === 'fail').length;
      if (process.env['SHOW']) console.log(what, unit, failed);
      assert.ok(failed <= MOST_OF_200, `${failed} of 200`);
    });

test('four times the errors are found within five windows at the median, on steady traffic', () => {
  const runs = tally(
    one({ ...relative, fastLane: { ratio: 1.5, share: 0.25 } }),
    { ...STREAM, ratio: 4 },
    101,
    100,
    'fail',
  );
  assert.ok(runs.every(({ verdict }) => verdict === 'fail'));
  const median = runs.map(({ looks }) => looks).sort((a, b) => a - b)[50] ?? 0;
  if (process.env['SHOW']) console.log('4x', median);
  assert.ok(median <= 5, `median ${median}`);
});

test('half again the errors are found within 100 windows at the median', () => {
  const runs = tally(one(relative), { ...STREAM, ratio: 1.5 }, 51, 400, 'fail');
  const median = runs.map(({ looks }) => looks).sort((a, b) => a - b)[25] ?? 0;
  if (process.env['SHOW']) console.log('1.5x', median);
  assert.ok(median <= 100, `median ${median}`);
});

/** With a chance of 0.05 each, 18 or more of 200 come up less than once in a hundred times. */
const MOST_PROMOTED = 17;

const promoteOnly: [string, Partial<GateSpec>, Partial<Stream>][] = [
  ['25 % relative', { promoteWhen: { provenWithin: '25%' } }, { ratio: 1.25 }],
  [
    '25 % relative, too few events for the main lane at first',
    { promoteWhen: { provenWithin: '25%' } },
    { ratio: 1.25, rate: 0.001 },
  ],
  ['0.5 points', { promoteWhen: { provenWithin: '0.5pp' } }, { ratio: 1.5 }],
  ['a rate of 1.5 %', { promoteWhen: { provenBelow: '1.5%' } }, { ratio: 1.5 }],
];
for (const [what, spec, change] of promoteOnly)
  for (const armBursts of [0, 0.5])
    test(`a candidate exactly at its margin of ${what} is promoted at most at the level${armBursts > 0 ? ', in bursts too' : ''}`, () => {
      const runs = tally(one(spec), { ...STREAM, ...change, armBursts }, 200, 150, 'pass');
      const passed = runs.filter(({ verdict }) => verdict === 'pass').length;
      if (process.env['SHOW']) console.log(what, armBursts, passed);
      assert.ok(passed <= MOST_PROMOTED, `${passed} of 200`);
    });

test('an equal candidate passes a 25 % margin within 900 windows nearly always', () => {
  const runs = tally(one({ promoteWhen: { provenWithin: '25%' } }), STREAM, 30, 900, 'pass');
  const passed = runs.filter(({ verdict }) => verdict === 'pass').length;
  if (process.env['SHOW'])
    console.log('equal passes', passed, runs.map(({ looks }) => looks).sort((a, b) => a - b)[15]);
  assert.ok(passed >= 27, `${passed} of 30`);
});
