/** The harness changes how long a benchmark takes and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness } from '../../bench/judge/harness.js';
import { jobsOf, runJob } from '../../bench/judge/jobs.js';
import { missedOf, section, statisticsPage } from '../../bench/judge/page.js';
import type { Case, Part, Report } from '../../bench/judge/part.js';
import { PARTS } from '../../bench/judge/parts.js';
import { mostByChance, quantileOf } from '../../bench/judge/tally.js';
import { atMost } from '../../bench/row.js';

const TINY = { runs: 0.012, looks: 0.001 };

test('one thread, two, and none at all measure the same', async () => {
  const chosen = PARTS.filter(({ name }) => ['false-promotions', 'time-to-pass'].includes(name));
  assert.equal(chosen.length, 2);
  const reports = await Promise.all(
    [0, 1, 2].map(async (threads) => {
      const measuring = harness(TINY, threads);
      try {
        const all: Report[] = [];
        for (const part of chosen) all.push((await measuring.measure(part)).report);
        return all;
      } finally {
        await measuring.stop();
      }
    }),
  );
  assert.deepEqual(reports[1], reports[0]);
  assert.deepEqual(reports[2], reports[0]);
});

test('jobs cover every seed of every case once', () => {
  const cases: Case<number>[] = [25, 1, 10].map((runs, i) => ({ name: `${i}`, runs, run: (seed) => 100 * i + seed }));
  const part = { name: 'any' } as Part;
  const outcomes = jobsOf(part, cases).flatMap((job) => runJob(cases, job));
  const expected = cases.flatMap(({ runs }, i) => Array.from({ length: runs }, (_, seed) => 100 * i + seed + 1));
  assert.deepEqual(outcomes, expected);
});

const measured = (promises: Report['promises']) => ({
  part: { ...(PARTS[0] as Part), name: 'one', title: 'One', question: 'How?', how: 'So.', limits: 'No.' },
  report: { promises, tables: [{ title: 'All', columns: ['a', 'b'], rows: [['x', '1 of 2']] }] },
  runs: 2,
  seconds: 3,
});
const promise = (value: number) => ({ what: 'wrong', target: atMost(1), measured: value, unit: 'of 9' });
const MACHINE = { cores: 2, threads: 2, node: '20.0.0' };

test('a missed target is told at its part and at the top, with its figure', () => {
  const all = [measured([promise(1), promise(2), promise(Number.NaN), promise(Number.POSITIVE_INFINITY)])];
  const page = statisticsPage(all, MACHINE);
  assert.match(page, /^1 of 4 targets are met\.$/m);
  assert.match(page, /^- wrong: 2 of 9 \(target ≤ 1\)$/m);
  assert.deepEqual(
    missedOf(all).map((line) => line.replace(/ of 9.*/, '')),
    ['wrong: 2', 'wrong: no number', 'wrong: never'],
  );
  assert.match(section(all[0] as (typeof all)[0]), /\*Targets:\* 1 of 4 met\.\n- \*\*missed:\*\* wrong: 2 of 9/);
});

test('tables stand on the page as they are', () => {
  assert.match(
    statisticsPage([measured([])], MACHINE),
    /\*\*All\*\*\n\n\| a \| b \|\n\| --- \| ---: \|\n\| x \| 1 of 2 \|/,
  );
});

test('what chance may do is the 99 % quantile of the binomial distribution', () => {
  // By scipy.stats.binom.ppf(.99, n, p).
  const cases = [
    [200, 0.02, 9],
    [1_000, 0.02, 31],
    [200, 0.05, 18],
    [1_000, 0.05, 67],
    [100, 0.02, 6],
    [4, 0.02, 1],
  ] as const;
  for (const [runs, chance, most] of cases) assert.equal(mostByChance(runs, chance), most);
});

test('a quantile counts what never came among the longest', () => {
  assert.equal(quantileOf([3, Infinity, 1, 2], 0.5), 2);
  assert.equal(quantileOf([3, Infinity, 1, Infinity], 0.8), Infinity);
  assert.ok(Number.isNaN(quantileOf([], 0.5)));
});
