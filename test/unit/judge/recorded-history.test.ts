/** A service against itself: fair splits, the counter rule, and how often either alarms for nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import { heads } from '../../../judge/recorded/binomial.js';
import { seededBits } from '../../../judge/numerics/seeded.js';
import { ARGO_RULE, rolledBackBy } from '../../../judge/recorded/counter-rule.js';
import { type MetricHistory, outcomeOfSplit, type Trial } from '../../../judge/recorded/false-alarms.js';
import { splitInTwo } from '../../../judge/recorded/split.js';
import type { Payload, Window } from '../../../workflows/contract/windows.js';
import { type Counts, both, cell, cells, gate, plan, poisson, rate, seeded, step, window } from './world.js';

/** Chi-square of draws against the exact chances, over the values expected at least ten times. */
function misfit(n: number, draws: number, seed: number): { statistic: number; values: number } {
  const bits = seededBits(seed);
  const seen = new Map<number, number>();
  for (let i = 0; i < draws; i += 1) {
    const k = heads(n, bits);
    seen.set(k, (seen.get(k) ?? 0) + 1);
  }
  let [statistic, values, lnChance] = [0, 0, -n * Math.LN2];
  for (let k = 0; k <= n; k += 1) {
    if (k > 0) lnChance += Math.log((n - k + 1) / k);
    const expected = draws * Math.exp(lnChance);
    if (expected < 10) continue;
    statistic += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
    values += 1;
  }
  return { statistic, values };
}

for (const n of [1, 5, 31, 64, 500, 513, 2_000, 20_000])
  test(`${n} fair coins fall as the binomial law says`, () => {
    const { statistic, values } = misfit(n, 40_000, 7 + n);
    // Mean and standard deviation of chi-square; four of them are exceeded once in thirty thousand times.
    assert.ok(values > 1 && statistic < values + 4 * Math.sqrt(2 * values), `${statistic} over ${values} values`);
  });

test('no coin is thrown outside of 0 to n, and the same seed throws the same', () => {
  for (const n of [0, 1, 32, 33, 513, 1_000_000]) {
    const [one, other] = [seededBits(3), seededBits(3)];
    for (let i = 0; i < 200; i += 1) {
      const k = heads(n, one);
      assert.ok(Number.isInteger(k) && k >= 0 && k <= n, `${k} of ${n}`);
      assert.equal(heads(n, other), k);
    }
  }
});

test('a split loses and invents nothing: the arms add up to the whole, in counts, histograms and slices', () => {
  const histogram: Payload = {
    kind: 'quantile',
    n: 70,
    buckets: [
      [10, 20],
      [50, 60],
      [null, 70],
    ],
  };
  const whole = (payload: Payload, slice: string | null = null) => ({
    arm: 'baseline' as const,
    via: 'share' as const,
    slice,
    payload,
  });
  const parts = [
    [whole({ kind: 'rate', units: 1_000, events: 40 })],
    [whole({ kind: 'count', events: 9, exposure: 40.5 })],
    [whole(histogram)],
    [
      whole({ kind: 'rate', units: 90, events: 4 }),
      whole({ kind: 'rate', units: 60, events: 3 }, 'g=a'),
      whole({ kind: 'rate', units: 30, events: 1 }, 'g=b'),
    ],
  ];
  for (const each of parts) {
    const [halved] = splitInTwo([window(0, cells(...each))], seededBits(1));
    assert.ok(halved?.observation.kind === 'value');
    const { cells: halves } = halved.observation;
    for (const { slice, payload } of each) {
      const arms = halves.filter((half) => half.slice === slice).map((half) => half.payload);
      assert.equal(arms.length, 2, JSON.stringify(halves));
      assert.deepEqual(sum(arms), flat(payload));
    }
  }
});

const flat = (payload: Payload): number[] =>
  JSON.stringify(payload)
    .match(/-?\d+(\.\d+)?/g)
    ?.map(Number) ?? [];

/** Edges are the same in both arms, so they count half each. */
function sum(payloads: readonly Payload[]): number[] {
  const [a, b] = payloads.map(flat);
  const edges = payloads[0]?.kind === 'quantile' ? payloads[0].buckets.map(([edge]) => edge) : [];
  return (a ?? []).map((value, i) => (edges.includes(value) && value === b?.[i] ? value : value + (b?.[i] ?? 0)));
}

test('the counter rule rolls back at the fourth window above twice the baseline, and forgets none', () => {
  const bad: Counts = [100, 3];
  const fine: Counts = [100, 2];
  const run = (arms: [Counts, Counts][]) => rolledBackBy(arms.map(([a, b], i) => window(i, both(a, b))))?.index ?? null;
  const failing: [Counts, Counts] = [[100, 1], bad];
  const passing: [Counts, Counts] = [[100, 1], fine];
  assert.equal(run([failing, failing, failing, passing, passing]), null);
  assert.equal(run([failing, passing, failing, passing, failing, passing, failing]), 6);
  assert.equal(
    run([
      [[0, 0], bad],
      [[0, 0], bad],
      [[0, 0], bad],
      [[0, 0], bad],
    ]),
    null,
  );
  assert.equal(
    run(
      Array.from({ length: 4 }, () => [
        [100, 0],
        [100, 1],
      ]),
    ),
    3,
  );
  assert.equal(rolledBackBy(Array.from({ length: 9 }, (_, i) => window(i, { kind: 'noData', reason: '' }))), null);
});

/** Minutes of a healthy service: 300 requests, three of which fail. */
function healthy(minutes: number, calibration: number, seed: number): MetricHistory {
  const random = seeded(seed);
  const all = Array.from({ length: minutes }, (_, i): Window => {
    const events = poisson(random, 6);
    return window(i, cells(cell('baseline', [600 + events, events])));
  });
  return {
    metric: 'errors',
    calibration: all.slice(0, calibration).map((each) => ({ ...each, phase: 'baseline' })),
    judged: all.slice(calibration),
  };
}

const PLAN = plan(
  { errors: rate() },
  {
    errors: gate({ rollbackWhen: { provenWorseBy: '0.2pp' } }),
    low: gate({ rollbackWhen: { provenAbove: '0.5%' }, promoteWhen: { provenBelow: '0.5%' } }),
  },
);

function trialOf(history: MetricHistory): Trial {
  return {
    judge: makeJudge(PLAN),
    step: step({ gates: ['errors', 'low'], judgedFromMs: history.judged[0]?.startMs ?? 0 }),
    histories: [history],
    ruled: ['errors'],
    rule: ARGO_RULE,
  };
}

test('on a healthy day the counter rule rolls back, the comparison does not, and a limit below the truth does', () => {
  const trial = trialOf(healthy(1_440, 144, 5));
  const outcomes = [1, 2, 3].map((seed) => outcomeOfSplit(trial, seed));
  for (const { gates, counterRule } of outcomes) {
    assert.equal(gates['errors'], null, JSON.stringify(gates));
    assert.ok(counterRule['errors'], 'the counter rule did not roll back');
    assert.ok(gates['low'], 'one in a hundred is above 0.5 %, and was not found');
  }
  assert.deepEqual(outcomeOfSplit(trial, 2), outcomes[1]);
});

test('an alarm is told at the very window that proves it, as a judge that looks at every window has it', () => {
  const trial = trialOf(healthy(600, 60, 8));
  const { gates } = outcomeOfSplit(trial, 4);
  const state = trial.judge.create();
  for (const { calibration } of trial.histories) for (const each of calibration) trial.judge.update(state, each);
  trial.judge.openStep(state, trial.step);
  let windows = 0;
  for (const each of splitInTwo(trial.histories[0]?.judged ?? [], seededBits(4))) {
    trial.judge.update(state, each);
    windows += 1;
    if (trial.judge.verdict(state) === 'fail') break;
  }
  assert.equal(gates['low']?.windows, windows);
});
