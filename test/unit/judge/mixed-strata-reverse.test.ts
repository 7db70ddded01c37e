/** Arms with another mix of strata: the pooled difference may have the wrong sign, and then nothing may be concluded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StratumCounts, simpson } from '../../../judge/decision/simpson.js';
import { type Random, seeded } from './world.js';

const stratum = (treated: [units: number, events: number], control: [units: number, events: number]) => ({
  treated: { units: treated[0], events: treated[1] },
  control: { units: control[0], events: control[1] },
});
const near = (found: number | null, expected: number) =>
  assert.ok(found !== null && Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`);

/** Charig et al. 1986: open surgery is better for small and for large stones, and worse for all together. */
const kidneyStones = [stratum([87, 81], [270, 234]), stratum([263, 192], [80, 55])];

test('kidney stones: pooled and within strata the signs differ, by the numbers published', () => {
  const { pooled, mantelHaenszel } = simpson(kidneyStones);
  near(pooled, 273 / 350 - 289 / 350);
  const [small, large] = [(87 * 270) / 357, (263 * 80) / 343];
  near(mantelHaenszel, (small * (81 / 87 - 234 / 270) + large * (192 / 263 - 55 / 80)) / (small + large));
});

test('a reversal that chance explains is none; the same proportions a hundredfold are one', () => {
  assert.equal(simpson(kidneyStones).reversed, false);
  const hundredfold = kidneyStones.map(({ treated, control }) =>
    stratum([100 * treated.units, 100 * treated.events], [100 * control.units, 100 * control.events]),
  );
  assert.equal(simpson(hundredfold).reversed, true);
});

test('a busy day at half the traffic after a quiet night at a twentieth does not fool it', () => {
  // Errors are 1 % at night and 4 % by day in both arms, the candidate's a tenth fewer; it saw mostly the day.
  const strata = [stratum([50_000, 450], [950_000, 9_500]), stratum([500_000, 18_000], [500_000, 20_000])];
  const { pooled, mantelHaenszel, reversed } = simpson(strata);
  assert.ok(pooled !== null && pooled > 0.01 && mantelHaenszel !== null && mantelHaenszel < -0.003);
  assert.equal(reversed, true);
});

test('without confounding both agree and nothing is reversed, however large the effect', () => {
  const strata = [stratum([1_000, 100], [1_000, 10]), stratum([2_000, 200], [2_000, 20])];
  const { pooled, mantelHaenszel, reversed } = simpson(strata);
  near(pooled, 0.09);
  near(mantelHaenszel, 0.09);
  assert.equal(reversed, false);
});

test('a stratum with one arm alone compares nothing; no stratum with both arms, no difference', () => {
  const lonely = stratum([0, 0], [500, 400]);
  assert.equal(simpson([...kidneyStones, lonely]).mantelHaenszel, simpson(kidneyStones).mantelHaenszel);
  assert.deepEqual(simpson([lonely]), { pooled: null, mantelHaenszel: null, reversed: false });
  const apart = simpson([lonely, stratum([500, 5], [0, 0])]);
  near(apart.pooled, 0.01 - 0.8);
  assert.deepEqual([apart.mantelHaenszel, apart.reversed], [null, false]);
  assert.deepEqual(simpson([]), { pooled: null, mantelHaenszel: null, reversed: false });
});

test('the difference within strata has a sign from 2.58 of its binomial standard errors on', () => {
  // Exactly 0.04 better in both strata, and 0.07 worse pooled; counts are scaled until 2.58 errors are reached.
  const rates: [n1: number, n0: number, p1: number, p0: number][] = [
    [1_000, 3_000, 0.16, 0.2],
    [4_000, 1_000, 0.36, 0.4],
  ];
  let [weights, variance] = [0, 0];
  for (const [n1, n0, p1, p0] of rates) {
    const weight = (n1 * n0) / (n1 + n0);
    weights += weight;
    variance += weight ** 2 * ((p1 * (1 - p1)) / n1 + (p0 * (1 - p0)) / n0);
  }
  const telling = (2.58 ** 2 * variance) / weights ** 2 / 0.04 ** 2;
  const scaled = (by: number) =>
    simpson(rates.map(([n1, n0, p1, p0]) => stratum([by * n1, by * n1 * p1], [by * n0, by * n0 * p0]))).reversed;
  assert.deepEqual([scaled(telling * 0.999), scaled(telling * 1.001)], [false, true]);
});

/** Of `n` units, how many have the event. */
function binomial(random: Random, n: number, chance: number): number {
  let events = 0;
  for (let i = 0; i < n; i += 1) if (random() < chance) events += 1;
  return events;
}

/** Rates of 0.2 and 0.4 in turn, and more of the candidate where it is 0.4: pooled, it looks 0.1 worse than it is. */
function confounded(seed: number, strata: number, units: number, difference: number): StratumCounts[] {
  const random = seeded(seed);
  return Array.from({ length: strata }, (_, i) => {
    const rate = i % 2 === 0 ? 0.2 : 0.4;
    const [n1, n0] = i % 2 === 0 ? [units, 3 * units] : [3 * units, units];
    return stratum([n1, binomial(random, n1, rate + difference)], [n0, binomial(random, n0, rate)]);
  });
}

test('with no difference within strata a reversal is claimed no more often than its 2.58 errors allow, thick or thin', () => {
  for (const [strata, units] of [
    [4, 1_000],
    [1_000, 4],
  ] as const) {
    let [reversals, found] = [0, 0];
    for (let seed = 1; seed <= 400; seed += 1) {
      if (simpson(confounded(seed, strata, units, 0)).reversed) reversals += 1;
      if (simpson(confounded(seed, strata, units, -0.06)).reversed) found += 1;
    }
    // One-sided 0.005 at one look: seven or more of 400 come up less than once in a hundred times.
    assert.ok(reversals <= 6, `${reversals} of 400 in ${strata} strata`);
    assert.ok(found >= 380, `${found} of 400 in ${strata} strata`);
  }
});
