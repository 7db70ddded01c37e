/** No number that is not one, and no absence of numbers, may ever carry a rollout on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeJudge } from '../../../judge/judge.js';
import type { GateSpec, Plan } from '../../../workflows/contract/plan.js';
import type { Observation, Window } from '../../../workflows/contract/windows.js';
import { demoPlan } from './demo-plan.js';
import { Bench, both, cell, cells, one, step } from './world.js';

const within: Partial<GateSpec> = { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } };
const GOOD = both([1_000, 5], [1_000, 5]);

const BAD: Record<string, Observation> = {
  'NaN events': both([1_000, 5], [1_000, Number.NaN]),
  'infinite units': both([1_000, 5], [Number.POSITIVE_INFINITY, 5]),
  'negative events': both([1_000, 5], [1_000, -1]),
  'more events than units': both([1_000, 5], [1_000, 1_001]),
  'text for a number': both([1_000, 5], [1_000, '0' as unknown as number]),
  'null for a number': both([1_000, 5], [1_000, null as unknown as number]),
  'numbers beyond exact integers': both([1_000, 5], [1e300, 0]),
  'two series for one': cells(cell('baseline', [1_000, 5]), cell('candidate', [1_000, 5]), cell('candidate', [9, 0])),
  'an unknown arm': cells(cell('baseline', [1_000, 5]), cell('control' as 'candidate', [1_000, 5])),
  'more first seen than seen': cells(cell('baseline', [1_000, 5]), {
    arm: 'candidate',
    via: 'share',
    slice: null,
    payload: { kind: 'rate', units: 10, events: 0, firstSeen: 11 },
  }),
};

for (const [what, observation] of Object.entries(BAD))
  test(`a window with ${what} counts as bad numbers and withholds the pass`, () => {
    const bench = new Bench(one(within)).open().show(GOOD, 40);
    assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
    bench.show(observation);
    assert.equal(bench.verdict().verdict, 'inconclusive');
    assert.ok(bench.gate().reasons.includes('badNumbers'), bench.gate().reasons.join());
    assert.equal(bench.gate().units.candidate, 40_000, 'nothing of it was counted');
    assert.equal(bench.show(GOOD).verdict().verdict, 'pass', 'good numbers carry on');
  });

test('errors and missing data for ever never pass, and are told apart', () => {
  const bench = new Bench(one(within)).open();
  bench.show({ kind: 'error', retryable: true, message: 'connection refused' }, 500);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.deepEqual(bench.gate().reasons, ['noData', 'sourceError']);
  assert.match(bench.gate().sentence, /500 windows without usable numbers.*connection refused/);
  bench.show({ kind: 'noData', reason: 'no rows' });
  assert.deepEqual(bench.gate().reasons, ['noData']);
});

test('discarded windows are counted as evidence of nothing', () => {
  const bench = new Bench(one(within)).open().show(GOOD, 50, { discarded: 'warmup' });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.deepEqual(bench.gate().reasons, ['noData']);
});

test('windows that begin before judged time are not judged', () => {
  const bench = new Bench(one(within)).open({ judgedFromMs: 20_000 }).show(GOOD, 21);
  assert.equal(bench.gate().windows, 1);
});

test('a source that falls silent after all was proven withholds the pass', () => {
  const bench = new Bench(one(within)).open().show(GOOD, 40);
  bench.show({ kind: 'error', retryable: true, message: 'gone' });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('sourceError'));
});

test('no traffic, whatever its length, never passes and never fails', () => {
  const bench = new Bench(one(within)).open().show(both([0, 0], [0, 0]), 200);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('insufficientData'));
});

test('one arm alone proves nothing of a difference', () => {
  for (const observation of [both([1_000, 5], [0, 0]), both([0, 0], [1_000, 900])]) {
    const bench = new Bench(one({ ...within, promoteWhen: { provenWithin: '99pp' } })).open().show(observation, 1);
    assert.equal(bench.verdict().verdict, 'inconclusive');
  }
});

test('a stage without gates, and a gate the plan does not know, never pass', () => {
  assert.equal(new Bench(one(within)).open({ gates: [] }).show(GOOD, 99).verdict().verdict, 'inconclusive');
  const unknown = new Bench(one(within)).open({ gates: ['errors', 'nonsense'] }).show(GOOD, 99);
  assert.equal(unknown.verdict().verdict, 'inconclusive');
});

test('a limit in a unit that does not fit its metric never passes', () => {
  const bench = new Bench(one({ promoteWhen: { provenWithin: '20ms' } })).open().show(GOOD, 99);
  assert.deepEqual(bench.gate().reasons.slice(0, 1), ['unsupportedLimit']);
});

const anyNumber = fc.oneof(
  fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -1,
    -0,
    1e308,
    null,
    '',
    '0.01',
    [],
    true,
  ),
  fc.nat(2_000),
  fc.double(),
);
const anyPayload = fc.oneof(
  fc.record({ kind: fc.constant('rate'), units: anyNumber, events: anyNumber }),
  fc.record({ kind: fc.constant('rate'), units: anyNumber, events: anyNumber, firstSeen: anyNumber }),
  fc.record({
    kind: fc.constant('quantile'),
    n: anyNumber,
    buckets: fc.array(fc.tuple(anyNumber, anyNumber), { maxLength: 4 }),
  }),
  fc.constantFrom(null, undefined, 7, {}),
);
const anyCell = fc.record({
  arm: fc.constantFrom('baseline', 'candidate', 'other', null),
  via: fc.constantFrom('share', 'none', 'cohort:staff', '', null),
  slice: fc.constantFrom(null, 'a=1', 'a=2', '__proto__', 'other', 5),
  payload: anyPayload,
});
const anyObservation = fc.oneof(
  fc.record({ kind: fc.constant('value'), cells: fc.oneof(fc.array(anyCell, { maxLength: 6 }), fc.constant(null)) }),
  fc.record({ kind: fc.constant('noData'), reason: fc.string() }),
  fc.record({ kind: fc.constant('error'), retryable: fc.boolean(), message: fc.string() }),
  fc.constantFrom(null, undefined, {}),
);
const anyWindow = fc.record({
  version: fc.constant(1),
  metric: fc.constantFrom('errors', 'latency', 'mail-lost', 'spam-kept', 'constructor', '__proto__'),
  index: fc.oneof(fc.nat(50), fc.constantFrom(Number.NaN, -1, 1.5, 1e300)),
  startMs: anyNumber,
  endMs: anyNumber,
  phase: fc.constantFrom('baseline', 'bake', 'guard', 'after'),
  share: anyNumber,
  observation: anyObservation,
});

function observes(plan: Plan, windows: unknown[], steps: number): void {
  const judge = makeJudge(plan);
  let state = judge.create();
  const gates = Object.keys(plan.gates);
  for (let index = 0; index < steps; index += 1) {
    judge.openStep(
      state,
      step({ stage: index < 2 ? 'beta' : 'general', step: index, share: [0, 0.25, 1][index] ?? 0, gates }),
    );
    for (const one of windows) judge.update(state, one as Window);
    assert.notEqual(judge.explain(state).verdict, 'pass');
    const copy = JSON.parse(JSON.stringify(state)) as typeof state;
    assert.deepEqual(copy, state);
    state = copy;
    assert.doesNotMatch(JSON.stringify(judge.explain(state)), /NaN|Infinity|undefined/);
  }
}

test('whatever windows hold, the judge never throws, never passes on them, and its state stays plain JSON', () => {
  fc.assert(
    fc.property(fc.array(anyWindow, { maxLength: 25 }), (windows) => observes(demoPlan(), windows, 3)),
    { numRuns: 300, seed: 7 },
  );
});
