/** Drift holds when a change is proven and matters; it never rolls back, and never passes on too little to tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepContext } from '../../../judge/types.js';
import type { DriftMetric, GateSpec } from '../../../workflows/contract/plan.js';
import type { Cell, QuantilePayload } from '../../../workflows/contract/windows.js';
import { type Random, Bench, cellOf, cells, drift, judging, mostOf, normal, poisson, seeded, window } from './world.js';

/** A histogram with one bin more than edges; edges are 1, 2, ... where nothing else is said. */
function histogram(counts: readonly number[], edges = counts.slice(1).map((_, i) => i + 1)): QuantilePayload {
  let below = 0;
  const buckets: [number | null, number][] = counts.map((count, i) => [edges[i] ?? null, (below += count)]);
  return { kind: 'quantile', n: below, buckets };
}

const EVEN = [100, 100, 100, 100];
/** At a distance of 0.027 from even: proven soon, and nothing to hold a rollout for. At 0.2: something is. */
const NEARLY = [108, 104, 96, 92];
const OTHER = [160, 120, 80, 40];

const shown = (control: readonly number[], candidate: readonly number[], slice: string | null = null): Cell[] => [
  cellOf('baseline', histogram(control), slice),
  cellOf('candidate', histogram(candidate), slice),
];
const scaled = (counts: readonly number[], by: number): number[] => counts.map((count) => Math.round(count * by));

const plan = (metric: Partial<DriftMetric> = {}, spec: Partial<GateSpec> = {}) =>
  judging(drift(metric), { promoteWhen: { provenBelow: '0.1abs' }, ...spec });

/** With a reference recorded before the stage. */
function opened(metric: Partial<DriftMetric> = {}, reference = EVEN, change: Partial<StepContext> = {}): Bench {
  const bench = new Bench(plan(metric));
  const before = cells(cellOf('baseline', histogram(scaled(reference, 50))));
  bench.judge.update(bench.state, window(0, before, { phase: 'baseline', share: 0 }));
  return bench.open(change);
}

/** Fails with the sentence, which tells most. */
function gives(bench: Bench, reason: string, slice: string | null = null): void {
  const { reasons, sentence } = bench.gate('errors', slice);
  assert.ok(reasons.includes(reason), `no ${reason} in ${reasons.join()}: ${sentence}`);
}

test('what is distributed as before and as beside it passes, and says how near it is', () => {
  const bench = opened().show(cells(...shown(EVEN, EVEN)), 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.equal(bench.gate().lane, 'drift');
  assert.match(
    bench.gate().sentence,
    /^errors is at a distance of 0 from the reference \(no more than chance explains\), at most 0\.0\d+ and 0 from the control .*; the limit is 0\.1; 8,000 candidate units/,
  );
});

test('a difference that is proven but too small to matter passes', () => {
  const bench = opened({ against: ['control'] }).show(cells(...shown(EVEN, NEARLY)), 200);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.doesNotMatch(bench.gate().sentence, /chance/);
});

test('a difference that would matter but is not proven is no drift, and too little to pass on', () => {
  const bench = opened({ against: ['control'] }).show(cells(...shown([15, 15, 15, 15], [20, 16, 14, 10])), 3);
  const { reasons, estimate, sentence } = bench.gate();
  assert.ok(estimate !== null && estimate > 0.1, sentence);
  assert.deepEqual(reasons, ['undecided']);
  assert.match(sentence, /no more than chance explains/);
});

test('a candidate that meets other values than the baseline beside it is held, told so, and never rolled back', () => {
  const bench = opened().show(cells(...shown(EVEN, OTHER)), 300);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  gives(bench, 'drift');
  assert.match(bench.gate().sentence, /It holds: the candidate meets, or makes, other values than the baseline beside/);
});

test('a world that changed for both arms is held as well, and is not laid at the door of the model', () => {
  const bench = opened().show(cells(...shown(OTHER, OTHER)), 300);
  gives(bench, 'drift');
  assert.match(bench.gate().sentence, /It holds: the world has changed since before the stage, for the baseline/);
  assert.equal(
    opened({ against: ['control'] })
      .show(cells(...shown(OTHER, OTHER)), 20)
      .verdict().verdict,
    'pass',
  );
});

test('without a reference it cannot pass, says what is missing, and still sees the candidate differ from its control', () => {
  const bench = new Bench(plan()).open().show(cells(...shown(EVEN, EVEN)), 200);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  gives(bench, 'noReference');
  assert.match(bench.gate().sentence, /needs 1,000 baseline units from before this stage/);
  assert.ok(
    !new Bench(plan())
      .open()
      .show(cells(...shown(EVEN, NEARLY)), 200)
      .gate()
      .reasons.includes('drift'),
    'small',
  );
  const changed = new Bench(plan()).open().show(cells(...shown(EVEN, OTHER)), 200);
  gives(changed, 'drift');
});

test('one window tells nothing of how windows scatter: no verdict on it alone, however large', () => {
  const bench = opened().show(cells(cellOf('baseline', histogram(EVEN))), 5);
  bench.show(cells(...shown(scaled(EVEN, 1_000), scaled(OTHER, 1_000))));
  gives(bench, 'insufficientData');
  assert.ok(!bench.gate().reasons.includes('drift'), bench.gate().sentence);
});

test('bins that change in mid-stage cannot be compared with the reference: it waits for the old ones', () => {
  const edges = [10, 20, 30];
  const bench = opened().show(cells(...shown(EVEN, EVEN)), 20);
  bench.show(cells(cellOf('baseline', histogram(EVEN)), cellOf('candidate', histogram(EVEN, edges))), 5);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  gives(bench, 'otherBins');
  assert.match(bench.gate().sentence, /let both arms report the same bins/);
  assert.equal(bench.show(cells(...shown(EVEN, EVEN))).verdict().verdict, 'pass');
  assert.equal(bench.gate().windows, 21, 'what could not be compared was not counted');
});

test('without a reference new bins begin the comparison anew; bins that the arms do not share are never compared', () => {
  const edges = [10, 20, 30];
  const both = cells(cellOf('baseline', histogram(EVEN, edges)), cellOf('candidate', histogram(EVEN, edges)));
  const bench = opened({ against: ['control'] })
    .show(cells(...shown(EVEN, OTHER)), 20)
    .show(both, 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.equal(bench.gate().units.candidate, 8_000);
  const apart = cells(cellOf('baseline', histogram(EVEN)), cellOf('candidate', histogram(EVEN, edges)));
  const never = opened({ against: ['control'] }).show(apart, 200);
  assert.equal(never.verdict().verdict, 'inconclusive');
  gives(never, 'otherBins');
});

test('a finer histogram still has the bins; one without any bin tells nothing', () => {
  const finer = histogram([50, 50, 50, 50, 50, 50, 100], [0.5, 1, 1.5, 2, 2.5, 3]);
  const bench = opened().show(cells(cellOf('baseline', histogram(EVEN)), cellOf('candidate', finer)), 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  const none = { kind: 'quantile' as const, n: 400, buckets: [[null, 400]] as [null, number][] };
  const blind = opened({ against: ['control'] }).show(cells(cellOf('baseline', none), cellOf('candidate', none)), 200);
  assert.equal(blind.verdict().verdict, 'inconclusive');
  gives(blind, 'otherBins');
});

test('a slice is held against the control, not against the reference of all; thin ones never pass in silence', () => {
  const slices = { by: ['mail'], minUnits: 2_000, onThin: 'escalate' as const };
  const bench = opened({ slices });
  const look = [
    ...shown(EVEN, EVEN),
    ...shown(OTHER, OTHER, 'mail=hard'),
    ...shown([40, 40, 40, 40], OTHER, 'mail=odd'),
  ];
  bench.show(cells(...look), 4);
  gives(bench, 'thinSliceEscalate', 'mail=hard');
  bench.show(cells(...look), 40);
  assert.equal(bench.gate('errors', 'mail=hard').verdict, 'pass', bench.gate('errors', 'mail=hard').sentence);
  gives(bench, 'drift', 'mail=odd');
  assert.equal(bench.verdict().verdict, 'inconclusive');
});

test('traffic that changes with the hour does not make a large share differ from a small one', () => {
  const bench = opened({ against: ['control'] }, EVEN, { share: 0.1 });
  bench.show(cells(...shown(scaled(EVEN, 9), EVEN)), 30, { share: 0.1 });
  bench.open({ step: 1, share: 0.5 }).show(cells(...shown(scaled(OTHER, 5), scaled(OTHER, 5))), 30);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('where no control is left the comparison is carried from the last share that had one, and says so', () => {
  const bench = opened().show(cells(...shown(EVEN, EVEN)), 30);
  bench.open({ step: 1, share: 1 }).show(cells(cellOf('candidate', histogram(EVEN))), 5, { share: 1 });
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.match(bench.gate().sentence, /carried from the last step with a control/);
  bench.show(cells(cellOf('candidate', histogram(OTHER))), 60, { share: 1 });
  gives(bench, 'drift');
});

test('users who come again are not counted as new: as many units of few users prove less', () => {
  const width = (users: number | null): number => {
    const bench = opened({ unit: users === null ? 'request' : 'user', users }).show(cells(...shown(EVEN, EVEN)), 50);
    return bench.gate().upper ?? 1;
  };
  assert.ok(width(2_000) > 1.5 * width(null), `${width(2_000)} against ${width(null)}`);
});

/** Windows of 300 units over 20 bins, whose distribution scatters by `cv` around the arm's own. */
function looks(away: number, cv: number, seed: number, until: 'pass' | 'drift', most: number): boolean {
  const random = seeded(seed);
  const even = Array.from({ length: 20 }, () => 1);
  const own = even.map((x, i) => x + away * Math.cos((2 * Math.PI * i) / 20));
  const arm = (of: readonly number[]): number[] => scattered(random, of, cv).map((part) => poisson(random, 300 * part));
  const bench = new Bench(plan({ against: ['control'] })).open();
  for (let look = 0; look < most; look += 1) {
    bench.show(cells(...shown(arm(even), arm(own))));
    if (until === 'pass' ? bench.judge.verdict(bench.state) === 'pass' : bench.gate().reasons.includes('drift'))
      return true;
  }
  return false;
}

function scattered(random: Random, of: readonly number[], cv: number): number[] {
  const parts = of.map((part) => part * Math.exp(cv * normal(random)));
  const all = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / all);
}

const tally = (away: number, cv: number, until: 'pass' | 'drift', most: number): number =>
  Array.from({ length: 60 }, (_, i) => looks(away, cv, i + 1, until, most)).filter(Boolean).length;

/** Amplitude of a cosine over 20 bins that lies at a distance of 0.1 from none. */
const AT_LIMIT = 0.329;

for (const cv of [0, 0.5]) {
  const how = cv > 0 ? ', though every window differs from the last' : '';
  test(`arms that are alike are called drifted in at most the level of runs${how}`, () => {
    const called = tally(0, cv, 'drift', 60);
    assert.ok(called <= mostOf(60, 0.05), `${called} of 60`);
  });
  test(`a candidate exactly at the limit passes in at most the level of runs, looked at 100 times${how}`, () => {
    const passed = tally(AT_LIMIT, cv, 'pass', 100);
    assert.ok(passed <= mostOf(60, 0.05), `${passed} of 60`);
  });
}

test('arms that are alike pass within 20 windows of 300 units nearly always, twice the limit is drift as soon', () => {
  const [passed, drifted] = [tally(0, 0, 'pass', 20), tally(2 * AT_LIMIT, 0, 'drift', 20)];
  assert.ok(passed >= 57 && drifted >= 57, `${passed} and ${drifted} of 60`);
});

test('with 20 bins and large counts the state of a gate stays below 1 KB, with 40 edges it takes the 20 that cut evenly', () => {
  const counts = Array.from({ length: 41 }, (_, i) => 40_000_000 + i);
  const bench = new Bench(plan({ against: ['control'] })).open().show(cells(...shown(counts, counts)), 20);
  bench.open({ step: 1, share: 0.6 }).show(cells(...shown(counts, scaled(counts, 1.5))), 20, { share: 0.6 });
  const { processes } = bench.state as unknown as { processes: { body: { edges: number[] } }[] };
  assert.ok(JSON.stringify(processes[0]).length <= 1_024, `${JSON.stringify(processes[0]).length}`);
  assert.equal(processes[0]?.body.edges.length, 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.ok(JSON.stringify(bench.gate()).length <= 2_048, bench.gate().sentence);
});
