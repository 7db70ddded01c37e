/** Error budgets: who burns them, how fast, and whose fault it is; through gaps, bad clocks, outages and short bakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepContext } from '../../../judge/types.js';
import type { GateSpec, SloMetric } from '../../../workflows/contract/plan.js';
import type { Observation, Window } from '../../../workflows/contract/windows.js';
import { DAY_MS, Bench, both, cell, cells, judging, mostOf, poisson, seeded, slo } from './world.js';

const MINUTE_MS = 60_000;
const BUDGET: Partial<GateSpec> = { rollbackWhen: { provenAbove: '6abs' }, promoteWhen: { provenBelow: '6abs' } };
/** A minute of 3,000 requests at so many times a budget of 0.1 %. */
const at = (burn: number): [number, number] => [3_000, Math.round(3 * burn)];
const HEALTHY = at(1 / 3);

/** Windows of a minute. */
class Budget extends Bench {
  #now = 0;

  constructor(spec: Partial<GateSpec> = {}, metric: Partial<SloMetric> = {}) {
    super(judging(slo(metric), { ...BUDGET, ...spec }));
  }

  minutes(observation: Observation, times: number, change: Partial<Window> = {}, everyMs = MINUTE_MS): this {
    for (let i = 0; i < times; i += 1) {
      this.#now += everyMs;
      this.show(observation, 1, { startMs: this.#now - everyMs, endMs: this.#now, ...change });
    }
    return this;
  }

  /** Also back in time. */
  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  sentence(): string {
    return this.gate().sentence;
  }
}
const opened = (spec: Partial<GateSpec> = {}, change: Partial<StepContext> = {}): Budget =>
  new Budget(spec).open(change) as Budget;

test('a healthy candidate passes within minutes, long before any window of hours is full', () => {
  const bench = opened().minutes(both(HEALTHY, HEALTHY), 5);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.match(
    bench.sentence(),
    /^errors burns its budget of 0\.1 % at 0\.333 times the allowed rate, at most [\d.]+; the/,
  );
  assert.equal(bench.gate().lane, 'burn');
});

test('at 20 times its budget beside a healthy baseline a candidate is rolled back within five minutes', () => {
  const bench = opened().minutes(both(HEALTHY, at(20)), 5);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.ok(bench.verdict().sinceMs <= 3 * MINUTE_MS, `${bench.verdict().sinceMs} ms`);
  assert.match(
    bench.sentence(),
    /burns its budget of 0\.1 % at 20 times the allowed rate so far \(for less than \d h\) and 20 at present, the baseline at 0\.333; it rolls back from (14\.4|6) beyond 1\.5 times the baseline; \d/,
  );
});

test('a failure names the pair that fired, over both its windows, and its bounds lie beyond the limit', () => {
  const bench = opened()
    .minutes(both(HEALTHY, HEALTHY), 400)
    .minutes(both(HEALTHY, at(90)), 20);
  assert.equal(bench.verdict().verdict, 'fail');
  const { sentence, estimate, lower, rollbackLimit } = bench.gate();
  assert.match(sentence, /times the allowed rate over 1 h and 90 over 5 min, .* it rolls back from 14\.4 beyond/);
  assert.ok(estimate !== null && lower !== null && lower > 14.4 && estimate > lower, sentence);
  assert.equal(rollbackLimit, 6);
});

test('what a rollback stood on stays told when the outage is over', () => {
  const bench = opened()
    .minutes(both(HEALTHY, at(50)), 3)
    .minutes(both(HEALTHY, HEALTHY), 600);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.match(bench.sentence(), /at 50 times the allowed rate so far/);
});

for (const burn of [20, 100, 1_000])
  test(`an outage of both arms at ${burn} times the budget rolls nothing back; it holds, and lets go when it is over`, () => {
    const bench = opened()
      .minutes(both(HEALTHY, HEALTHY), 600)
      .minutes(both(at(burn), at(burn)), 60);
    assert.equal(bench.verdict().verdict, 'inconclusive');
    assert.deepEqual(bench.gate().reasons.slice(0, 1), ['ticket']);
    assert.match(bench.sentence(), /it holds from \d.* as the baseline burns as well, nothing is rolled back for it/);
    bench.minutes(both(HEALTHY, HEALTHY), 60);
    assert.ok(!bench.gate().reasons.includes('ticket'), bench.sentence());
  });

test('a candidate that burns slowly, but faster than the period can bear, holds as a ticket and never rolls back', () => {
  const bench = opened().minutes(both(HEALTHY, at(3)), 600);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.match(bench.sentence(), /at 3 times the allowed rate .* it holds from 1 beyond 1\.5 times the baseline/);
  assert.match(bench.sentence(), /holds until that has stopped/);
});

test('a baseline that burns its own budget for days is no ticket of the candidate', () => {
  const bench = opened().minutes(both(at(2), at(2)), 600);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('nine bad events say nothing, whatever their rate', () => {
  const bench = opened({}, { share: 1 }).minutes(cells(cell('candidate', [1, 1])), 9, { share: 1 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.minutes(cells(cell('candidate', [1, 1])), 20, { share: 1 }).verdict().verdict, 'fail');
});

test('where there is no control, cohorts or everybody, the budget alone is held against the candidate', () => {
  for (const [share, via] of [
    [0, 'cohort:staff'],
    [1, 'share'],
  ] as const) {
    const bench = opened({}, { share }).minutes(cells(cell('candidate', at(20), null, via)), 10, { share });
    assert.equal(bench.verdict().verdict, 'fail', bench.verdict().sentence);
    assert.match(bench.sentence(), /at present; it rolls back from (14\.4|6); /);
  }
});

test('a cohort that burns is not held against users who were drawn, but keeps the gate from passing', () => {
  const staff = cell('candidate', at(40), null, 'cohort:staff');
  const bench = opened().minutes(cells(cell('baseline', HEALTHY), cell('candidate', HEALTHY), staff), 60);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.match(bench.sentence(), /at 20\.2 times the allowed rate, at most .* At this burn rate it will not pass/);
});

test('a broken split lays nothing at the door of the candidate', () => {
  const bench = opened().minutes(both([3_000, 1], [1_500, 60]), 30);
  assert.equal(bench.verdict().split.broken, true);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('ticket'), bench.sentence());
});

test('a gate that never rolls back holds instead', () => {
  const bench = opened({ rollbackWhen: null }).minutes(both(HEALTHY, at(50)), 30);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('ticket'), bench.sentence());
});

test('a bad day at a large share does not look like the fault of the arm that had a small one before', () => {
  const bench = opened({}, { share: 0.05 });
  bench.minutes(both([2_850, 1], [150, 0]), 300, { share: 0.05 });
  bench.open({ step: 1, share: 0.5 });
  bench.minutes(both([1_500, 120], [1_500, 120]), 30);
  assert.equal(bench.verdict().verdict, 'inconclusive', bench.verdict().sentence);
});

test('an outage before a long silence is over when the windows come back', () => {
  const burning = opened({}, { share: 1 }).minutes(cells(cell('candidate', at(5))), 30, { share: 1 });
  burning.wait(2 * 3_600_000).minutes(cells(cell('candidate', at(14))), 1, { share: 1 });
  assert.equal(burning.verdict().verdict, 'inconclusive', 'one window of 14 times after the silence proves nothing');
});

test('a clock that leaps a year ahead, and back with the next step, hides no outage', () => {
  const bench = opened().minutes(both(HEALTHY, HEALTHY), 60);
  bench.wait(365 * DAY_MS).minutes(both(HEALTHY, HEALTHY), 3);
  bench.open({ step: 1 });
  bench.wait(-365 * DAY_MS);
  assert.equal(bench.minutes(both(HEALTHY, HEALTHY), 3).verdict().verdict, 'pass', bench.sentence());
  assert.equal(bench.minutes(both(HEALTHY, at(50)), 5).verdict().verdict, 'fail', bench.sentence());
});

test('windows of an hour are judged as well: the newest stands for the short ones', () => {
  const bench = opened().minutes(both([180_000, 60], [180_000, 60]), 48, {}, 3_600_000);
  assert.equal(bench.verdict().verdict, 'pass');
  bench.minutes(both([180_000, 60], [180_000, 6_000]), 1, {}, 3_600_000);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.match(bench.sentence(), /over 1 h/);
});

interface Month {
  share: number;
  burn: number;
  spec?: Partial<GateSpec>;
}
/** A month of windows of ten minutes, 30,000 requests each, in which the candidate is as the baseline. */
function month({ share, burn, spec = {} }: Month, seed: number): Budget {
  const [bench, random] = [opened(spec, { share }), seeded(seed)];
  const arm = (): [number, number] => [30_000, poisson(random, 30 * burn)];
  for (let i = 0; i < 4_320 && bench.judge.verdict(bench.state) !== 'fail'; i += 1)
    bench.minutes(share < 1 ? both(arm(), arm()) : cells(cell('candidate', arm())), 1, { share }, 10 * MINUTE_MS);
  return bench;
}

const MONTHS: [what: string, of: Month][] = [
  ['as good as its baseline', { share: 0.5, burn: 0.5 }],
  ['exactly at the limit, with no control', { share: 1, burn: 1, spec: { rollbackWhen: { provenAbove: '1abs' } } }],
];
for (const [what, of] of MONTHS)
  test(`a candidate ${what} is rolled back in at most 2 % of months, looked at every ten minutes`, () => {
    const runs = Array.from({ length: 30 }, (_, i) => month(of, i + 1));
    const failed = runs.filter((bench) => bench.verdict().verdict === 'fail').length;
    assert.ok(failed <= mostOf(30, 0.02), `${failed} of 30`);
  });

test('after a month the state of a gate is below 1 KB, a verdict below 2 KB', () => {
  const bench = month({ share: 0.5, burn: 0.9 }, 1);
  const { processes } = bench.state as unknown as { processes: object[] };
  assert.ok(JSON.stringify(processes[0]).length <= 1_024, `${JSON.stringify(processes[0]).length}`);
  bench.minutes(both(HEALTHY, at(300)), 20);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.ok(JSON.stringify(processes[0]).length <= 1_024, bench.sentence());
  assert.ok(JSON.stringify(bench.gate()).length <= 2_048, bench.sentence());
});

test('periods of any length scale the factors of the pairs, and 5 % of 30 days in 6 hours is a factor of 6 exactly', () => {
  const weekly = new Budget({ rollbackWhen: { provenAbove: '3abs' } }, { periodMs: 7 * DAY_MS }).open() as Budget;
  assert.equal(weekly.minutes(both(HEALTHY, at(8)), 60).verdict().verdict, 'fail');
  assert.match(weekly.sentence(), /from 3\.36 beyond/);
  const monthly = opened().minutes(both(HEALTHY, at(10)), 300);
  assert.equal(monthly.verdict().verdict, 'fail', 'the pair of 6 pages at a limit of 6');
  assert.match(monthly.sentence(), /from 6 beyond/);
});
