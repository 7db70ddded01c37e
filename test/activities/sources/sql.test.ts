import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { sqlSource } from '../../../activities/sources/sql.js';
import { collectOrder, quantile, shown, sourceSpec } from './builders.js';
import {
  BASIC,
  GOOD,
  I0,
  ROW,
  SLICED,
  T0,
  collect,
  connection,
  postgres,
  secrets,
  seen,
  source,
  sql,
  windowMs,
} from './sql-fixture.js';

after(() => postgres.stop());

describe('an sql window', () => {
  test('counts what happened from its start up to, not including, its end', async () => {
    const [first, second, ...rest] = await collect({ lost: sql(BASIC) }, source, T0 + 2 * windowMs);
    assert.deepEqual([first?.index, first?.startMs, first?.endMs], [I0, T0, T0 + windowMs]);
    assert.deepEqual(shown(first?.observations['lost']), ['baseline share whole 20/0', 'candidate share whole 20/2']);
    assert.deepEqual(second?.index, I0 + 1);
    assert.deepEqual(shown(second?.observations['lost']).at(-1), 'candidate share whole 20/2');
    assert.deepEqual(rest, []);
  });

  test('adds slices up to the whole', async () => {
    assert.equal(
      await seen(SLICED, ['lang']),
      'baseline share whole 20/0; baseline share lang=de 10/0; baseline share lang=en 10/0; ' +
        'candidate share whole 20/2; candidate share lang=de 10/0; candidate share lang=en 10/2',
    );
  });

  test('carries units seen for the first time', async () => {
    assert.equal(
      await seen(ROW(`${GOOD}, 5 as units, 0 as events, 3 as first_seen`)),
      'baseline share whole 5/0 first 3',
    );
  });

  test('closes only when its outcomes have settled', async () => {
    const order = { metrics: { lost: sql(BASIC) }, source: sourceSpec('sql', windowMs, 3000), sinceMs: T0 };
    assert.equal((await source.collect(collectOrder({ ...order, nowMs: T0 + windowMs + 2999 }))).length, 0);
    assert.equal((await source.collect(collectOrder({ ...order, nowMs: T0 + windowMs + 3000 }))).length, 1);
  });

  test('begins at the cursor, never before sinceMs, a few at a time', async () => {
    const order = { metrics: { lost: sql(BASIC) }, source: sourceSpec('sql', windowMs), nowMs: T0 + 3_600_000 };
    const first = await source.collect(collectOrder({ ...order, sinceMs: T0 + 1 }));
    assert.deepEqual([first[0]?.index, first.length], [I0 + 1, 6]);
    const next = await source.collect(collectOrder({ ...order, sinceMs: T0, cursor: I0 + 7 }));
    assert.equal(next[0]?.index, I0 + 7);
  });

  test('one bad metric does not spoil the others', async () => {
    const [window] = await collect({ bad: sql(ROW('nonsense')), lost: sql(BASIC) });
    assert.match(shown(window?.observations['bad']).join(), /^final: PostgreSQL says 42703/);
    assert.equal(shown(window?.observations['lost']).length, 2);
  });
});

describe('an sql metric has no value when', () => {
  const cases: [name: string, query: string, expected: RegExp][] = [
    ['there are no rows', `${BASIC} having false`, /^noData: the query has no rows/],
    ['units are NULL', ROW(`${GOOD}, null::int as units, 0 as events`), /^final: .*units NULL/],
    ['units are NaN', ROW(`${GOOD}, 'NaN'::float8 as units, 0 as events`), /^final: .*units "NaN"/],
    ['units are infinite', ROW(`${GOOD}, 'Infinity'::float8 as units, 0 as events`), /^final: .*"Infinity"/],
    ['units are empty text', ROW(`${GOOD}, '' as units, 0 as events`), /^final: .*units ""/],
    ['units are a truth value', ROW(`${GOOD}, true as units, 0 as events`), /^final: .*units "t"/],
    ['units are a fraction', ROW(`${GOOD}, 0.5 as units, 0 as events`), /^final: .*"0.5"/],
    ['units are negative', ROW(`${GOOD}, -1 as units, 0 as events`), /^final: .*"-1"/],
    ['units are an array', ROW(`${GOOD}, array[1] as units, 0 as events`), /^final: .*"\{1\}"/],
    [
      'units are beyond exact integers',
      ROW(`${GOOD}, 9007199254740993 as units, 0 as events`),
      /^final: .*9007199254740993/,
    ],
    ['there are more events than units', ROW(`${GOOD}, 1 as units, 2 as events`), /^final: .*2 events in 1 units/],
    ['the arm is unknown', ROW(`'canary' as arm, 'share' as via, 1 as units, 0 as events`), /^final: .*arm "canary"/],
    ['via is unknown', ROW(`'baseline' as arm, 'all' as via, 1 as units, 0 as events`), /^final: .*via "all"/],
    ['via is NULL', ROW(`'baseline' as arm, null as via, 1 as units, 0 as events`), /^final: .*no via/],
    ['a column is missing', ROW(`${GOOD}, 1 as units`), /^final: .*no column events/],
    ['a column is not declared', ROW(`${GOOD}, 1 as units, 0 as events, 'x' as lang`), /^final: .*column lang/],
    ['a column comes twice', ROW(`${GOOD}, 1 as units, 0 as events, 2 as units`), /^final: .*twice/],
    [
      'two rows speak of one cell',
      `${ROW(`${GOOD}, 1 as units, 0 as events`)}, generate_series(1, 2)`,
      /^final: row 2 repeats/,
    ],
    [
      'there are more than 1000 rows',
      `${ROW(`${GOOD}, 1 as units, 0 as events`)}, generate_series(1, 1001)`,
      /^final: .*more than 1000 rows/,
    ],
    [
      'a number is divided by zero',
      ROW(`${GOOD}, 1/0 as units, 0 as events`),
      /^final: PostgreSQL says 22012 \(its text/,
    ],
  ];
  for (const [name, query, expected] of cases) test(name, async () => assert.match(await seen(query), expected));

  test('its slice is NULL', async () => {
    assert.match(await seen(ROW(`${GOOD}, null as lang, 1 as units, 0 as events`), ['lang']), /^final: .*no lang/);
  });
  test('it is another kind than its query', async () => {
    const [window] = await collect({ asked: quantile({ kind: 'sql', query: BASIC, file: null }) });
    assert.match(shown(window?.observations['asked']).join(), /^final: .*no column n; a quantile metric answers arm/);
  });
  test('its reading is one of another source', async () => {
    const [window] = await collect({ asked: quantile({ kind: 'scrapeHistogram', histogram: 'h' }) });
    assert.match(shown(window?.observations['asked']).join(), /^final: sql cannot read a quantile metric as scrape/);
  });
  test('row contents never reach the message', async () => {
    const leak = await seen(ROW(`'the secret mail'::int as arm, 'share' as via, 1 as units, 0 as events`));
    assert.match(leak, /22P02/);
    assert.doesNotMatch(leak, /secret/);
  });
});

describe('admission of an sql source', () => {
  const check = (user: string, mode: 'development' | 'production', query = BASIC) =>
    sqlSource({ ...connection, user }, { ...secrets, mode }).check(
      { lost: sql(query) },
      sourceSpec('sql', windowMs),
      new AbortController().signal,
    );

  test('passes a role that may only read', async () => assert.deepEqual(await check('reader', 'production'), []));

  test('refuses a superuser in production and names it in development', async () => {
    await assert.rejects(check(postgres.user, 'production'), {
      type: 'badPlatform',
      nonRetryable: true,
      message: /owner is a superuser/,
    });
    assert.match(
      (await check(postgres.user, 'development')).join(),
      /owner is a superuser; use a role that may only select/,
    );
  });

  test('refuses a role that reaches out of the database', async () => {
    await assert.rejects(check('reaching', 'production'), {
      type: 'badPlatform',
      message: /pg_execute_server_program/,
    });
  });

  test('refuses a query of the wrong shape, and one that fails', async () => {
    await assert.rejects(check('reader', 'production', ROW('1 as n')), { type: 'badPlan', message: /no column arm/ });
    await assert.rejects(check('reader', 'production', 'select :start, :end from nowhere'), {
      type: 'badPlan',
      message: /42P01/,
    });
  });

  test('notes a metric without rows yet', async () => {
    assert.match((await check('reader', 'production', `${BASIC} having false`)).join(), /lost has no data yet/);
  });
});
