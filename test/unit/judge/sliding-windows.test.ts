/** What error budgets stand on: counts of the last days that age, and a claim about two proportions at every look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PART_MS, addRecent, moveTo, noRecent, sumSince } from '../../../judge/procedures/recent.js';
import { exceedsLine, lnLineEvidence, proportion } from '../../../judge/procedures/two-proportions.js';
import { mostOf, poisson, seeded } from './world.js';

const span = () => ({ first: 0, units: 0, bad: 0, controlUnits: 0, controlBad: 0 });
const NOBODY = { units: 0, events: 0 };
/** Backs of the four pairs in parts of five minutes, and how coarse parts of that age are. */
const BACKS = [
  [12, 3],
  [72, 12],
  [288, 72],
  [864, 144],
] as const;

test('a sliding window holds nothing older than it is long, and all but its oldest block, whatever the gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 400 }), (gaps) => {
      const recent = noRecent();
      const seen: number[] = [];
      for (const gap of gaps) {
        const five = (seen.at(-1) ?? 5_000_000) + gap;
        seen.push(five);
        moveTo(recent, five * PART_MS, 0.5);
        addRecent(recent, { units: 1, events: 0 }, NOBODY);
      }
      const now = seen.at(-1) ?? 0;
      for (const [back, block] of BACKS) {
        const sum = span();
        sumSince(recent, recent.now - back + 1, sum);
        const within = (parts: number) => seen.filter((five) => five > now - parts).length;
        assert.ok(sum.units <= within(back), `${sum.units} of at most ${within(back)} in ${back}`);
        assert.ok(sum.units >= within(back - block + 1), `${sum.units} of at least ${within(back - block + 1)}`);
      }
      assert.ok(recent.parts.length <= 32, `${recent.parts.length} parts`);
    }),
    { numRuns: 100 },
  );
});

test('an index never comes twice: neither a new share, nor a leap of the clock, uses a part of the level again', () => {
  const recent = noRecent();
  const begins: number[] = [];
  for (const [five, share] of [
    [100, 0.5],
    [101, 0.5],
    [101, 0.25],
    [90, 0.25],
    [50_000, 0.25],
    [7, 0.25],
    [7, 0.5],
  ] as const) {
    moveTo(recent, five * PART_MS, share);
    if (begins.at(-1) !== recent.began) begins.push(recent.began);
  }
  assert.deepEqual(begins, [1, 3, 4, 5, 6]);
});

test('the evidence against a line is that of the pair on it which is least refuted, as a search finds it', () => {
  const random = seeded(1);
  const lnOf = (events: number, others: number, p: number) =>
    (events > 0 ? events * Math.log(p) : 0) + (others > 0 ? others * Math.log1p(-p) : 0);
  for (let run = 0; run < 60; run += 1) {
    const [n, m] = [1 + Math.floor(random() * 2_000), 1 + Math.floor(random() * 2_000)];
    const treated = proportion(Math.floor(random() * random() * (n + 1)), n, 1);
    const control = proportion(Math.floor(random() * random() * (m + 1)), m, 1 + random());
    const line = { times: 0.5 + 2 * random(), plus: random() - 0.5 };
    let [from, to] = [Math.max(0, -line.plus / line.times), Math.min(1, (1 - line.plus) / line.times)];
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 4; round += 1) {
      const step = (to - from) / 500;
      let best = from;
      for (let i = 0; i <= 500; i += 1) {
        const [q, p] = [from + i * step, Math.min(1, Math.max(0, line.times * (from + i * step) + line.plus))];
        const value =
          treated.lnMixture +
          control.lnMixture -
          lnOf(control.events, control.units - control.events, q) -
          lnOf(treated.events, treated.units - treated.events, p);
        if (value < least) [least, best] = [value, q];
      }
      [from, to] = [Math.max(from, best - 2 * step), Math.min(to, best + 2 * step)];
    }
    const found = lnLineEvidence(treated, control, line);
    assert.ok(Math.abs(found - least) < 1e-6 * Math.max(1, Math.abs(least)), `${found} against ${least}`);
  }
});

test('arms exactly on the line are said to exceed it in at most the level of runs, over 300 looks', () => {
  const level = 0.05;
  let wrong = 0;
  for (let run = 1; run <= 300; run += 1) {
    const random = seeded(run);
    const counts = { treated: 0, control: 0, units: 0 };
    let crossed = false;
    for (let look = 0; look < 300 && !crossed; look += 1) {
      counts.units += 300;
      counts.control += poisson(random, 300 * 0.01);
      counts.treated += poisson(random, 300 * (1.5 * 0.01 + 0.01));
      const [treated, control] = [
        proportion(counts.treated, counts.units, 1),
        proportion(counts.control, counts.units, 1),
      ];
      crossed = exceedsLine(treated, control, { times: 1.5, plus: 0.01 }, level);
    }
    if (crossed) wrong += 1;
  }
  assert.ok(wrong <= mostOf(300, level), `${wrong} of 300`);
});

test('a line no pair can lie on is refuted, and nothing is claimed of an arm without units', () => {
  const some = proportion(1, 10, 1);
  assert.equal(lnLineEvidence(some, some, { times: 1, plus: 1.5 }), Number.POSITIVE_INFINITY);
  assert.equal(exceedsLine(proportion(0, 0, 1), some, { times: 1, plus: 0 }, 0.5), false);
  assert.equal(exceedsLine(proportion(10, 10, 1), proportion(0, 0, 1), { times: 1, plus: 0 }, 0.5), false);
});
