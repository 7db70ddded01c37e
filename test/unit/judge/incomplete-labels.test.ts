/** Outcomes that arrive in one arm and not in the other say nothing of either: no pass, and no blame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLabels, labelsBroken, noLabels } from '../../../judge/labels.js';
import type { Arm, GateSpec } from '../../../workflows/contract/plan.js';
import type { Cell } from '../../../workflows/contract/windows.js';
import { Bench, type Random, cell, cells, mostOf, one, seeded } from './world.js';

const SPEC: Partial<GateSpec> = { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } };

/** Labelled units, events among them, and units whose outcome is still to come. */
function told(arm: Arm, [units, events, unlabelled]: [number, number, number]): Cell {
  return { ...cell(arm, [units, events]), payload: { kind: 'rate', units, events, unlabelled } };
}
const LATE = cells(told('baseline', [980, 5, 20]), told('candidate', [500, 2, 500]));
const EQUAL = cells(told('baseline', [500, 2, 500]), told('candidate', [500, 2, 500]));
const COMPLETE = cells(told('baseline', [990, 5, 10]), told('candidate', [990, 5, 10]));

test('half of the candidate’s outcomes missing withholds the pass, and says which arm lacks what', () => {
  const bench = new Bench(one(SPEC)).open().show(LATE, 60);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate().reasons.includes('labelsBroken'));
  assert.match(
    bench.gate().sentence,
    /It holds: 50 % of the candidate's outcomes have arrived and 98 % of the baseline's, so they cannot be compared/,
  );
});

test('units whose outcome is still to come have met their arm: the split is not what is broken', () => {
  assert.equal(new Bench(one(SPEC)).open().show(LATE, 60).verdict().split.broken, false);
});

test('harm among the outcomes that did arrive is not concluded either', () => {
  const harmful = cells(told('baseline', [980, 5, 20]), told('candidate', [500, 40, 500]));
  assert.equal(new Bench(one(SPEC)).open().show(harmful, 60).verdict().verdict, 'inconclusive');
  const complete = cells(told('baseline', [980, 5, 20]), told('candidate', [980, 80, 20]));
  assert.equal(new Bench(one(SPEC)).open().show(complete, 60).verdict().verdict, 'fail', 'were it complete');
});

test('what had failed before outcomes went missing stays failed', () => {
  const bench = new Bench(one(SPEC)).open();
  bench.show(cells(told('baseline', [980, 5, 20]), told('candidate', [980, 200, 20])), 10);
  assert.equal(bench.show(LATE, 60).verdict().verdict, 'fail');
});

test('outcomes that are incomplete in both arms alike are compared', () => {
  const bench = new Bench(one(SPEC)).open().show(EQUAL, 60);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  assert.ok(!bench.gate().reasons.includes('labelsBroken'));
});

test('a source that tells of one arm only says of the other that nothing is missing there', () => {
  const silent = cells(cell('baseline', [1_000, 5]), told('candidate', [500, 2, 500]));
  assert.ok(new Bench(one(SPEC)).open().show(silent, 60).gate().reasons.includes('labelsBroken'));
});

test('a difference of a point, proven beyond doubt, changes nothing', () => {
  const slight = cells(told('baseline', [9_900, 50, 100]), told('candidate', [9_800, 50, 200]));
  assert.ok(!new Bench(one(SPEC)).open().show(slight, 100).gate().reasons.includes('labelsBroken'));
});

test('cohorts, slices, and windows without a control say nothing of completeness', () => {
  const elsewhere = cells(
    told('baseline', [980, 5, 20]),
    told('candidate', [980, 5, 20]),
    { ...told('candidate', [5, 0, 995]), via: 'cohort:staff' },
    { ...told('baseline', [995, 5, 5]), slice: 'a=1' },
    { ...told('candidate', [5, 0, 995]), slice: 'a=1' },
  );
  assert.equal(new Bench(one(SPEC)).open().show(elsewhere, 60).verdict().verdict, 'pass');
  const labels = noLabels();
  addLabels(labels, 1, [told('candidate', [5, 0, 995])], null);
  assert.deepEqual(labels, noLabels());
});

for (const share of [0.5, 0.75])
  test(`what was proven missing is remembered in the next step, at a share of ${share}`, () => {
    const bench = new Bench(one(SPEC)).open().show(LATE, 60).open({ step: 1, share });
    bench.show(COMPLETE, 1, { share });
    assert.ok(bench.gate().reasons.includes('labelsBroken'));
  });

test('a day on which outcomes lag, and more met the candidate, is no difference between the arms', () => {
  const bench = new Bench(one(SPEC)).open({ share: 0.1 });
  bench.show(cells(told('baseline', [8_900, 44, 100]), told('candidate', [989, 5, 11])), 40, { share: 0.1 });
  bench.open({ step: 1, share: 0.5 });
  bench.show(cells(told('baseline', [2_500, 12, 2_500]), told('candidate', [2_500, 12, 2_500])), 40);
  assert.ok(!bench.gate().reasons.includes('labelsBroken'), bench.gate().sentence);
});

test('once the missing outcomes are few among all, the arms are compared again', () => {
  const bench = new Bench(one(SPEC)).open().show(LATE, 10).show(COMPLETE, 500);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

/** Of `units`, how many outcomes have not arrived, each with a chance of one in five. */
function missing(random: Random, units: number): number {
  let lacking = 0;
  for (let i = 0; i < units; i += 1) if (random() < 0.2) lacking += 1;
  return lacking;
}

/** Every user is wholly late or not at all, one in five is; each window meets some of them. */
function byUsers(random: Random, users: number): (arm: Arm, units: number) => number {
  const late = (): boolean[] => Array.from({ length: users / 2 }, () => random() < 0.2);
  const of = { baseline: late(), candidate: late() };
  return (arm, units) => {
    let lacking = 0;
    for (let i = 0; i < units; i += 1) if (of[arm][Math.floor(random() * of[arm].length)]) lacking += 1;
    return lacking;
  };
}

const LEVEL = 0.02;

/** How many of `runs` streams of equal completeness were ever called broken, over two shares. */
function alarms(runs: number, told: number | null, missingOf: (random: Random) => (arm: Arm, units: number) => number) {
  let broken = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const [random, labels] = [seeded(seed), noLabels()];
    const lacking = missingOf(random);
    let ever = false;
    for (const share of [0.25, 0.5])
      for (let look = 0; look < 150 && !ever; look += 1) {
        const of = (arm: Arm, units: number): Cell => {
          const unlabelled = lacking(arm, units);
          return { ...cell(arm, [0, 0]), payload: { kind: 'rate', units: units - unlabelled, events: 0, unlabelled } };
        };
        addLabels(labels, share, [of('baseline', 80 * (1 - share)), of('candidate', 80 * share)], told);
        ever = labelsBroken(labels, LEVEL);
      }
    if (ever) broken += 1;
  }
  return broken;
}

test('arms alike are called unlike at most at the level, looked at in every window of two steps', () => {
  const broken = alarms(400, null, (random) => (_arm, units) => missing(random, units));
  if (process.env['SHOW']) console.log('independent', broken);
  assert.ok(broken <= mostOf(400, LEVEL), `${broken} of 400`);
});

test('users who are late with all they have are told apart by their number, not by that of their requests', () => {
  const sticky = (random: Random) => byUsers(random, 400);
  const [known, unknown] = [alarms(300, 400, sticky), alarms(300, null, sticky)];
  if (process.env['SHOW']) console.log('sticky', known, unknown);
  assert.ok(known <= mostOf(300, LEVEL), `${known} of 300`);
  assert.ok(unknown > 2 * mostOf(300, LEVEL), `${unknown} of 300: else the test tells nothing`);
});
