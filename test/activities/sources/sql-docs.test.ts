import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { count, fairness, quantile, ratio, score } from './builders.js';
import { postgres, seenAs } from './sql-fixture.js';

after(() => postgres.stop());

describe('the queries of docs/sources.md', () => {
  /** First SQL block after a heading or a line that holds `mark`. */
  const documented = (mark: string): string => {
    const page = readFileSync(new URL('../../../docs/sources.md', import.meta.url), 'utf8');
    const block = /```sql\n([\s\S]*?)```/.exec(page.slice(page.indexOf(mark)))?.[1];
    assert.ok(page.includes(mark) && block !== undefined, `docs/sources.md has no query after ${mark}`);
    return block;
  };

  const within = `timestamptz '2026-03-01T12:00:01Z'`;
  const prepare = postgres.run(`
    create table answers (asked_at timestamptz, arm text, via text, score float8);
    insert into answers values (${within}, 'candidate', 'share', 1), (${within}, 'candidate', 'share', 0.5),
      (${within}, 'candidate', 'share', null), (${within} + interval '2 s', 'candidate', 'share', 1);
    create table sessions (ended_at timestamptz, arm text, via text, contacts int, seconds float8);
    insert into sessions values (${within}, 'candidate', 'share', 2, 1800), (${within}, 'candidate', 'share', 0, 900);
    create table interactions (at timestamptz, arm text, via text, user_id text, cost numeric);
    insert into interactions values (${within}, 'candidate', 'share', 'a', 0.5), (${within}, 'candidate', 'share', 'a', 1.5),
      (${within}, 'candidate', 'share', 'b', 3);
    create table requests (ended_at timestamptz, arm text, via text, ms float8);
    insert into requests values (${within}, 'candidate', 'share', 10), (${within}, 'candidate', 'share', 70),
      (${within}, 'candidate', 'share', 900);
    create table predictions (id int, at timestamptz, arm text, via text, language text, positive boolean);
    create table labels (prediction_id int, positive boolean);
    insert into predictions select n, ${within}, 'candidate', 'share', case when n < 5 then 'de' else 'en' end, n % 2 = 0
      from generate_series(1, 8) n;
    insert into labels values (1, true), (2, true), (3, false), (5, true), (6, true), (8, true);
    grant select on all tables in schema public to reader`);

  const cases: [mark: string, metric: (reading: MetricSpec['reading']) => MetricSpec, expected: string][] = [
    ['### score', score, 'candidate share whole 2 sum 1.5 sq 1.25 unlabelled 1'],
    ['### count', count, 'candidate share whole 2 in 0.75'],
    ['### ratio', ratio, 'candidate share whole 2 5/3 13 5 7'],
    ['### quantile', quantile, 'candidate share whole 3 [[25,1],[50,1],[100,2],[250,2],[null,3]]'],
    [
      '### fairness',
      (of) => fairness(of, ['language']),
      'candidate share whole 5/3 unlabelled 2; candidate share language=de 2/1 unlabelled 1; ' +
        'candidate share language=en 3/2 unlabelled 1',
    ],
  ];
  for (const [mark, metric, expected] of cases)
    test(`${mark.slice(4)} is answered with what it promises`, async () => {
      await prepare;
      assert.equal(await seenAs(metric, documented(mark)), expected);
    });
});
