/** The rules of others, each against an example worked by hand from what is known of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argoRollouts } from '../../bench/peers/argo-rollouts.js';
import { flagger } from '../../bench/peers/flagger.js';
import type { Decision, Minute, Peer } from '../../bench/peers/peer.js';
import { sprt } from '../../bench/peers/sprt.js';
import { zOf, zTest } from '../../bench/peers/z-test.js';

const GOOD: Minute = { units: 100, events: 1 };
const BAD: Minute = { units: 100, events: 3 };
const SILENT: Minute = { units: 0, events: 0 };

/** What it says minute by minute, until it decides. */
function said(peer: Peer, treated: readonly Minute[], control: Minute = GOOD): (Decision | null)[] {
  const watch = peer.begin();
  const all: (Decision | null)[] = [];
  for (const minute of treated) {
    all.push(watch.look(control, minute));
    if (all.at(-1) !== null) break;
  }
  return all;
}
const decision = (peer: Peer, treated: readonly Minute[], control?: Minute) => {
  const all = said(peer, treated, control);
  return [all.length, all.at(-1)];
};
const times = (minute: Minute, n: number): Minute[] => Array.from({ length: n }, () => minute);

const LIMIT = { kind: 'constant', rate: 0.02 } as const;
const argo = argoRollouts('argo', { limit: LIMIT });

test('Argo: three failures at a limit of three are tolerated, the fourth is not, however long ago the others were', () => {
  assert.deepEqual(decision(argo, times(BAD, 3)), [3, null]);
  assert.deepEqual(decision(argo, [...times(BAD, 3), ...times(GOOD, 500), BAD]), [504, 'fail']);
});

test('Argo: a rate exactly at the limit is good', () => {
  assert.deepEqual(decision(argo, times({ units: 100, events: 2 }, 50)), [50, null]);
});

test('Argo: an empty answer is an error tried again every ten seconds, and five in a row abort within the minute', () => {
  assert.deepEqual(decision(argo, [null]), [1, 'fail']);
  const patient = argoRollouts('argo', { limit: LIMIT, consecutiveErrorLimit: 11 });
  assert.deepEqual(decision(patient, [null, GOOD, null, GOOD, null, null]), [6, 'fail']);
  assert.deepEqual(decision(patient, [null, GOOD, null, GOOD, null, GOOD]), [6, null]);
});

test('Argo: NaN fails with a success condition alone, and with both waits for a person for ever', () => {
  assert.deepEqual(decision(argo, times(SILENT, 9)), [4, 'fail']);
  const both = argoRollouts('argo', { limit: LIMIT, bothConditions: true });
  assert.deepEqual(decision(both, [SILENT, ...times(BAD, 99)]), [100, null]);
});

test('Argo: with a count it succeeds after so many measurements, errors not counted', () => {
  const counted = argoRollouts('argo', { limit: LIMIT, count: 3, consecutiveErrorLimit: 6 });
  assert.deepEqual(decision(counted, [GOOD, null, BAD, GOOD]), [4, 'pass']);
});

test('Argo: relative to the baseline of the same minute', () => {
  const relative = argoRollouts('argo', { limit: { kind: 'baseline', times: 2 } });
  assert.deepEqual(decision(relative, times(BAD, 9), { units: 100, events: 2 }), [9, null]);
  assert.deepEqual(decision(relative, times(BAD, 9), { units: 100, events: 1 }), [4, 'fail']);
});

test('Flagger: the tick after the fifth failed check rolls back, though good ones lie between them', () => {
  const peer = flagger('flagger', { limit: LIMIT });
  assert.deepEqual(decision(peer, [BAD, BAD, GOOD, GOOD, BAD, BAD, GOOD, BAD, GOOD]), [9, 'fail']);
  assert.deepEqual(decision(peer, [BAD, BAD, GOOD, GOOD, BAD, BAD, GOOD, GOOD, GOOD]), [9, null]);
});

test('Flagger: no value and NaN are failed checks', () => {
  const peer = flagger('flagger', { limit: LIMIT });
  assert.deepEqual(decision(peer, [null, SILENT, null, SILENT, null, GOOD]), [6, 'fail']);
});

test('Flagger: promotes after so many good ticks; a failed one does not advance it', () => {
  const peer = flagger('flagger', { limit: LIMIT, ticks: 3 });
  assert.deepEqual(decision(peer, [GOOD, BAD, GOOD, GOOD]), [4, 'pass']);
});

test('z-test: fails at the first look beyond the 5 % quantile of all counts so far', () => {
  // By hand: pooled 25 of 1900, difference 15/900 - 10/1000.
  assert.ok(Math.abs(zOf({ units: 1_000, events: 10 }, { units: 900, events: 15 }) - 1.2733158812067542) < 1e-12);
  const control = { units: 1_000, events: 10 };
  assert.deepEqual(decision(zTest('z'), times({ units: 900, events: 15 }, 5), control), [2, 'fail']);
  assert.deepEqual(decision(zTest('z'), times({ units: 1_000, events: 10 }, 5), control), [5, null]);
});

test('the oracle fails and accepts at the boundaries of Wald', () => {
  const oracle = sprt('oracle', { ratio: 2, alpha: 0.02, power: 0.8 });
  // 12 of 16 errors in 200 units against 300: 12 ln 2 - 16 ln(700/500) = 2.934 a minute; ln(0.8/0.02) = 3.689.
  const control = { units: 300, events: 4 };
  assert.deepEqual(decision(oracle, times({ units: 200, events: 12 }, 3), control), [2, 'fail']);
  // 8 of 16 in equal arms: 8 ln 2 - 16 ln 1.5 = -0.942; ln(0.2/0.98) = -1.589.
  assert.deepEqual(decision(oracle, times({ units: 300, events: 8 }, 3), { units: 300, events: 8 }), [2, 'pass']);
});
