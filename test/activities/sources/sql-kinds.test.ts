import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { sqlSource } from '../../../activities/sources/sql.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { count, drift, fairness, quantile, rate, ratio, score, shown, slo, sourceSpec } from './builders.js';
import { GOOD, ROW, collect, connection, postgres, secrets, seenAs, windowMs } from './sql-fixture.js';

after(() => postgres.stop());

const reading = (query: string): MetricSpec['reading'] => ({ kind: 'sql', query, file: null });

const one = (columns: string) => ROW(`${GOOD}, ${columns}`);
/** Two rows of one arm in two slices `lang`. */
const two = (de: string, en: string) =>
  `select 'baseline' as arm, 'share' as via, * from (${ROW(`'de' as lang, ${de}`)} union all ${ROW(`'en', ${en}`)}) as rows`;

describe('a query answers', () => {
  const cases: [
    name: string,
    metric: (reading: MetricSpec['reading']) => MetricSpec,
    query: string,
    expected: string,
  ][] = [
    ['an slo like a rate', slo, one('500 as units, 2 as events'), 'baseline share whole 500/2'],
    [
      'a score with its two sums, as PostgreSQL prints doubles and numerics',
      score,
      one('4 as n, 1e-7::float8 as sum, 0.0000000000000100::numeric as sum_sq'),
      'baseline share whole 4 sum 1e-7 sq 1e-14',
    ],
    [
      'a score that may be negative',
      (of) => score(of, [-1, 1]),
      one('3 as n, -1.5::numeric as sum, 1 as sum_sq'),
      'baseline share whole 3 sum -1.5 sq 1',
    ],
    [
      'a count with hours of exposure',
      count,
      one('7 as events, 12.25::float8 as exposure, 40 as first_seen'),
      'baseline share whole 7 in 12.25 first 40',
    ],
    [
      'a ratio with sums, squares and products',
      ratio,
      one('2 as n, -3.5::float8 as sy, 4 as sz, 14.25 as syy, 10 as szz, -6.5 as syz'),
      'baseline share whole 2 -3.5/4 14.25 10 -6.5',
    ],
    [
      'a histogram with edges in the names of its columns',
      quantile,
      one('9 as n, 4 as le_0_5, 4 as le_50, 8 as le_100'),
      'baseline share whole 9 [[0.5,4],[50,4],[100,8],[null,9]]',
    ],
    [
      'a drift with edges below zero',
      drift,
      one('9 as n, 1 as le_minus_1_5, 4 as le_0, 8 as le_2'),
      'baseline share whole 9 [[-1.5,1],[0,4],[2,8],[null,9]]',
    ],
    [
      'units whose outcome has not arrived, beside those that are counted',
      rate,
      one('0 as units, 0 as events, 3 as unlabelled'),
      'baseline share whole 0/0 unlabelled 3',
    ],
  ];
  for (const [name, metric, query, expected] of cases)
    test(name, async () => assert.equal(await seenAs(metric, query), expected));

  const sliced: [name: string, metric: MetricSpec, expected: string][] = [
    [
      'a score by slice, which adds up to the whole',
      score(
        reading(two('2 as n, 1.5 as sum, 1.25 as sum_sq, 1 as unlabelled', '1, 0.25, 0.0625, 4')),
        [0, 1],
        ['lang'],
      ),
      'baseline share whole 3 sum 1.75 sq 1.3125 unlabelled 5; baseline share lang=de 2 sum 1.5 sq 1.25 unlabelled 1; ' +
        'baseline share lang=en 1 sum 0.25 sq 0.0625 unlabelled 4',
    ],
    [
      'fairness by group',
      fairness(reading(two('10 as units, 9 as events', '20, 12')), ['lang']),
      'baseline share whole 30/21; baseline share lang=de 10/9; baseline share lang=en 20/12',
    ],
    [
      'a count by slice',
      count(reading(two('1 as events, 0.5 as exposure', '0, 1.25')), ['lang']),
      'baseline share whole 1 in 1.75; baseline share lang=de 1 in 0.5; baseline share lang=en 0 in 1.25',
    ],
  ];
  for (const [name, metric, expected] of sliced)
    test(name, async () => {
      const [window] = await collect({ asked: metric });
      assert.equal(shown(window?.observations['asked']).join('; '), expected);
    });
});

describe('a query gives no value when', () => {
  const SUMS = '2 as n, 3 as sy, 4 as sz, 5 as syy, 10 as szz, 7 as syz';
  const cases: [
    name: string,
    metric: (reading: MetricSpec['reading']) => MetricSpec,
    query: string,
    expected: RegExp,
  ][] = [
    ['a sum is NaN', score, one(`4 as n, 'NaN'::float8 as sum, 1 as sum_sq`), /row 1 has sum NaN: some row it adds up/],
    ['a sum is infinite', score, one(`4 as n, 1 as sum, 'Infinity'::float8 as sum_sq`), /sum_sq Infinity: some row/],
    ['a numeric sum is NaN', ratio, one(SUMS.replace('3 as sy', `'NaN'::numeric as sy`)), /sy NaN: some row/],
    ['a sum is NULL', score, one('0 as n, null::float8 as sum, 0 as sum_sq'), /sum NULL; use coalesce/],
    ['a sum is empty text', score, one(`1 as n, '' as sum, 0 as sum_sq`), /sum "", which is no finite decimal/],
    ['a sum is hexadecimal', score, one(`1 as n, '0x1' as sum, 0 as sum_sq`), /sum "0x1"/],
    ['a sum has a comma', score, one(`1 as n, '0,5' as sum, 0 as sum_sq`), /sum "0,5"/],
    ['a sum has blanks', score, one(`1 as n, ' 1' as sum, 1 as sum_sq`), /sum " 1"/],
    ['a sum is money', score, one(`1 as n, 1::money as sum, 1 as sum_sq`), /sum "\$1.00"/],
    ['a sum is beyond doubles', score, one(`1 as n, '1e999' as sum, 1 as sum_sq`), /sum "1e999"/],
    ['n is a fraction', score, one('1.5 as n, 1 as sum, 1 as sum_sq'), /n "1.5", which is no whole count/],
    ['squares are negative', score, one('1 as n, 0 as sum, -1 as sum_sq'), /sum_sq -1, which cannot be negative/],
    [
      'scores leave their range',
      score,
      one('2 as n, 2.5 as sum, 4 as sum_sq'),
      /2 scores from 0 to 1 cannot have the sum 2.5/,
    ],
    [
      'squares are too small for the sum',
      score,
      one('10 as n, 5 as sum, 2 as sum_sq'),
      /baseline, via share: 10 scores from 0 to 1 with the sum 5 cannot have the sum of squares 2/,
    ],
    [
      'squares are too large for the range',
      score,
      one('10 as n, 5 as sum, 6 as sum_sq'),
      /cannot have the sum of squares 6/,
    ],
    ['no scores have a sum', score, one('0 as n, 1 as sum, 1 as sum_sq'), /0 scores from 0 to 1 cannot have the sum 1/],
    ['events happen in no exposure', count, one('1 as events, 0 as exposure'), /1 events in no exposure/],
    ['events are a fraction', count, one('0.5 as events, 1 as exposure'), /events "0.5"/],
    ['exposure is negative', count, one('0 as events, -0.5 as exposure'), /exposure -0.5, which cannot be negative/],
    ['exposure is NaN', count, one(`0 as events, 'NaN'::float8 as exposure`), /exposure NaN: some row/],
    [
      'exposure is beyond exact integers',
      count,
      one('0 as events, 1e17 as exposure'),
      /no finite number from 0 to 2\^53/,
    ],
    [
      'products are too large for the squares',
      ratio,
      one(SUMS.replace('7 as syz', '8 as syz')),
      /sum of products syz 8/,
    ],
    ['squares of y are too small', ratio, one(SUMS.replace('5 as syy', '4 as syy')), /cannot have the squares syy 4/],
    ['squares of z are too small', ratio, one(SUMS.replace('10 as szz', '7 as szz')), /cannot have the squares szz 7/],
    ['nobody has sums', ratio, one(SUMS.replace('2 as n', '0 as n')), /0 values with the sum sy 3/],
    ['buckets fall', quantile, one('9 as n, 5 as le_50, 4 as le_100'), /not cumulative: 4 up to 100, but 5 up to 50/],
    [
      'a bucket holds more than n',
      quantile,
      one('9 as n, 5 as le_50, 10 as le_100'),
      /counts 10 up to 100, but n is 9/,
    ],
    ['edges fall', quantile, one('9 as n, 5 as le_100, 6 as le_50'), /le_50 is not above the edge before it/],
    ['an edge comes twice', quantile, one('9 as n, 5 as le_50, 6 as le_50_0'), /le_50_0 is not above/],
    [
      'an edge of a duration is negative',
      quantile,
      one('9 as n, 5 as le_minus_1, 6 as le_50'),
      /no duration is negative/,
    ],
    ['there is one bucket', quantile, one('9 as n, 5 as le_50'), /1 bucket columns; a histogram has at least/],
    ['there are no buckets', drift, one('9 as n'), /0 bucket columns/],
    [
      'infinity is written out',
      quantile,
      one('9 as n, 5 as le_50, 6 as le_60, 9 as le_inf'),
      /le_inf that is no bucket edge/,
    ],
    ['a bucket is NULL', quantile, one('9 as n, null::int as le_50, 6 as le_60'), /le_50 NULL/],
    [
      'it answers a rate for a score',
      score,
      one('9 as units, 5 as events'),
      /no column n; a score metric answers arm, via, n, sum, sum_sq/,
    ],
    ['it answers a score for a count', count, one('9 as n, 5 as sum, 5 as sum_sq'), /no column events/],
    [
      'it answers a bucket for a rate',
      rate,
      one('9 as units, 5 as events, 1 as le_50'),
      /le_50 that is neither required/,
    ],
    ['it answers a column more', ratio, one(`${SUMS}, 1 as units`), /column units that is neither required/],
    ['it answers a sum twice', ratio, one(`${SUMS}, 3 as sy`), /a column twice/],
    [
      'more are first seen than seen',
      score,
      one('1 as n, 1 as sum, 1 as sum_sq, 2 as first_seen'),
      /2 units first seen among 1/,
    ],
    ['unlabelled units are NULL', rate, one('1 as units, 0 as events, null::int as unlabelled'), /unlabelled NULL/],
    ['unlabelled units are a fraction', rate, one('1 as units, 0 as events, 0.5 as unlabelled'), /unlabelled "0.5"/],
    [
      'a slice is named like a count',
      (of) => rate(of, ['units']),
      one('1 as units, 0 as events'),
      /the slice units has the name of a column/,
    ],
    [
      'an exposure has no rows',
      count,
      `${one('0 as events, 1 as exposure')} where false`,
      /^noData: the query has no rows/,
    ],
  ];
  for (const [name, metric, query, expected] of cases)
    test(name, async () => {
      const text = await seenAs(metric, query);
      assert.match(text, expected);
      assert.match(text, /^(final|noData): /);
    });

  test('slices are exact and their sum is not', async () => {
    const half = '9007199254740991 as units, 0 as events';
    const [window] = await collect({ asked: rate(reading(two(half, '9007199254740991, 0')), ['lang']) });
    assert.match(shown(window?.observations['asked']).join(), /^final: .*no whole count from 0 to 2\^53/);
  });
});

describe('admission of a query', () => {
  const check = (asked: MetricSpec) =>
    sqlSource(connection, { ...secrets, mode: 'production' }).check(
      { asked },
      sourceSpec('sql', windowMs),
      new AbortController().signal,
    );

  test('passes each kind by a role that may only read', async () => {
    assert.deepEqual(await check(ratio(reading(one('1 as n, 2 as sy, 3 as sz, 4 as syy, 9 as szz, 6 as syz')))), []);
    assert.deepEqual(await check(drift(reading(one('9 as n, 4 as le_1, 8 as le_2')))), []);
  });
  test('refuses columns of another kind even while there are no rows', async () => {
    const empty = score(reading(`${one('1 as n, 1 as sum')} where false`));
    await assert.rejects(check(empty), { type: 'badPlan', nonRetryable: true, message: /asked: .*no column sum_sq/ });
  });
});
