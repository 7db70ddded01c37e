/** What a process remembers, and for how long: over steps, stages, guards, retries and a lost worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSpec } from '../../../workflows/contract/plan.js';
import { Bench, both, one, window } from './world.js';

const both2: Partial<GateSpec> = { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } };
const CLEAN = both([1_000, 5], [1_000, 5]);
/** 1.2 points worse: not to be seen in one step of this length. */
const WORSE = both([500, 5], [500, 11]);

test('minimum bake and units bind the pass', () => {
  const bench = new Bench(one(both2)).open({ minMs: 30_000, minUnits: 25_000 }).show(CLEAN, 20);
  assert.deepEqual(bench.gate().reasons, ['minUnits', 'insufficientData', 'minBake']);
  assert.match(bench.gate().sentence, /It needs 5,000 more candidate units in this step/);
  bench.show(CLEAN, 9);
  assert.deepEqual(bench.gate().reasons, ['minBake']);
  assert.match(bench.gate().sentence, /It needs 1 s more of baking/);
  assert.equal(bench.show(CLEAN).verdict().verdict, 'pass');
});

test('minimum bake and units never bind a failure', () => {
  const bench = new Bench(one(both2)).open({ minMs: 9e9, minUnits: 9e9 }).show(both([1_000, 5], [1_000, 300]), 2);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.deepEqual(bench.verdict().decidedBy, { gate: 'errors', slice: null });
});

test('each step needs its own bake and fresh units, but keeps the proof of its stage', () => {
  const bench = new Bench(one(both2)).open({ share: 0.5, minUnits: 5_000, minMs: 5_000 }).show(CLEAN, 40);
  bench
    .open({ step: 1, share: 0.6, minUnits: 5_000, minMs: 5_000 })
    .show(both([800, 4], [1_200, 6]), 4, { share: 0.6 });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.show(both([800, 4], [1_200, 6]), 1, { share: 0.6 }).verdict().verdict, 'pass');
});

test('promotion evidence starts afresh with each stage', () => {
  const bench = new Bench(one(both2)).open().show(CLEAN, 40);
  bench.open({ stage: 'general' }).show(both([10, 0], [10, 0]), 1);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.gate().units.candidate, 10);
});

test('rollback evidence spans steps, stages and guards: a slow harm is found that no step shows alone', () => {
  const strict = one({ promoteWhen: { provenWithin: '1pp' }, rollbackWhen: { provenWorseBy: '0.1pp' } });
  const alone = new Bench(strict).open().show(WORSE, 12);
  assert.equal(alone.verdict().verdict, 'inconclusive');
  const bench = new Bench(strict).open().show(WORSE, 12);
  bench.open({ mode: 'guard' }).show(WORSE, 12, { phase: 'guard' });
  bench.open({ stage: 'general' }).show(WORSE, 12);
  assert.equal(bench.verdict().verdict, 'fail', bench.verdict().sentence);
});

test('guards can fail but not pass, and feed no promotion', () => {
  const bench = new Bench(one(both2)).open({ mode: 'guard' }).show(CLEAN, 99, { phase: 'guard' });
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.equal(bench.gate().units.candidate, 0);
  assert.equal(bench.show(both([1_000, 5], [1_000, 999]), 30, { phase: 'guard' }).verdict().verdict, 'fail');
});

test('the same window again, and an older one, change nothing', () => {
  const bench = new Bench(one(both2)).open().show(CLEAN, 5);
  const before = JSON.stringify(bench.state);
  for (const index of [4, 0, 2]) bench.judge.update(bench.state, window(index, both([1_000, 0], [1_000, 1_000])));
  assert.equal(JSON.stringify(bench.state), before);
});

test('a new step counts its windows from its own beginning', () => {
  const bench = new Bench(one(both2)).open().show(CLEAN, 5).open({ step: 1 }).show(CLEAN, 3);
  assert.equal(bench.gate().windows, 8);
});

test('the state survives JSON exactly: a judge that lost its worker goes on to the same verdicts', () => {
  const kept = new Bench(
    one({ ...both2, promoteWhen: { provenWithin: '25%' }, fastLane: { ratio: 1.5, share: 0.25 } }),
  ).open();
  const moved = new Bench(
    one({ ...both2, promoteWhen: { provenWithin: '25%' }, fastLane: { ratio: 1.5, share: 0.25 } }),
  ).open();
  let state = moved.state;
  for (let i = 0; i < 60; i += 1) {
    const observation = both([900 + i, 7 + (i % 5)], [1_100 - i, 8 + (i % 3)]);
    kept.show(observation);
    state = JSON.parse(JSON.stringify(state)) as typeof state;
    moved.judge.update(state, window(i, observation));
  }
  assert.deepEqual(state, kept.state);
  assert.deepEqual(moved.judge.explain(state), kept.verdict());
});

test('explaining changes nothing', () => {
  const bench = new Bench(one(both2)).open().show(CLEAN, 12);
  const before = JSON.stringify(bench.state);
  bench.verdict();
  assert.equal(JSON.stringify(bench.state), before);
});

test('a failure names the close of the window that proved it, however many windows are shown before anyone asks', () => {
  const asked = new Bench(one(both2)).open();
  let first = 0;
  for (let i = 1; first === 0 && i <= 60; i += 1)
    if (asked.show(both([500, 5], [500, 60])).verdict().verdict === 'fail') first = i;
  const later = new Bench(one(both2))
    .open()
    .show(both([500, 5], [500, 60]), 60)
    .show(CLEAN, 50);
  assert.equal(later.verdict().verdict, 'fail', 'what was proven stays proven');
  assert.equal(later.verdict().sinceMs, first * 1_000);
  assert.equal(later.verdict().asOfMs, 110_000);
});

test('proven harmful and proven tolerable at once: fail wins', () => {
  const racing = one({ promoteWhen: { provenWithin: '5pp' }, rollbackWhen: { provenWorseBy: '0.1pp' } });
  const bench = new Bench(racing).open().show(both([10_000, 100], [10_000, 300]), 30);
  assert.equal(bench.verdict().verdict, 'fail');
});

test('a day of other traffic at another share does not look like harm', () => {
  const bench = new Bench(one({ promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.2pp' } }));
  bench.open({ share: 0.1 }).show(both([9_000, 90], [1_000, 10]), 40, { share: 0.1 });
  bench.open({ step: 1, share: 0.5 }).show(both([5_000, 500], [5_000, 500]), 40);
  const { lower, estimate } = bench.gate();
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.ok(estimate !== null && Math.abs(estimate) < 1e-9, `estimate ${estimate}: pooled plainly it would be 0.0417`);
  assert.ok(lower !== null && lower < 0);
});
