/** Comparisons are of users assigned by chance; cohorts are judged alone; everyone else not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, both, cell, cells, gate, one, plan, rate } from './world.js';

const difference = one({ promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } });
const single = one({ promoteWhen: { provenBelow: '1%' }, rollbackWhen: { provenAbove: '1%' } });
const SPLIT = [cell('baseline', [1_000, 5]), cell('candidate', [1_000, 5])];

test('a cohort on fire does not move a comparison', () => {
  const bench = new Bench(difference).open();
  bench.show(cells(...SPLIT, cell('candidate', [1_000, 900], null, 'cohort:staff')), 40);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.equal(bench.gate().units.candidate, 40_000);
});

test('a cohort on fire fails an absolute gate, which judges all users of the candidate', () => {
  const bench = new Bench(single).open();
  bench.show(cells(...SPLIT, cell('candidate', [1_000, 900], null, 'cohort:staff')), 5);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.deepEqual(bench.gate().units, { baseline: 5_000, candidate: 10_000 });
});

test('users the rollout did not assign are judged by no gate', () => {
  for (const of of [single, difference]) {
    const bench = new Bench(of).open();
    bench.show(cells(...SPLIT, cell('candidate', [9_000, 9_000], null, 'none')), 40);
    assert.notEqual(bench.verdict().verdict, 'fail');
    assert.equal(bench.gate().units.candidate, 40_000);
  }
});

test('an absolute gate passes on cohorts alone, before anybody is randomised', () => {
  const bench = new Bench(single).open({ stage: 'internal', share: 0 });
  bench.show(cells(cell('candidate', [1_000, 1], null, 'cohort:staff')), 12, { share: 0 });
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('a comparison without any control yet says so and never passes', () => {
  const bench = new Bench(difference).open({ stage: 'general', share: 1 });
  bench.show(cells(cell('candidate', [1_000, 1])), 40, { share: 1 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('noControl'));
});

test('a comparison is carried into a step without control, on what the last control showed, and says so', () => {
  const bench = new Bench(difference).open().show(both([1_000, 5], [1_000, 5]), 40);
  bench.open({ stage: 'general', share: 1, minUnits: 5_000, minMs: 3_000 });
  bench.show(cells(cell('candidate', [1_000, 5])), 4, { share: 1 });
  assert.deepEqual(bench.gate().reasons, ['minUnits', 'insufficientData', 'carried']);
  bench.show(cells(cell('candidate', [1_000, 5])), 1, { share: 1 });
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.deepEqual(bench.gate().reasons, ['carried']);
  assert.match(bench.gate().sentence, /carried from the last step with a control \(beta\)/);
  assert.equal(bench.gate().units.candidate, 40_000, 'traffic without a control adds nothing');
});

test('what was inconclusive with a control stays inconclusive without one', () => {
  const bench = new Bench(difference).open().show(both([10, 0], [10, 0]), 10);
  bench.open({ stage: 'general', share: 1 }).show(cells(cell('candidate', [1_000, 0])), 99, { share: 1 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
});

test('a hold-back keeps the comparison alive after promotion', () => {
  const bench = new Bench(difference).open({ share: 0.95, mode: 'after' });
  bench.show(both([500, 5], [9_500, 1_900]), 20, { share: 0.95, phase: 'after' });
  assert.equal(bench.verdict().verdict, 'fail');
});

test('a gate that the step does not name is not judged', () => {
  const two = plan(
    { errors: rate(), losses: rate() },
    { errors: gate(), losses: gate({ metric: 'losses', rollbackWhen: { provenWorseBy: '0.1pp' } }) },
  );
  const bench = new Bench(two).open({ gates: ['errors'] });
  bench.show(both([1_000, 5], [1_000, 5]), 40).show(both([1_000, 5], [1_000, 900]), 40, { metric: 'losses' });
  assert.equal(bench.verdict().verdict, 'pass');
});
