/** Bounds looked at after every window: how often the truth was ever outside, on streams that punish a bound for one look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asymptoticBounds } from '../../../judge/procedures/asymptotic.js';
import { addBernstein, bernsteinBounds, noBernstein } from '../../../judge/procedures/bernstein.js';
import { gammaPoissonBounds } from '../../../judge/procedures/gamma-poisson.js';
import { lnTwoSampleEvidence } from '../../../judge/procedures/two-sample.js';
import { type Random, burst, poisson, seeded } from './world.js';

const STREAMS = 400;
const LOOKS = 300;
const LEVEL = 0.05;

interface Missed {
  above: boolean;
  below: boolean;
}
/** Shown stream after stream; says at each look on which sides the truth was outside. */
type Stream = (random: Random) => (look: number) => Missed;

/** In how many streams the truth was above, or below, or either, at any look. */
function misses(stream: Stream): { above: number; below: number; either: number } {
  const counts = { above: 0, below: 0, either: 0 };
  for (let seed = 1; seed <= STREAMS; seed += 1) {
    const look = stream(seeded(seed));
    const ever = { above: false, below: false };
    for (let i = 0; i < LOOKS; i += 1) {
      const { above, below } = look(i);
      ever.above ||= above;
      ever.below ||= below;
    }
    counts.above += Number(ever.above);
    counts.below += Number(ever.below);
    counts.either += Number(ever.above || ever.below);
  }
  return counts;
}

/** The most that a chance of `level` for each stream explains, 99 times in 100. */
function mostOf(streams: number, level: number): number {
  let [chance, sum, k] = [(1 - level) ** streams, 0, 0];
  for (; sum + chance < 0.99; k += 1) {
    sum += chance;
    chance *= ((streams - k) * level) / ((k + 1) * (1 - level));
  }
  return k;
}
const MOST = mostOf(STREAMS, LEVEL);

/** Events of a rate of 0.2 in exposures that swing by an order of magnitude. */
function events(bounds: (events: number, exposure: number) => { lower: number; upper: number }): Stream {
  return (random) => {
    let [sum, exposure] = [0, 0];
    return () => {
      const shown = 1 + 19 * random();
      exposure += shown;
      sum += poisson(random, 0.2 * shown);
      const { lower, upper } = bounds(sum, exposure);
      return { above: upper < 0.2, below: lower > 0.2 };
    };
  };
}

test('a rate per exposure stays within its bounds at all looks, whatever scale was expected', () => {
  for (const scale of [0.002, 0.2, 1, 20]) {
    const { either } = misses(events((sum, exposure) => gammaPoissonBounds(sum, exposure, LEVEL, scale)));
    assert.ok(either <= MOST, `scale ${scale}: ${either} of ${STREAMS}`);
  }
});

test('the same streams break a bound made for one look', () => {
  const fixed = (sum: number, exposure: number) => {
    const half = (1.96 * Math.sqrt(sum + 1)) / exposure;
    return { lower: sum / exposure - half, upper: sum / exposure + half };
  };
  assert.ok(misses(events(fixed)).either > 2 * MOST);
});

test('counts that burst, divided by how much they scatter, stay within their bounds', () => {
  const bursty = (factor: number): Stream => {
    return (random) => {
      let [sum, exposure] = [0, 0];
      return () => {
        exposure += 10;
        // Variance over mean of a window: 1 + 10 cv^2 = 3.5.
        sum += poisson(random, 10 * burst(random, 0.5));
        const { lower, upper } = gammaPoissonBounds(sum / factor, exposure / factor, LEVEL);
        return { above: upper < 1, below: lower > 1 };
      };
    };
  };
  assert.ok(misses(bursty(3.5)).either <= MOST);
  assert.ok(misses(bursty(1)).either > MOST, 'undivided they must not, or the test tells nothing');
});

const SCORES: [what: string, score: (random: Random, mean: number) => number][] = [
  ['right or wrong', (random, mean) => (random() < mean ? 1 : 0)],
  ['spread evenly about their mean', (random, mean) => mean + (random() - 0.5) * 2 * Math.min(mean, 1 - mean)],
  ['nearly always a little low, rarely full marks', (random, mean) => (random() < mean / 2 ? 1 : mean / (2 - mean))],
];
/** The mean moves from 0.1 to 0.4 and back: what is bounded is the average of what was shown. */
const moving = (look: number): number => 0.25 - 0.15 * Math.cos((2 * Math.PI * look) / LOOKS);

for (const [what, score] of SCORES)
  test(`the mean of scores ${what} stays within its bounds at all looks, while it moves`, () => {
    const { above, below } = misses((random) => {
      const sums = noBernstein();
      let truth = 0;
      return (look) => {
        const window = { n: 1 + Math.floor(8 * random()), sum: 0, sumSq: 0 };
        for (let i = 0; i < window.n; i += 1) {
          const x = score(random, moving(look));
          window.sum += x;
          window.sumSq += x * x;
        }
        truth += window.n * moving(look);
        addBernstein(sums, window);
        const { lower, upper } = bernsteinBounds(sums, LEVEL);
        return { above: upper < truth / sums.n, below: lower > truth / sums.n };
      };
    });
    assert.ok(above <= MOST && below <= MOST, `${above} above, ${below} below of ${STREAMS}`);
  });

test('a mean of differences of windows stays within its asymptotic bounds from 30 windows on', () => {
  const { above, below } = misses((random) => {
    let [n, sum, squares] = [0, 0, 0];
    return () => {
      const x = poisson(random, 3) - poisson(random, 3);
      [n, sum, squares] = [n + 1, sum + x, squares + x * x];
      if (n < 30) return { above: false, below: false };
      const variance = squares / n - (sum / n) ** 2;
      const { lower, upper } = asymptoticBounds(sum / n, { n, variance, planned: 240, level: LEVEL });
      return { above: upper < 0, below: lower > 0 };
    };
  });
  assert.ok(above <= MOST && below <= MOST, `${above} above, ${below} below of ${STREAMS}`);
});

/** Draws of each look into categories; the arms are unequal and grow unevenly. */
function categories(sharesOfB: readonly number[]): Stream {
  const sharesOfA = [0.5, 0.3, 0.15, 0.04, 0.01];
  const draw = (random: Random, shares: readonly number[]) => {
    let left = random();
    return Math.max(
      0,
      shares.findIndex((share) => (left -= share) < 0),
    );
  };
  return (random) => {
    const [a, b] = [sharesOfA.map(() => 0), sharesOfA.map(() => 0)];
    return () => {
      const add = (counts: number[], shares: readonly number[]) => {
        const at = draw(random, shares);
        counts[at] = (counts[at] ?? 0) + 1;
      };
      for (let i = 0; i < 8; i += 1) add(a, sharesOfA);
      for (let i = 0; i < 2; i += 1) add(b, sharesOfB);
      const proven = lnTwoSampleEvidence(a, b) >= -Math.log(LEVEL);
      return { above: proven, below: false };
    };
  };
}

test('arms that draw from the same distribution are not told apart at any look, those that do not are', () => {
  const alike = misses(categories([0.5, 0.3, 0.15, 0.04, 0.01])).above;
  assert.ok(alike <= MOST, `${alike} of ${STREAMS}`);
  const apart = misses(categories([0.3, 0.3, 0.2, 0.1, 0.1])).above;
  assert.ok(apart >= 0.95 * STREAMS, `${apart} of ${STREAMS}`);
});
