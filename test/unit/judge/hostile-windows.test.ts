/** Numbers that cannot be, places that do not exist, times that run backwards: nothing of it is evidence, and it is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { payloadKind } from '../../../judge/payload.js';
import { type State, opened } from '../../../judge/state.js';
import type { MetricKind } from '../../../workflows/contract/plan.js';
import type { Cell, Observation, Payload, Window } from '../../../workflows/contract/windows.js';
import { KINDS, cellsOf, ordinary, planOf } from './every-kind.js';
import { Bench, cellOf, cells, window } from './world.js';

const WARM = 120;

/** A judge that would pass. */
function passing(kind: MetricKind): Bench {
  const bench = new Bench(planOf(kind)).open();
  for (let look = 0; look < WARM; look += 1) bench.show(cells(...cellsOf(kind, look)));
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  return bench;
}

/** All that is evidence: what no trouble may touch. */
function evidence(bench: Bench) {
  const { processes, split, metrics } = opened(bench.state) as State;
  return structuredClone({
    // Whether it passes at this look is what trouble decides.
    processes: processes.map((process) => ({ ...process, passing: null })),
    split,
    metrics: Object.entries(metrics).map(([name, { calibration, labels, seen, slices, units, windows, asOfMs }]) => ({
      name,
      calibration,
      labels,
      seen,
      slices,
      units,
      windows,
      asOfMs,
    })),
  });
}

const why = (bench: Bench): string => opened(bench.state).metrics['errors']?.trouble?.why ?? '';

/** Shows one window after the warm-up, and the next good one after it. */
function refused(kind: MetricKind, change: Partial<Window>, names: RegExp): void {
  const bench = passing(kind);
  const before = evidence(bench);
  bench.judge.update(bench.state, window(WARM, cells(...cellsOf(kind, WARM)), change));
  const { verdict, gates } = bench.verdict();
  assert.equal(verdict, 'inconclusive', `${kind} ${JSON.stringify(change).slice(0, 200)}`);
  assert.deepEqual(evidence(bench), before);
  assert.match(why(bench), names);
  assert.ok(gates.every(({ reasons }) => reasons.includes('badNumbers')));
  assert.deepEqual(JSON.parse(JSON.stringify(bench.state)), bench.state);
  bench.judge.update(bench.state, window(WARM + 1, cells(...cellsOf(kind, WARM + 1))));
  assert.equal(bench.verdict().verdict, 'pass', 'good numbers carry on');
}

/** The candidate's payload with some fields replaced. */
function replaced(kind: MetricKind, change: Record<string, unknown>): Observation {
  const [baseline, , ...rest] = cellsOf(kind, WARM);
  const payload = { ...ordinary(kind, WARM), ...change } as Payload;
  return cells(baseline ?? cellOf('baseline', payload), cellOf('candidate', payload), ...rest);
}

const NO_NUMBER = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', null, [], {}, true];
const NO_COUNT = [...NO_NUMBER, -1, 1.5, 2 ** 60];

/** Values a field cannot have beside the others, by payload. */
const FIELDS: Record<Payload['kind'], Record<string, readonly unknown[]>> = {
  rate: { units: [...NO_COUNT, 0], events: [...NO_COUNT, 10_001] },
  quantile: { n: [...NO_COUNT, 0], buckets: [...NO_NUMBER.filter((bad) => !Array.isArray(bad)), -1] },
  score: { n: [...NO_COUNT, 0], sum: [...NO_NUMBER, -1, 21, 2 ** 60], sumSq: [...NO_NUMBER, -1, 0, 21, 2 ** 60] },
  count: { events: NO_COUNT, exposure: [...NO_NUMBER, -1, 0, 2 ** 60] },
  ratio: {
    n: [...NO_COUNT, 0],
    sy: [...NO_NUMBER, 2 ** 60],
    sz: [...NO_NUMBER, -1, 2 ** 60],
    syy: [...NO_NUMBER, -1, 0],
    szz: [...NO_NUMBER, -1, 0],
    syz: [...NO_NUMBER, 2 ** 60, -(2 ** 60)],
  },
};

for (const kind of KINDS)
  test(`${kind}: every field with every number it cannot have is refused by name, and nothing of its window is evidence`, () => {
    for (const [field, bads] of Object.entries(FIELDS[payloadKind(kind)]))
      for (const bad of bads) {
        // With a count of nought it is the others that are impossible.
        const named =
          bad === 0
            ? /^candidate: /
            : new RegExp(`^candidate: .*\\b${field === 'buckets' ? 'buckets' : nameOf(kind, field)}\\b`);
        refused(kind, { observation: replaced(kind, { [field]: bad }) }, named);
      }
    for (const [field, name] of [
      ['firstSeen', /units first seen/],
      ['unlabelled', /unlabelled units/],
    ] as const)
      for (const bad of NO_COUNT) refused(kind, { observation: replaced(kind, { [field]: bad }) }, name);
  });

const nameOf = (kind: MetricKind, field: string): string =>
  ({ sumSq: '(sumSq|sum of squares)' })[field] ?? (kind === 'score' && field === 'sum' ? '(sum|n)' : field);

for (const kind of KINDS)
  test(`${kind}: the payload of another kind is none of this one`, () => {
    for (const other of KINDS)
      if (payloadKind(other) !== payloadKind(kind))
        refused(kind, { observation: cells(...cellsOf(other, 0)) }, new RegExp(`it has no ${payloadKind(kind)}$`));
  });

const twice = (kind: MetricKind): Observation => cells(...cellsOf(kind, 0), cellOf('candidate', ordinary(kind, 1)));
const one = (change: Record<string, unknown>): Observation =>
  cells(cellOf('baseline', ordinary('rate', 0)), { ...cellOf('candidate', ordinary('rate', 0)), ...change } as Cell);
const crowd = (n: number): Observation =>
  cells(...Array.from({ length: n }, (_, i) => cellOf('candidate', ordinary('rate', 0), `a=${i}`)));

const WINDOWS: [what: string, change: Record<string, unknown>, names: RegExp][] = [
  ['an index that is no number', { index: Number.NaN }, /\bindex\b/],
  ['an index that is a fraction', { index: WARM + 0.5 }, /\bindex\b/],
  ['a negative index', { index: -1 }, /\bindex\b/],
  ['an index no double tells from the next', { index: 2 ** 60 }, /\bindex\b/],
  ['an endless index', { index: Number.POSITIVE_INFINITY }, /\bindex\b/],
  ['a start that is no time', { startMs: Number.NaN }, /\bstartMs\b/],
  ['an end without end', { endMs: Number.POSITIVE_INFINITY }, /\bendMs\b/],
  ['an end beyond all dates', { endMs: 2 ** 60 }, /\bendMs\b/],
  ['an end before its start', { startMs: (WARM + 2) * 1_000 }, /ends before it starts/],
  ['a start inside the window before it', { startMs: (WARM - 1) * 1_000 + 1 }, /\bstartMs\b.*window before/],
  ['a share that is no number', { share: Number.NaN }, /\bshare\b/],
  ['a share below nought', { share: -0.1 }, /\bshare\b/],
  ['a share above one', { share: 1.1 }, /\bshare\b/],
  ['a phase there is not', { phase: 'canary' }, /\bphase\b/],
  ['two things said of one place', { observation: twice('rate') }, /two things of one place/],
  ['cells that are no list', { observation: { kind: 'value', cells: 7 } }, /\bcells\b/],
  ['a cell that is none', { observation: { kind: 'value', cells: [null] } }, /\barm\b/],
  ['more cells than anybody has slices', { observation: crowd(5_001) }, /5001/],
  ['an arm there is not', { observation: one({ arm: 'control' }) }, /\barm\b/],
  ['no word of how it met its arm', { observation: one({ via: null }) }, /\bvia\b/],
  ['a slice that is a number', { observation: one({ slice: 7 }) }, /\bslice\b/],
  ['a slice with a name as long as a letter', { observation: one({ slice: 'x'.repeat(9_999) }) }, /\bslice\b/],
  ['no payload', { observation: one({ payload: null }) }, /it has no rate/],
];

for (const [what, change, names] of WINDOWS)
  test(`a window with ${what} is no evidence, and says so`, () => refused('rate', change, names));

test('the same index again, an older one, and windows out of order change nothing at all', () => {
  const bench = passing('rate');
  const before = structuredClone(bench.state);
  const bad = replaced('rate', { events: 1_000 });
  for (const index of [WARM - 1, 0, 7, WARM - 1]) bench.judge.update(bench.state, window(index, bad));
  assert.deepEqual(bench.state, before);
  bench.judge.update(bench.state, window(WARM + 5, cells(...cellsOf('rate', 0))));
  bench.judge.update(bench.state, window(WARM + 3, bad));
  assert.equal(bench.gate().windows, WARM + 1);
});

test('a window that straddles an exposure change is kept as it is marked, and is no evidence', () => {
  const bench = passing('rate');
  const before = evidence(bench);
  bench.show(replaced('rate', { events: 1_000 }), 20, { discarded: 'the exposure changed' });
  assert.deepEqual(evidence(bench), before);
  assert.equal(bench.verdict().verdict, 'pass', 'it says nothing, against no more than for');
});

test('a metric the plan does not know, or that every object knows, is nobody’s', () => {
  const bench = passing('rate');
  const before = structuredClone(bench.state);
  for (const metric of ['nonsense', '__proto__', 'constructor', 'toString'])
    bench.judge.update(bench.state, window(WARM, replaced('rate', { events: 1_000 }), { metric }));
  assert.deepEqual(bench.state, before);
});

test('slices named as what every object has are slices like others', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'other', ' '];
  const sliced = planOf('rate');
  const metric = sliced.metrics['errors'];
  assert.ok(metric);
  metric.slices = { by: ['x'], minUnits: 100, onThin: 'extend' };
  const bench = new Bench(sliced).open();
  for (let look = 0; look < 40; look += 1)
    bench.show(cells(...cellsOf('rate', look), ...names.flatMap((name) => onSlice(cellsOf('rate', look), name))));
  for (const name of names) assert.equal(bench.gate('errors', name).units.candidate, 40_000, name);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.deepEqual(JSON.parse(JSON.stringify(bench.state)), bench.state);
  assert.equal(Object.keys(Object.prototype).length, 0);
});

const onSlice = (all: readonly Cell[], slice: string): Cell[] =>
  all.map(({ arm, via, payload }) => ({ arm, via, slice, payload }));

const anything = fc.oneof(
  fc.constantFrom<unknown>(...NO_COUNT, -0, 0, 2 ** 60, -(2 ** 60), Number.MIN_VALUE, Number.MAX_VALUE, undefined),
  fc.double(),
  fc.nat(2_000),
);
const FIELD_NAMES = ['units', 'events', 'n', 'buckets', 'sum', 'sumSq', 'exposure', 'sy', 'sz', 'syy', 'szz', 'syz'];
const someFields = fc.dictionary(fc.constantFrom(...FIELD_NAMES, 'firstSeen', 'unlabelled'), anything, { maxKeys: 3 });

test('whatever the numbers of any kind: no window throws, and a refused one leaves the evidence as it was', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...KINDS),
      fc.array(fc.tuple(someFields, someFields), { minLength: 1, maxLength: 12 }),
      (kind, changes) => {
        const bench = new Bench(planOf(kind)).open();
        for (let look = 0; look < 40; look += 1) bench.show(cells(...cellsOf(kind, look)));
        for (const [i, [own, others]] of changes.entries()) {
          const before = evidence(bench);
          const [baseline, candidate, ...rest] = cellsOf(kind, i);
          const all = [
            { ...baseline, payload: { ...baseline?.payload, ...others } },
            { ...candidate, payload: { ...candidate?.payload, ...own } },
            ...rest,
          ] as Cell[];
          bench.judge.update(bench.state, window(40 + i, cells(...all)));
          const verdict = bench.verdict();
          assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
          assert.deepEqual(JSON.parse(JSON.stringify(bench.state)), bench.state);
          if (why(bench) === '') continue;
          assert.deepEqual(evidence(bench), before);
          assert.notEqual(verdict.verdict, 'pass');
        }
      },
    ),
    { numRuns: 400, seed: 5 },
  );
});
