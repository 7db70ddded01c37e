/** A harm that the whole hides must be found in its slice, and a slice too thin to tell must not pass in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateLevels, processLevels } from '../../../judge/budget.js';
import type { SliceSpec } from '../../../workflows/contract/plan.js';
import { demoPlan } from './demo-plan.js';
import { Bench, cell, cells, one } from './world.js';

const sliced = (onThin: SliceSpec['onThin'] = 'extend') =>
  one(
    { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } },
    { slices: { by: ['mail'], minUnits: 200, onThin } },
  );

/** Soft mail in both arms, and a slice with its own counts. */
const mail = (name: string, baseline: [number, number], candidate: [number, number]) =>
  cells(
    cell('baseline', [2_000 + baseline[0], 20 + baseline[1]]),
    cell('candidate', [2_000 + candidate[0], candidate[1]]),
    cell('baseline', [2_000, 20], 'mail=soft'),
    cell('candidate', [2_000, 0], 'mail=soft'),
    cell('baseline', baseline, name),
    cell('candidate', candidate, name),
  );

test('one bad slice fails a candidate that is better as a whole', () => {
  const bench = new Bench(sliced()).open().show(mail('mail=hard', [40, 7], [40, 20]), 15);
  const { verdict, decidedBy, sentence } = bench.verdict();
  assert.equal(verdict, 'fail');
  assert.deepEqual(decidedBy, { gate: 'errors', slice: 'mail=hard' });
  assert.equal(bench.gate('errors').verdict, 'pass');
  assert.match(
    sentence,
    /errors on mail=hard is 32\.5 points worse, at least [\d.]+; the limit is 0\.8; \d+ candidate units/,
  );
});

for (const [onThin, code] of [
  ['extend', 'insufficientData'],
  ['hold', 'thinSliceHold'],
  ['escalate', 'thinSliceEscalate'],
] as const)
  test(`a thin slice withholds the pass; onThin ${onThin} says ${code}`, () => {
    const bench = new Bench(sliced(onThin)).open().show(mail('mail=hard', [1, 0], [1, 0]), 150);
    assert.equal(bench.verdict().verdict, 'inconclusive');
    assert.ok(bench.gate('errors', 'mail=hard').reasons.includes('thinSlice'));
    assert.ok(bench.gate('errors', 'mail=hard').reasons.includes(code));
    assert.match(bench.gate('errors', 'mail=hard').sentence, /it needs 50 more candidate units/);
  });

test('a slice the candidate never meets is not passed over', () => {
  const bench = new Bench(sliced()).open().show(mail('mail=hard', [1, 0], [0, 0]), 100);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.deepEqual(bench.verdict().decidedBy, { gate: 'errors', slice: 'mail=hard' });
});

test('slices that appear after judging began are judged together, as other', () => {
  const bench = new Bench(sliced()).open().show(mail('mail=hard', [40, 2], [40, 2]), 3);
  bench.show(mail('mail=new', [40, 2], [40, 35]), 20);
  assert.deepEqual(bench.verdict().decidedBy, { gate: 'errors', slice: 'other' });
  assert.deepEqual(
    bench.verdict().gates.map(({ slice }) => slice),
    [null, 'mail=hard', 'mail=soft', 'other'],
  );
});

test('slices the baseline showed before the stage are known when it opens', () => {
  const bench = new Bench(sliced());
  bench.judge.update(bench.state, {
    version: 1,
    metric: 'errors',
    index: 0,
    startMs: 0,
    endMs: 1,
    phase: 'baseline',
    share: 0,
    observation: cells(cell('baseline', [10, 0]), cell('baseline', [10, 0], 'mail=rare')),
  });
  bench.open().show(mail('mail=hard', [40, 2], [40, 2]), 1);
  assert.deepEqual(
    bench.verdict().gates.map(({ slice }) => slice),
    [null, 'mail=hard', 'mail=rare', 'mail=soft'],
  );
});

test('the parts of the false-alarm budget add up to no more than the budget', () => {
  const plan = demoPlan();
  let sum = 0;
  for (const [gate, spec] of Object.entries(plan.gates)) {
    if (!spec.rollbackWhen && !spec.fastLane) continue;
    const named = ['a', 'b', 'c'];
    const sliced = plan.metrics[spec.metric]?.slices ?? null;
    for (const slice of sliced ? [null, ...named, 'other'] : [null]) {
      const { rollback, fast } = processLevels(gateLevels(plan, gate), slice, sliced ? named : null);
      sum += rollback + fast;
    }
  }
  assert.ok(Math.abs(sum - plan.falseAlarms.rollback) < 1e-12, `${sum}`);
});

test('names in slices are data: one called __proto__ or other does no harm', () => {
  const bench = new Bench(sliced()).open().show(mail('__proto__', [40, 2], [40, 2]), 5);
  assert.equal(bench.gate('errors', '__proto__').units.candidate, 200);
});
