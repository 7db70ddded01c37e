/** The numbers the streams are made of have the moments they claim: a wrong sampler would make every other figure wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alias, Categories, poissonTable, Random } from '../../bench/judge/random.js';

const DRAWS = 200_000;
/** Standard errors; with fixed seeds the outcome is fixed as well. */
const FAR = 4;

const random = () => new Random('moments', 1);

/** Mean and variance of many draws, against what is claimed; `fourth` is the fourth central moment. */
function hasMoments(
  draw: () => number,
  mean: number,
  variance: number,
  fourth = 3 * variance * variance + variance,
): void {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < DRAWS; i += 1) {
    const value = draw() - mean;
    sum += value;
    squares += value * value;
  }
  const meanError = sum / DRAWS / Math.sqrt(variance / DRAWS);
  const varianceError = (squares / DRAWS - variance) / Math.sqrt((fourth - variance * variance) / DRAWS);
  assert.ok(Math.abs(meanError) < FAR, `mean ${mean} is off by ${meanError} standard errors`);
  assert.ok(Math.abs(varianceError) < FAR, `variance ${variance} is off by ${varianceError} standard errors`);
}

test('uniform, normal and exponential numbers', () => {
  const from = random();
  hasMoments(() => from.uniform(), 1 / 2, 1 / 12, 1 / 80);
  hasMoments(() => from.normal(), 0, 1, 3);
  hasMoments(() => from.exponential(), 1, 1, 9);
});

for (const mean of [0.02, 3, 9.9, 10.1, 300, 20_000])
  test(`Poisson numbers of mean ${mean}`, () => {
    const from = random();
    hasMoments(() => from.poisson(mean), mean, mean);
  });

for (const mean of [3, 300])
  test(`Poisson numbers of mean ${mean} from a table`, () => {
    const [from, table] = [random(), poissonTable(mean)];
    hasMoments(() => table.draw(from), mean, mean);
  });

for (const [n, p] of [
  [1, 0.3],
  [300, 0.01],
  [3_000, 0.01],
  [3_000, 0.2],
  [50, 0.9],
  [20_000, 0.4],
] as const)
  test(`binomial numbers of ${n} and ${p}`, () => {
    const [from, variance] = [random(), n * p * (1 - p)];
    hasMoments(() => from.binomial(n, p), n * p, variance, 3 * variance ** 2 + variance * (1 - 6 * p * (1 - p)));
  });

test('none and all need no luck', () => {
  const from = random();
  assert.deepEqual([from.binomial(9, 0), from.binomial(9, 1), from.binomial(0, 0.5), from.poisson(0)], [0, 9, 0, 0]);
});

test('an alias table draws by its weights', () => {
  const [from, table] = [random(), new Alias([1, 0, 3], 5)];
  const drawn = Array.from({ length: 4_000 }, () => table.draw(from));
  assert.deepEqual(
    [...new Set(drawn)].sort((a, b) => a - b),
    [5, 7],
  );
  assert.ok(Math.abs(drawn.filter((value) => value === 7).length - 3_000) < FAR * Math.sqrt(750));
});

for (const n of [4, 40, 4_000])
  test(`${n} units spread over categories lose none and keep their chances`, () => {
    const from = random();
    const chances = [0.05, 0.5, 0, 0.15, 0.3];
    const categories = new Categories(chances);
    const sums = chances.map(() => 0);
    const rounds = 5_000;
    for (let round = 0; round < rounds; round += 1) {
      const counts = chances.map(() => 0);
      categories.spread(from, n, counts);
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        n,
      );
      counts.forEach((count, i) => (sums[i] = (sums[i] ?? 0) + count));
    }
    for (const [i, chance] of chances.entries()) {
      const off = Math.abs((sums[i] ?? 0) - rounds * n * chance);
      assert.ok(off <= FAR * Math.sqrt(rounds * n * chance * (1 - chance)), `category ${i} is off by ${off}`);
    }
  });

test('a name and a seed give the same numbers again, another name or seed others', () => {
  const numbers = (name: string, seed: number) => {
    const from = new Random(name, seed);
    return [from.uniform(), from.normal(), from.poisson(300)];
  };
  assert.deepEqual(numbers('a', 1), numbers('a', 1));
  assert.notDeepEqual(numbers('a', 1), numbers('a', 2));
  assert.notDeepEqual(numbers('a', 1), numbers('b', 1));
});
