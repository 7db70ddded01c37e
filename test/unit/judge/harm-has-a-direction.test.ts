/** Which way is worse, and which side of an event is counted, must never be mixed up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSpec, RateMetric } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import { Bench, both, one } from './world.js';

interface Case {
  what: string;
  better: RateMetric['better'];
  spec: Partial<GateSpec>;
  /** Events among 1,000 units in each arm and window. */
  events: [baseline: number, candidate: number];
  verdict: VerdictKind;
  estimate?: number;
}

const guard = (margin: string, rollback: string): Partial<GateSpec> => ({
  promoteWhen: { provenWithin: margin },
  rollbackWhen: { provenWorseBy: rollback },
});
const success = (margin: string): Partial<GateSpec> => ({ role: 'success', promoteWhen: { provenBetterBy: margin } });

const CASES: Case[] = [
  {
    what: 'more conversions, where more is better, in points',
    better: 'higher',
    spec: guard('1pp', '0.4pp'),
    events: [50, 80],
    verdict: 'pass',
    estimate: -0.03,
  },
  {
    what: 'fewer conversions, where more is better, in points',
    better: 'higher',
    spec: guard('1pp', '0.4pp'),
    events: [80, 50],
    verdict: 'fail',
    estimate: 0.03,
  },
  {
    what: 'more errors, where fewer are better, in points',
    better: 'lower',
    spec: guard('1pp', '0.4pp'),
    events: [50, 80],
    verdict: 'fail',
    estimate: 0.03,
  },
  {
    what: 'twice the errors, relative',
    better: 'lower',
    spec: guard('25%', '10%'),
    events: [20, 40],
    verdict: 'fail',
    estimate: 1,
  },
  {
    what: 'half the errors, relative',
    better: 'lower',
    spec: guard('25%', '10%'),
    events: [40, 20],
    verdict: 'pass',
    estimate: -0.5,
  },
  {
    what: 'half the conversions, where more is better, relative',
    better: 'higher',
    spec: guard('25%', '10%'),
    events: [80, 40],
    verdict: 'fail',
    estimate: 0.5,
  },
  {
    what: 'twice the conversions, where more is better, relative',
    better: 'higher',
    spec: guard('25%', '10%'),
    events: [40, 80],
    verdict: 'pass',
    estimate: -1,
  },
  {
    what: 'accuracy from 96 to 92 %: its errors doubled, relative to the rare side',
    better: 'higher',
    spec: guard('25%', '10%'),
    events: [960, 920],
    verdict: 'fail',
    estimate: 1,
  },
  {
    what: 'accuracy from 92 to 96 %: its errors halved',
    better: 'higher',
    spec: guard('25%', '10%'),
    events: [920, 960],
    verdict: 'pass',
    estimate: -0.5,
  },
  {
    what: 'errors from 92 to 96 %, where fewer are better: the successes halved',
    better: 'lower',
    spec: guard('25%', '10%'),
    events: [920, 960],
    verdict: 'fail',
    estimate: 0.5,
  },
  {
    what: 'better beyond doubt, asked to be better',
    better: 'lower',
    spec: success('0%'),
    events: [40, 20],
    verdict: 'pass',
  },
  {
    what: 'equal, asked to be better',
    better: 'lower',
    spec: success('0%'),
    events: [30, 30],
    verdict: 'inconclusive',
  },
  {
    what: 'worse, asked to be better: withheld, not rolled back',
    better: 'lower',
    spec: success('0%'),
    events: [20, 40],
    verdict: 'inconclusive',
  },
  {
    what: 'better by 3 points, asked for 2',
    better: 'higher',
    spec: success('2pp'),
    events: [50, 80],
    verdict: 'pass',
  },
  {
    what: 'better by 3 points, asked for 4',
    better: 'higher',
    spec: success('4pp'),
    events: [50, 80],
    verdict: 'inconclusive',
  },
  {
    what: 'accuracy above its floor',
    better: 'higher',
    spec: { promoteWhen: { provenAbove: '95%' }, rollbackWhen: { provenBelow: '95%' } },
    events: [900, 970],
    verdict: 'pass',
  },
  {
    what: 'accuracy below its floor, though better than the baseline',
    better: 'higher',
    spec: { promoteWhen: { provenAbove: '95%' }, rollbackWhen: { provenBelow: '95%' } },
    events: [900, 930],
    verdict: 'fail',
  },
];

/** Spreads events so that windows scatter a little, as real ones do, around the same totals. */
const jitter = (events: number, look: number): number =>
  Math.round(events + Math.sqrt(events * (1 - events / 1_000)) * ([0.5, -0.5, 0.9, -0.9][look % 4] ?? 0));

for (const { what, better, spec, events, verdict, estimate } of CASES)
  test(`${what}: ${verdict}`, () => {
    const bench = new Bench(one(spec, { better })).open();
    for (let look = 0; look < 60; look += 1)
      bench.show(both([1_000, jitter(events[0], look + 1)], [1_000, jitter(events[1], look)]));
    assert.equal(bench.verdict().verdict, verdict, bench.verdict().sentence);
    const found = bench.gate();
    if (estimate !== undefined)
      assert.ok(found.estimate !== null && Math.abs(found.estimate - estimate) < 0.1, `estimate ${found.estimate}`);
    assert.equal(
      found.events.candidate > found.events.baseline,
      events[1] > events[0],
      'events are shown as they were counted',
    );
    if (process.env['SHOW']) console.log(found.lane, found.sentence);
  });

test('the sentence of a failure quotes the bound that decided and the limit it crossed', () => {
  const bench = new Bench(one(guard('2pp', '0.8pp'))).open().show(both([1_000, 50], [1_000, 110]), 30);
  assert.match(
    bench.gate().sentence,
    /^errors is 6 points worse, at least [\d.]+; the limit is 0\.8; [\d,]+ candidate units\.$/,
  );
});

test('an undecided sentence says how many more units would decide it', () => {
  const bench = new Bench(one(guard('2pp', '0.8pp'))).open().show(both([100, 5], [100, 5]), 15);
  assert.match(bench.gate().sentence, /About [\d,]+ more candidate units would prove it, if nothing changes/);
});
