/** Users of one slice may be split wrongly while all together look right: that slice makes the comparison void. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addToSplit, isSplitBroken, noSplit, splitVerdict } from '../../../judge/split-check.js';
import type { Cell } from '../../../workflows/contract/windows.js';
import { Bench, type Random, arms, cell, cells, count, judging, mostOf, one, poisson, seeded } from './world.js';

const SPEC = { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } };
const NAMES = Array.from({ length: 16 }, (_, i) => `locale=${String(i).padStart(2, '0')}`);

/** Units of each slice by arm; the whole is their sum. */
function units(of: Record<string, [baseline: number, candidate: number]>): Cell[] {
  const all = Object.entries(of);
  const sum = (arm: 0 | 1) => all.reduce((total, [, slice]) => total + slice[arm], 0);
  return [
    cell('baseline', [sum(0), 0]),
    cell('candidate', [sum(1), 0]),
    ...all.flatMap(([name, [baseline, candidate]]) => [
      cell('baseline', [baseline, 0], name),
      cell('candidate', [candidate, 0], name),
    ]),
  ];
}

test('a slice split 60 to 40 where half was asked is found, though the whole is half and half', () => {
  const bench = new Bench(one(SPEC)).open();
  const lopsided = cells(...units({ 'locale=de': [120, 80], 'locale=en': [880, 920] }));
  let looks = 0;
  for (; looks < 200 && !bench.verdict().split.broken; looks += 1) bench.show(lopsided);
  if (process.env['SHOW']) console.log('found after', looks);
  assert.ok(looks <= 15, `${looks} windows`);
  const { split, verdict, sentence } = bench.verdict();
  assert.equal(verdict, 'inconclusive');
  assert.equal(split.observedShare, 0.4);
  assert.ok(split.p < 0.001);
  assert.match(
    sentence,
    /^The split is broken: 40 % of [\d,]+ units of slice locale=de met the candidate; 50 % was asked/,
  );
  assert.ok(bench.gate().reasons.includes('splitBroken'));
});

test('a slice that one arm has for itself is split as badly as can be, whichever arm', () => {
  for (const [baseline, candidate] of [
    [40, 0],
    [0, 40],
  ] as const) {
    const alone = [cell('baseline', [1_000, 0]), cell('candidate', [1_000, 0])];
    if (baseline > 0) alone.push(cell('baseline', [baseline, 0], 'locale=de'));
    if (candidate > 0) alone.push(cell('candidate', [candidate, 0], 'locale=de'));
    const { split } = new Bench(one(SPEC))
      .open()
      .show(cells(...alone), 10)
      .verdict();
    assert.equal(split.broken, true);
    assert.equal(split.observedShare, candidate > 0 ? 1 : 0);
  }
});

test('of two broken slices the worse is named; the whole, once it is broken, before any', () => {
  const state = noSplit();
  for (let i = 0; i < 40; i += 1) addToSplit(state, 0.5, units({ a: [120, 80], b: [300, 100], c: [580, 820] }), null);
  assert.match(splitVerdict(state, 0.001).sentence, /units of slice b met/);
  for (let i = 0; i < 40; i += 1) addToSplit(state, 0.5, units({ a: [900, 100] }), null);
  assert.doesNotMatch(splitVerdict(state, 0.001).sentence, /slice/);
});

test('slices beyond the first twenty are looked at together', () => {
  const even = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`a=${i}`, [50, 50]] as [string, [number, number]]),
  );
  const lopsided = noSplit();
  for (let i = 0; i < 60; i += 1)
    addToSplit(lopsided, 0.5, units({ ...even, 'a=98': [30, 20], 'a=99': [30, 20] }), null);
  assert.equal(lopsided.slices.length, 21);
  assert.match(splitVerdict(lopsided, 0.001).sentence, /units of slice other met/);
});

test('a new share begins anew, for slices too', () => {
  const state = noSplit();
  for (let i = 0; i < 40; i += 1) addToSplit(state, 0.5, units({ a: [120, 80], b: [880, 920] }), null);
  assert.equal(isSplitBroken(state, 0.001), true);
  addToSplit(state, 0.75, units({ a: [25, 75], b: [250, 750] }), null);
  assert.equal(isSplitBroken(state, 0.001), false);
  assert.deepEqual(
    state.slices.map(([name]) => name),
    ['a', 'b'],
  );
});

test('exposure is no number of units: hours of machines, however unequal, break no split; units first seen would', () => {
  const hours = arms({ kind: 'count', events: 1, exposure: 900 }, { kind: 'count', events: 1, exposure: 10 });
  const bench = new Bench(judging(count(), { promoteWhen: { provenBelow: '1abs' } })).open().show(hours, 20);
  assert.equal(bench.verdict().split.broken, false);
  const seen = arms(
    { kind: 'count', events: 1, exposure: 900, firstSeen: 90 },
    { kind: 'count', events: 1, exposure: 10, firstSeen: 10 },
  );
  assert.equal(bench.open().show(seen, 20).verdict().split.broken, true);
});

const LEVEL = 0.02;
const STREAMS = 300;

/** In how many streams of right splits something was ever called broken. */
function alarms(users: number | null, drawer: (random: Random) => () => Cell[]): number {
  let broken = 0;
  for (let seed = 1; seed <= STREAMS; seed += 1) {
    const state = noSplit();
    const draw = drawer(seeded(seed));
    for (let look = 0; look < 300 && !isSplitBroken(state, LEVEL); look += 1) addToSplit(state, 0.3, draw(), users);
    if (isSplitBroken(state, LEVEL)) broken += 1;
  }
  return broken;
}

/** Sixteen slices, from large to small. */
const sizes = NAMES.map((_, i) => 400 / (i + 1));

test('sixteen slices split rightly: in at most the level of rollouts is any of them, or the whole, called broken', () => {
  const broken = alarms(
    null,
    (random) => () =>
      units(
        Object.fromEntries(
          NAMES.map((name, i) => [
            name,
            [poisson(random, (sizes[i] ?? 0) * 0.7), poisson(random, (sizes[i] ?? 0) * 0.3)],
          ]),
        ),
      ),
  );
  if (process.env['SHOW']) console.log('independent', broken);
  assert.ok(broken <= mostOf(STREAMS, LEVEL), `${broken} of ${STREAMS}`);
});

/** Some two thousand users, each in one slice and one arm, who differ in how much they ask. */
function sticky(random: Random): () => Cell[] {
  const means = NAMES.map((_, i) => {
    const users = Math.round((sizes[i] ?? 0) * 1.5);
    const of: [number, number] = [0, 0];
    for (let u = 0; u < users; u += 1) of[random() < 0.3 ? 1 : 0] += -Math.log(1 - random());
    return of;
  });
  return () =>
    units(
      Object.fromEntries(
        NAMES.map((name, i) => [name, [poisson(random, means[i]?.[0] ?? 0), poisson(random, means[i]?.[1] ?? 0)]]),
      ),
    );
}

test('of sticky users, whose slices hold few, likewise; told that requests are independent, most are called broken', () => {
  const total = sizes.reduce((sum, size) => sum + Math.round(size * 1.5), 0);
  const [known, unknown] = [alarms(total, sticky), alarms(null, sticky)];
  if (process.env['SHOW']) console.log('sticky', known, unknown);
  assert.ok(known <= mostOf(STREAMS, LEVEL), `${known} of ${STREAMS}`);
  assert.ok(unknown > STREAMS / 2, `${unknown} of ${STREAMS}`);
});
