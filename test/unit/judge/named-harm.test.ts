/** Once something has failed, what else is bad is named; naming begins no rollback, changes nothing, and takes no time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import { type State, opened } from '../../../judge/state.js';
import type { JudgeState } from '../../../judge/types.js';
import type { GateSpec, Plan } from '../../../workflows/contract/plan.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import type { Cell, Observation } from '../../../workflows/contract/windows.js';
import {
  Bench,
  type Random,
  both,
  cell,
  cells,
  gate,
  judging,
  plan,
  poisson,
  rate,
  seeded,
  step,
  window,
} from './world.js';

const POINTS: Partial<GateSpec> = { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } };
const CLEAN = both([1_000, 5], [1_000, 5]);
const AWFUL = both([1_000, 5], [1_000, 200]);
/** Harm that is proven slowly, so that the evidence stands between two levels for some windows. */
const SLOW = both([200, 2], [200, 7]);

const two = plan(
  { errors: rate(), losses: rate() },
  { errors: gate(POINTS), losses: gate({ ...POINTS, metric: 'losses' }) },
);

/** `looks` windows of slow harm in losses, beside windows of errors. */
function besides(errors: Observation, looks: number, after: Observation[] = []): Bench {
  const bench = new Bench(two).open({ gates: ['errors', 'losses'] });
  const show = (metric: string, index: number, observation: Observation) =>
    bench.judge.update(bench.state, window(index, observation, { metric }));
  for (let i = 0; i < looks; i += 1) {
    show('errors', i, errors);
    show('losses', i, SLOW);
  }
  for (const [i, observation] of after.entries()) show('errors', looks + i, observation);
  return bench;
}

function firstFailure(): number {
  for (let looks = 1; looks < 400; looks += 1) if (besides(CLEAN, looks).verdict().verdict === 'fail') return looks;
  throw new Error('it never failed');
}
const ALONE = firstFailure();

test('after one failure its level goes to the others: what was nearly proven is named as failed', () => {
  const bench = besides(AWFUL, ALONE - 1);
  assert.deepEqual(bench.verdict().decidedBy, { gate: 'errors', slice: null });
  assert.equal(bench.gate('losses').verdict, 'fail');
  assert.equal(besides(AWFUL, 10).gate('losses').verdict, 'inconclusive', 'what is far from proven is not named');
});

test('no rollback begins through it: with nothing failed, nearly proven is not proven', () => {
  const bench = besides(CLEAN, ALONE - 1);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.gate('losses').verdict, 'inconclusive');
});

test('what is named has not failed of itself: with the first failure out of the step the other waits on', () => {
  const bench = besides(AWFUL, ALONE - 1);
  assert.equal(bench.gate('losses').verdict, 'fail');
  const { processes } = opened(bench.state);
  assert.deepEqual(
    processes.map(({ gate: name, failed }) => [name, failed !== null]),
    [
      ['errors', true],
      ['losses', false],
    ],
  );
  bench.open({ gates: ['losses'] });
  assert.notEqual(bench.verdict().verdict, 'fail');
});

test('what has failed stays proven, and its level with the others, however good it looks later', () => {
  const recovered = Array.from({ length: 400 }, () => both([1_000, 50], [1_000, 5]));
  const bench = besides(AWFUL, ALONE - 1, recovered);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.equal(bench.gate('losses').verdict, 'fail');
});

test('a gate that may only promote is never named', () => {
  const promoting = plan(
    { errors: rate(), losses: rate() },
    { errors: gate(POINTS), losses: gate({ metric: 'losses', promoteWhen: { provenWithin: '2pp' } }) },
  );
  const bench = new Bench(promoting).open({ gates: ['errors', 'losses'] }).show(AWFUL, 20);
  for (let i = 0; i < 99; i += 1) bench.judge.update(bench.state, window(i, AWFUL, { metric: 'losses' }));
  assert.equal(bench.gate('errors').verdict, 'fail');
  assert.equal(bench.gate('losses').verdict, 'inconclusive');
});

const NAMES = Array.from({ length: 20 }, (_, i) => `locale=${String(i).padStart(2, '0')}`);
const BAD = 'locale=07';

/** Twenty slices of 3,000 units an arm and window at 1 %; the bad one is 3 % of them, at `ratio` times the errors. */
function twenty(random: Random, ratio: number, bad: readonly string[] = [BAD]): Observation {
  const slices: Cell[] = [];
  const whole: Record<'baseline' | 'candidate', [number, number]> = { baseline: [0, 0], candidate: [0, 0] };
  for (const name of NAMES) {
    const units = name === BAD ? 90 : 153;
    for (const arm of ['baseline', 'candidate'] as const) {
      const harm = arm === 'candidate' && bad.includes(name) ? ratio : 1;
      const events = Math.min(units, poisson(random, units * 0.01 * harm));
      whole[arm] = [whole[arm][0] + units, whole[arm][1] + events];
      slices.push(cell(arm, [units, events], name));
    }
  }
  return cells(cell('baseline', whole.baseline), cell('candidate', whole.candidate), ...slices);
}

const sliced: Plan = judging(rate({ slices: { by: ['locale'], minUnits: 200, onThin: 'extend' } }), {
  rollbackWhen: { provenWorseBy: '10%' },
  promoteWhen: { provenWithin: '25%' },
});

interface Run {
  verdict: StepVerdict;
  state: JudgeState;
  looks: number;
}

function run(seed: number, ratio: number, looks: number, bad?: readonly string[]): Run {
  const [judge, random] = [makeJudge(sliced), seeded(seed)];
  const state = judge.create();
  for (let i = 0; i < 60; i += 1)
    judge.update(state, window(i, baselineOnly(twenty(random, 1)), { phase: 'baseline', share: 0 }));
  judge.openStep(state, step());
  for (let look = 0; look < looks; look += 1) {
    judge.update(state, window(look, twenty(random, ratio, bad)));
    if (judge.verdict(state) === 'fail') return { verdict: judge.explain(state), state, looks: look + 1 };
  }
  return { verdict: judge.explain(state), state, looks };
}

function baselineOnly(observation: Observation): Observation {
  return observation.kind === 'value'
    ? cells(...observation.cells.filter(({ arm }) => arm === 'baseline'))
    : observation;
}

const namedBad = ({ verdict }: Run): string[] =>
  verdict.gates.flatMap(({ slice, reasons }) => (reasons.includes('badSlice') && slice !== null ? [slice] : []));

test('one bad slice of twenty, twice the errors on 3 % of the traffic, is named, and hardly ever another', () => {
  const runs = Array.from({ length: 40 }, (_, i) => run(i + 1, 2, 600));
  const found = runs.filter(({ verdict }) => verdict.verdict === 'fail' && verdict.decidedBy?.slice === BAD);
  const wrong = runs.flatMap(namedBad).filter((slice) => slice !== BAD);
  if (process.env['SHOW']) console.log('found', found.length, 'at', runs.map(({ looks }) => looks).join(), wrong);
  assert.ok(found.length >= 38, `${found.length} of 40`);
  assert.ok(found.every((one) => namedBad(one).includes(BAD)));
  assert.ok(wrong.length <= 2, `${wrong.join()} of 40 runs`);
  assert.match(found[0]?.verdict.sentence ?? '', /^Gate errors failed: errors on locale=07 is \d+ % worse/);
});

test('several bad slices are all listed in the sentence of the step', () => {
  const bad = [BAD, 'locale=03', 'locale=11'];
  const { verdict, state } = run(1, 6, 600, bad);
  assert.equal(verdict.verdict, 'fail');
  const judge = makeJudge(sliced);
  const random = seeded(99);
  for (let look = 600; look < 660; look += 1) judge.update(state, window(look, twenty(random, 6, bad)));
  const later = judge.explain(state);
  assert.deepEqual(namedBad({ verdict: later, state, looks: 0 }), [...bad].sort());
  assert.match(later.sentence, /Bad slices: locale=03 \(errors\), locale=07 \(errors\), locale=11 \(errors\)\.$/);
});

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const one of Object.values(value)) frozen(one);
  return Object.freeze(value);
}

test('explaining a failure over twenty slices changes nothing of the state, not even for a while', () => {
  const { state, verdict } = run(1, 4, 600);
  assert.equal(verdict.verdict, 'fail');
  const before = structuredClone(state as unknown as State);
  assert.deepEqual(makeJudge(sliced).explain(frozen(state)), verdict);
  assert.deepEqual(state, before);
});

test('explaining a failure over twenty slices takes at most two milliseconds', () => {
  const { state } = run(1, 4, 600);
  const judge = makeJudge(sliced);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 60; i += 1) {
    const began = performance.now();
    judge.explain(state);
    best = Math.min(best, performance.now() - began);
  }
  if (process.env['SHOW']) console.log('explain', best, 'ms');
  assert.ok(best <= 2, `${best} ms`);
});
