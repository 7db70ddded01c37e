/** Arms that are not split as planned make every comparison void: say so and hold, do not blame the candidate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell } from '../../../workflows/contract/windows.js';
import { Bench, both, cell, cells, gate, one, plan, poisson, rate, seeded } from './world.js';

const difference = one({ promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } });

test('a quarter where half was asked is broken, and withholds the pass', () => {
  const bench = new Bench(difference).open().show(both([1_500, 7], [500, 2]), 40);
  const { verdict, split, sentence } = bench.verdict();
  assert.equal(verdict, 'inconclusive');
  assert.equal(split.broken, true);
  assert.equal(split.observedShare, 0.25);
  assert.match(sentence, /^The split is broken: 25 % of 80,000 units met the candidate; 50 % was asked/);
  assert.ok(bench.gate().reasons.includes('splitBroken'));
});

test('a broken split is a hold, not a rollback: the comparison it voids cannot fail', () => {
  const bench = new Bench(difference).open().show(both([1_500, 7], [500, 300]), 40);
  assert.equal(bench.verdict().verdict, 'inconclusive');
});

test('one arm alone is judged whatever the split', () => {
  const bench = new Bench(one({ promoteWhen: { provenBelow: '1%' }, rollbackWhen: { provenAbove: '1%' } })).open();
  assert.equal(bench.show(both([1_500, 7], [500, 300]), 40).verdict().verdict, 'fail');
});

test('what was proven before the split broke stays proven', () => {
  const bench = new Bench(difference).open().show(both([1_000, 5], [1_000, 300]), 5);
  assert.equal(bench.show(both([1_500, 7], [500, 2]), 40).verdict().verdict, 'fail');
});

test('a split restored with the next share is judged afresh', () => {
  const bench = new Bench(difference).open().show(both([1_500, 7], [500, 2]), 40);
  bench.open({ step: 1, share: 0.75 }).show(both([500, 2], [1_500, 7]), 40, { share: 0.75 });
  assert.equal(bench.verdict().split.broken, false);
});

test('units first seen are what is counted where the source knows them', () => {
  const first = (of: Cell, firstSeen: number): Cell =>
    of.payload.kind === 'rate' ? { ...of, payload: { ...of.payload, firstSeen } } : of;
  const loud = cells(first(cell('baseline', [500, 2]), 10), first(cell('candidate', [1_500, 7]), 10));
  const bench = new Bench(difference).open().show(loud, 100);
  assert.deepEqual([bench.verdict().split.broken, bench.verdict().split.observedShare], [false, 0.5]);
});

test('requests of sticky users are allowed the scatter that users cause', () => {
  const uneven = both([10_300, 50], [9_700, 50]);
  const independent = new Bench(difference).open().show(uneven, 20);
  assert.equal(independent.verdict().split.broken, true);
  const sticky = one({ promoteWhen: { provenWithin: '2pp' } }, { unit: 'user', users: 1_000 });
  assert.equal(new Bench(sticky).open().show(uneven, 20).verdict().split.broken, false);
  assert.equal(
    new Bench(sticky)
      .open()
      .show(both([15_000, 50], [5_000, 50]), 20)
      .verdict().split.broken,
    true,
  );
});

test('the units of one metric are counted, once: slices, cohorts and other metrics do not add to them', () => {
  const two = plan({ errors: rate(), losses: rate() }, { errors: gate() });
  const bench = new Bench(two).open();
  const noise = [
    cell('baseline', [900, 1], 'a=1'),
    cell('candidate', [900, 1], 'a=1'),
    cell('candidate', [900, 1], null, 'cohort:staff'),
  ];
  bench.show(cells(cell('baseline', [100, 1]), cell('candidate', [100, 1]), ...noise), 20);
  bench.show(both([1, 0], [5_000, 0]), 20, { metric: 'losses' });
  assert.equal(bench.verdict().split.observedShare, 0.5);
});

test('fair splits are called broken in at most the level of 300 rollouts looked at 500 times', () => {
  let broken = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    const bench = new Bench(one({}, {}, { splitCheck: { level: 0.01 } })).open({ share: 0.25, gates: [] });
    for (let look = 0; look < 500; look += 1)
      bench.show(both([poisson(random, 150), 0], [poisson(random, 50), 0]), 1, { share: 0.25 });
    if (bench.verdict().split.broken) broken += 1;
  }
  // Of 300 with a chance of 0.01 each, 10 or more come up once in a thousand times.
  assert.ok(broken < 10, `${broken} of 300`);
});
