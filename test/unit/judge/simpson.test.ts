/** Taken together the candidate looks one way, within every slice the other: neither is believed, and it holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSpec, MetricSpec, SliceSpec } from '../../../workflows/contract/plan.js';
import {
  Bench,
  type Counts,
  type Random,
  burst,
  cell,
  cellOf,
  cells,
  judging,
  poisson,
  rate,
  score,
  seeded,
} from './world.js';

const SLICES: SliceSpec = { by: ['size'], minUnits: 100, onThin: 'extend' };
const WITHIN: Partial<GateSpec> = { promoteWhen: { provenWithin: '15pp' } };

interface Arms {
  baseline: Counts;
  candidate: Counts;
}

/** A whole that is the sum of its slices. */
function mixed(slices: Record<string, Arms>) {
  const sum = (arm: keyof Arms): Counts => {
    let [units, events] = [0, 0];
    for (const of of Object.values(slices)) [units, events] = [units + of[arm][0], events + of[arm][1]];
    return [units, events];
  };
  return cells(
    cell('baseline', sum('baseline')),
    cell('candidate', sum('candidate')),
    ...Object.entries(slices).flatMap(([name, { baseline, candidate }]) => [
      cell('baseline', baseline, name),
      cell('candidate', candidate, name),
    ]),
  );
}

/** Charig et al. 1986, a little rounded: better within both sizes, worse together, for the arms have another mix. */
const STONES = mixed({
  'size=small': { baseline: [270, 36], candidate: [87, 6] },
  'size=large': { baseline: [80, 25], candidate: [263, 71] },
});
const sliced = (spec: Partial<GateSpec>, change = {}): Bench =>
  new Bench(judging(rate({ slices: SLICES, ...change }), spec, { splitCheck: { level: 0 } })).open();

test('a reversal withholds the pass of the whole, and says to look at the slices', () => {
  const bench = sliced(WITHIN).show(STONES, 100);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('simpson'), bench.gate().reasons.join());
  assert.match(bench.gate().sentence, /taken together the candidate looks one way, within every slice the other/);
  for (const slice of ['size=small', 'size=large']) {
    assert.equal(bench.gate('errors', slice).verdict, 'pass', bench.gate('errors', slice).sentence);
    assert.ok(!bench.gate('errors', slice).reasons.includes('simpson'));
  }
});

test('the reasons are those an update went by: the verdict at every look and the explanation agree', () => {
  const bench = sliced(WITHIN);
  for (let look = 0; look < 40; look += 1) {
    bench.show(STONES);
    assert.equal(bench.judge.verdict(bench.state), bench.verdict().verdict);
  }
});

test('a failure is a failure, reversed or not', () => {
  const bench = sliced({ ...WITHIN, rollbackWhen: { provenWorseBy: '0.5pp' } }).show(STONES, 100);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.equal(bench.gate().verdict, 'fail');
});

test('with the same mix in both arms nothing is reversed, and it passes', () => {
  const bench = sliced(WITHIN);
  bench.show(
    mixed({
      'size=small': { baseline: [270, 36], candidate: [270, 20] },
      'size=large': { baseline: [80, 25], candidate: [80, 22] },
    }),
    100,
  );
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('scores can reverse as rates can', () => {
  const half = (units: number, events: number) =>
    ({ kind: 'score', n: units, sum: events / 2, sumSq: events / 4 }) as const;
  const all = STONES.kind === 'value' ? STONES.cells : [];
  const observation = cells(
    ...all.map(({ arm, slice, payload }) =>
      payload.kind === 'rate'
        ? cellOf(arm, half(payload.units, payload.events), slice)
        : { arm, slice, payload, via: 'share' as const },
    ),
  );
  const metric: MetricSpec = score({ better: 'lower', slices: SLICES });
  const plan = judging(metric, { promoteWhen: { provenWithin: '0.15abs' } }, { splitCheck: { level: 0 } });
  assert.ok(new Bench(plan).open().show(observation, 200).gate().reasons.includes('simpson'));
});

test('what judges the candidate alone, and what has no slices, cannot reverse', () => {
  const alone = sliced({ promoteWhen: { provenBelow: '40%' } }).show(STONES, 100);
  assert.ok(!alone.gate().reasons.includes('simpson'));
  const whole = new Bench(judging(rate(), WITHIN, { splitCheck: { level: 0 } })).open().show(STONES, 100);
  assert.equal(whole.verdict().verdict, 'pass');
});

/** Users of two sizes keep to their arm: by chance one arm has a few more of the dear ones, for ever. */
function sticky(random: Random, users: number) {
  const everyone = Array.from({ length: users }, () => ({
    candidate: random() < 0.5,
    large: random() < 0.3,
    rate: burst(random, 0.5),
  }));
  const of = (candidate: boolean, large: boolean): (() => Counts) => {
    const own = everyone.filter((user) => user.candidate === candidate && user.large === large);
    const mean = own.reduce((sum, user) => sum + user.rate, 0) * (large ? 0.2 : 0.02);
    return () => [own.length * 10, Math.min(own.length * 10, poisson(random, mean * 10))];
  };
  const [a, b, c, d] = [of(false, false), of(true, false), of(false, true), of(true, true)];
  return () =>
    mixed({ 'size=small': { baseline: a(), candidate: b() }, 'size=large': { baseline: c(), candidate: d() } });
}

test('the least differences of sticky users, of millions of their requests, are no reversal', () => {
  let [known, unknown] = [0, 0];
  for (let seed = 1; seed <= 60; seed += 1) {
    const window = sticky(seeded(seed), 400);
    const within: Partial<GateSpec> = { promoteWhen: { provenWithin: '20pp' } };
    const [told, untold] = [sliced(within, { unit: 'user', users: 400 }), sliced(within)];
    for (let look = 0; look < 200; look += 1) {
      const observation = window();
      told.show(observation);
      untold.show(observation);
    }
    if (told.gate().reasons.includes('simpson')) known += 1;
    if (untold.gate().reasons.includes('simpson')) unknown += 1;
  }
  if (process.env['SHOW']) console.log('sticky', known, unknown);
  assert.equal(known, 0);
  assert.ok(unknown > 2, `${unknown}: else the test tells nothing`);
});
