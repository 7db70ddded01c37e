/** Gaps between groups: found, not invented, laid at the door of who made them; and nobody is left out in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepContext } from '../../../judge/types.js';
import type { FairnessMetric, GateSpec, Plan } from '../../../workflows/contract/plan.js';
import type { Cell } from '../../../workflows/contract/windows.js';
import { type Counts, type Random, Bench, cell, cells, fairness, judging, mostOf, normal, seeded } from './world.js';

const ABSOLUTE: Partial<GateSpec> = { rollbackWhen: { provenAbove: '5pp' }, promoteWhen: { provenBelow: '5pp' } };
const COMPARED: Partial<GateSpec> = { rollbackWhen: { provenWorseBy: '1pp' }, promoteWhen: { provenWithin: '3pp' } };
const RATIO: Partial<GateSpec> = { rollbackWhen: { provenBelow: '80%' }, promoteWhen: { provenAbove: '80%' } };
const IMPACT: Partial<FairnessMetric> = { measure: 'impactRatio', better: 'higher' };

function opened(
  spec: Partial<GateSpec>,
  metric: Partial<FairnessMetric> = {},
  change: Partial<StepContext> = {},
): Bench {
  return new Bench(judging(fairness(metric), spec)).open(change) as Bench;
}

type Chosen = Record<string, readonly [baseline: number, candidate: number]>;

/** One window: how many were chosen of each group's units, in the baseline and in the candidate. */
const groups = (of: Chosen, units: readonly [number, number] = [100, 100]) => cells(...cellsOf(of, units));

const cellsOf = (of: Chosen, [baseline, candidate]: readonly [number, number] = [100, 100]): Cell[] =>
  Object.entries(of).flatMap(([name, chosen]) => [
    cell('baseline', [baseline, chosen[0]], `group=${name}`),
    cell('candidate', [candidate, chosen[1]], `group=${name}`),
  ]);
const FAIR = groups({ a: [30, 30], b: [30, 30] });
const UNFAIR = groups({ a: [30, 30], b: [30, 42] });

test('groups that fare alike pass, and the sentence tells who was furthest apart', () => {
  const bench = opened(ABSOLUTE).show(FAIR, 60);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.match(
    bench.gate().sentence,
    /^errors: the gap in selection rate is 0 points, at most [\d.]+ points, between group=a \(30 %\) and group=b \(30 %\); the limit is 5 points; 12,000/,
  );
});

test('a gap beyond the limit is found, with the groups between whom it lies', () => {
  const bench = opened(ABSOLUTE).show(UNFAIR, 60);
  assert.equal(bench.verdict().verdict, 'fail');
  const { lower, estimate, lane, sentence } = bench.gate();
  assert.equal(lane, 'groups');
  assert.ok(lower !== null && estimate !== null && lower > 0.05 && lower < estimate, sentence);
  assert.match(
    sentence,
    /is 12 points, at least [\d.]+ points, between group=a \(30 %\) and group=b \(42 %\); the limit is 5/,
  );
});

test('four fifths: an impact ratio below it fails, one well above it passes', () => {
  const low = opened(RATIO, IMPACT).show(UNFAIR, 100);
  assert.equal(low.verdict().verdict, 'fail');
  assert.match(low.gate().sentence, /the impact ratio is 71\.4 %, at most 7[\d.]+ %, between .* the limit is 80 %/);
  const high = opened(RATIO, IMPACT).show(FAIR, 60);
  assert.equal(high.verdict().verdict, 'pass', high.verdict().sentence);
  assert.match(high.gate().sentence, /the impact ratio is 100 %, at least [89][\d.]+ %/);
});

test('a rollout is blamed for what it changed: a gap that the baseline has as well passes the comparison', () => {
  const both = groups({ a: [30, 30], b: [42, 42] });
  assert.equal(opened(COMPARED).show(both, 200).verdict().verdict, 'pass');
  assert.equal(opened(ABSOLUTE).show(both, 200).verdict().verdict, 'fail', 'but not the absolute limit');
});

test('a wider gap than the baseline has fails the comparison, a narrower one passes it, whichever group is worse off', () => {
  const wider = opened(COMPARED).show(UNFAIR, 200);
  assert.equal(wider.verdict().verdict, 'fail');
  assert.match(
    wider.gate().sentence,
    /is 12 points worse than in the baseline, at least [\d.]+ points worse \(12 points against 0 points\), between/,
  );
  const narrower = opened(COMPARED).show(groups({ a: [30, 36], b: [42, 36] }), 100);
  assert.equal(narrower.verdict().verdict, 'pass', narrower.verdict().sentence);
  const turned = opened(COMPARED).show(groups({ a: [30, 42], b: [42, 30] }), 200);
  assert.equal(turned.verdict().verdict, 'pass', turned.verdict().sentence);
});

for (const [onThin, code] of [
  ['extend', null],
  ['hold', 'thinSliceHold'],
  ['escalate', 'thinSliceEscalate'],
] as const)
  test(`a group too small to tell never passes in silence (${onThin})`, () => {
    const slices = { by: ['group'], minUnits: 2_100, onThin };
    const look = [...cellsOf({ a: [30, 30], b: [30, 30] }), ...cellsOf({ c: [30, 3] }, [100, 10])];
    const bench = opened(ABSOLUTE, { slices }).show(cells(...look), 200);
    assert.equal(bench.verdict().verdict, 'inconclusive');
    const { reasons, sentence } = bench.gate();
    for (const reason of ['thinSlice', 'insufficientData', ...(code ? [code] : [])])
      assert.ok(reasons.includes(reason), `${reason}: ${sentence}`);
    assert.match(sentence, /Group group=c is thin: it needs 100 more units/);
  });

test('a group the baseline has and the candidate never meets is thin, not absent', () => {
  const lost = cells(
    ...['a', 'b', 'c'].map((name) => cell('baseline', [100, 30], `group=${name}`)),
    ...['a', 'b'].map((name) => cell('candidate', [100, 30], `group=${name}`)),
  );
  const bench = opened(ABSOLUTE).show(lost, 100);
  assert.ok(bench.gate().reasons.includes('thinSlice'), bench.gate().sentence);
  assert.match(bench.gate().sentence, /Group group=c is thin/);
});

test('one group alone has no gap: it waits, and does not pass', () => {
  const bench = opened(ABSOLUTE).show(groups({ a: [30, 30] }), 100);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.match(bench.gate().sentence, /fewer than two groups seen yet.*waits for a second group/);
});

test('groups beyond the twenty largest are judged together as `other`, and harm to them is found there', () => {
  const look = Array.from({ length: 24 }, (_, i): Cell[] => {
    const units = 2_000 - 10 * i;
    return cellsOf({ [`g${i}`]: [0.3 * units, (i < 20 ? 0.3 : 0.6) * units] }, [units, units]);
  });
  const bench = opened(ABSOLUTE).show(cells(...look.flat()), 20);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.match(bench.gate().sentence, /and other \(60 %\)/);
  const { processes } = bench.state as unknown as { processes: object[] };
  assert.ok(JSON.stringify(processes[0]).length <= 2_048, 'twenty-one groups, fewer than 100 bytes each');
  assert.ok(JSON.stringify(bench.gate()).length <= 2_048, bench.gate().sentence);
});

test('groups in which everybody, or nobody, is chosen are judged without a number that is none', () => {
  const all = groups({ a: [100, 100], b: [100, 100] });
  assert.equal(opened(ABSOLUTE, { measure: 'truePositiveRate' }).show(all, 60).verdict().verdict, 'pass');
  const few = groups({ a: [20, 20], b: [20, 20] }, [20, 20]);
  const soon = opened(ABSOLUTE, { measure: 'truePositiveRate' }).show(few, 5);
  assert.equal(soon.verdict().verdict, 'inconclusive', 'a hundred without a miss may still miss one in twenty');
  const bench = opened(RATIO, IMPACT).show(groups({ a: [0, 0], b: [0, 0] }), 200);
  assert.equal(bench.verdict().verdict, 'inconclusive', 'a ratio of nothing to nothing is no ratio');
  assert.doesNotMatch(JSON.stringify(bench.gate()), /NaN|Infinity/);
  const nobody = opened(RATIO, IMPACT).show(groups({ a: [30, 0], b: [30, 30] }), 20);
  assert.equal(nobody.verdict().verdict, 'fail');
});

test('one window tells nothing of how windows scatter: no verdict on it alone, however large', () => {
  const large = groups({ a: [300_000, 200_000], b: [300_000, 600_000] }, [1e6, 1e6]);
  const absent = cells(cell('baseline', [100, 30], 'group=a'), cell('baseline', [100, 30], 'group=b'));
  assert.equal(opened(ABSOLUTE).show(absent, 5).show(large).verdict().verdict, 'inconclusive');
  assert.equal(opened(ABSOLUTE).show(large, 3).verdict().verdict, 'fail');
});

test('a new share begins a comparison anew: what the hour does to a group is no fault of the larger arm', () => {
  const bench = opened(COMPARED, {}, { share: 0.1 });
  const morning = groups({ a: [270, 30], b: [270, 30] }, [900, 100]);
  const evening = groups({ a: [150, 150], b: [250, 250] }, [500, 500]);
  bench.show(morning, 60, { share: 0.1 }).open({ step: 1, share: 0.5 }).show(evening, 60);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('users who come again prove less of their group than as many who come once', () => {
  const width = (users: number | null): number => {
    const bench = opened(ABSOLUTE, { unit: users === null ? 'request' : 'user', users }).show(FAIR, 60);
    return bench.gate().upper ?? 1;
  };
  assert.ok(width(2_000) > 1.5 * width(null), `${width(2_000)} against ${width(null)}`);
});

interface Stream {
  rates: readonly number[];
  units: number;
  /** Standard deviation of a group's log odds from window to window. */
  bursts?: number;
  looks: number;
}

function chosen(random: Random, units: number, rate: number, bursts = 0): Counts {
  const odds = (rate / (1 - rate)) * Math.exp(bursts * normal(random));
  let events = 0;
  for (let i = 0; i < units; i += 1) if (random() < odds / (1 + odds)) events += 1;
  return [units, events];
}

function streamed(
  plan: Plan,
  { rates, units, bursts = 0, looks }: Stream,
  seed: number,
  each: (bench: Bench) => boolean,
) {
  const [bench, random] = [new Bench(plan).open(), seeded(seed)];
  for (let look = 0; look < looks; look += 1) {
    const drawn = rates.flatMap((rate, i) => [
      cell('baseline', [units, Math.round(units * rate)], `group=${i}`),
      cell('candidate', chosen(random, units, rate, bursts), `group=${i}`),
    ]);
    if (each(bench.show(cells(...drawn)))) return true;
  }
  return false;
}

const planOf = (spec: Partial<GateSpec>, metric: Partial<FairnessMetric> = {}): Plan =>
  judging(fairness(metric), spec, { falseAlarms: { rollback: 0.05, promote: 0.05 } });
const verdictIs = (kind: 'pass' | 'fail') => (bench: Bench) => bench.judge.verdict(bench.state) === kind;

function tally(runs: number, plan: Plan, stream: Stream, each: (bench: Bench) => boolean): number {
  return Array.from({ length: runs }, (_, i) => streamed(plan, stream, i + 1, each)).filter(Boolean).length;
}

const NO_GAP: Partial<GateSpec> = { rollbackWhen: { provenAbove: '0.0001pp' }, promoteWhen: { provenBelow: '5pp' } };
const EQUAL: [what: string, runs: number, of: Stream][] = [
  ['two equal groups', 400, { rates: [0.3, 0.3], units: 30, looks: 300 }],
  ['four equal groups of rare events', 100, { rates: [0.03, 0.03, 0.03, 0.03], units: 40, looks: 300 }],
  ['two equal groups in bursts', 100, { rates: [0.3, 0.3], units: 100, bursts: 0.8, looks: 150 }],
];
for (const [what, runs, of] of EQUAL)
  test(`${what} fail within the level, at ${of.looks} looks with no tolerance`, () => {
    const failed = tally(runs, planOf(NO_GAP), of, verdictIs('fail'));
    assert.ok(failed <= mostOf(runs, 0.05), `${failed} of ${runs}`);
  });

test('groups exactly at the limit pass within the level, by difference and by ratio', () => {
  const gap = tally(150, planOf(ABSOLUTE), { rates: [0.3, 0.35], units: 30, looks: 200 }, verdictIs('pass'));
  assert.ok(gap <= mostOf(150, 0.05), `${gap} of 150`);
  const ratio = tally(150, planOf(RATIO, IMPACT), { rates: [0.08, 0.1], units: 30, looks: 200 }, verdictIs('pass'));
  assert.ok(ratio <= mostOf(150, 0.05), `${ratio} of 150`);
});

test('the true gap lies outside of the bounds of any look in at most one run of ten, each side in one of twenty', () => {
  const of: Stream = { rates: [0.3, 0.33, 0.36], units: 40, looks: 100 };
  const outside = (bench: Bench): boolean => {
    const { lower, upper } = bench.gate();
    return (lower !== null && lower > 0.06) || (upper !== null && upper < 0.06);
  };
  const missed = tally(100, planOf({ rollbackWhen: null, promoteWhen: { provenBelow: '50pp' } }), of, outside);
  assert.ok(missed <= mostOf(100, 0.1), `${missed} of 100`);
});

test('a gap of twice the limit is found within 150 windows of 50 units nearly always', () => {
  const found = tally(40, planOf(ABSOLUTE), { rates: [0.3, 0.4], units: 50, looks: 150 }, verdictIs('fail'));
  assert.ok(found >= 36, `${found} of 40`);
});
