import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { sqlSource } from '../../../activities/sources/sql.js';
import { shown } from './builders.js';
import { BASIC, GOOD, ROW, T0, collect, connection, postgres, secrets, seen, sql, windowMs } from './sql-fixture.js';
import { startMuteProxy } from './sql-proxy.js';

after(() => postgres.stop());

beforeEach(() => postgres.run('truncate writes'));

describe('a query cannot leave its read-only transaction by', () => {
  const ONE = `${GOOD}, write_one() as units, 0 as events`;
  const escapes: [name: string, query: string][] = [
    ['COMMIT and an insert', `commit; insert into writes values (9)`],
    ['COMMIT alone', 'commit -- :start :end'],
    ['COMMIT after the parenthesis', `${BASIC}) as q; commit; insert into writes values (9); --`],
    ['SET TRANSACTION READ WRITE', 'set transaction read write -- :start :end'],
    [
      'a data-modifying WITH',
      `with w as (insert into writes values (9) returning 1) ${ROW(`${GOOD}, 1 as units, 0 as events`)}`,
    ],
    ['a function that writes', ROW(ONE)],
    ['a function that thaws the transaction', ROW(ONE.replace('write_one', 'thaw'))],
    [
      'set_config',
      ROW(`${GOOD}, length(set_config('transaction_read_only', 'off', true)) as units, write_one() as events`),
    ],
    ['a comment that eats the parenthesis', `${ROW(ONE)} --`],
    ['a dollar quote that opens a function body', `${ROW(ONE)} $$ ; commit`],
  ];
  for (const [name, query] of escapes)
    test(name, async () => {
      assert.match(await seen(query), /^final: /);
      const { rows } = await postgres.run('select count(*)::int as n from writes');
      assert.deepEqual(rows, [{ n: 0 }]);
    });

  test('settings of one metric, which do not reach the next', async () => {
    const hostile = ROW(`${GOOD}, length(set_config('search_path', 'nowhere', false)) as units, 0 as events`);
    const [window] = await collect({ hostile: sql(hostile), lost: sql(BASIC) });
    assert.equal(shown(window?.observations['hostile']).join(), 'baseline share whole 7/0');
    assert.equal(shown(window?.observations['lost']).length, 2);
  });
});

describe('a slow database', () => {
  const SLEEP = ROW(`${GOOD}, length(pg_sleep(30)::text) as units, 0 as events`);
  const hasty = sqlSource({ ...connection, deadlineMs: 500 }, { ...secrets, mode: 'production' });

  test('is cut off by its own statement timeout, and the next metric is still asked', { timeout: 5000 }, async () => {
    const [window] = await collect({ slow: sql(SLEEP), lost: sql(BASIC) }, hasty);
    assert.match(shown(window?.observations['slow']).join(), /^retryable: PostgreSQL says 57014/);
    assert.equal(shown(window?.observations['lost']).length, 2);
  });

  test('is cut off by us when it keeps no deadline, and the rest is told so', { timeout: 5000 }, async () => {
    const proxy = await startMuteProxy(postgres.port, 'pg_sleep');
    try {
      const muted = sqlSource({ ...connection, port: proxy.port, deadlineMs: 500 }, { ...secrets, mode: 'production' });
      const [window, ...more] = await collect({ slow: sql(SLEEP), lost: sql(BASIC) }, muted, T0 + 3 * windowMs);
      assert.match(shown(window?.observations['slow']).join(), /^retryable: no answer within 500 ms/);
      assert.match(shown(window?.observations['lost']).join(), /^retryable: not asked: .* metric slow/);
      assert.deepEqual(more, []);
    } finally {
      await proxy.stop();
    }
  });

  test('that sends without end is cut off by bytes', { timeout: 10_000 }, async () => {
    const flood = ROW(`${GOOD}, repeat('x', 50000000) as units, 0 as events`);
    assert.match(await seen(flood), /^retryable: the answer is larger/);
  });

  test('that cannot be reached, or never says hello, is unavailable', { timeout: 5000 }, async () => {
    const nobody = sqlSource({ ...connection, port: 1 }, { ...secrets, mode: 'production' });
    await assert.rejects(collect({ lost: sql(BASIC) }, nobody), {
      type: 'sourceUnavailable',
      nonRetryable: false,
      message: /ECONNREFUSED/,
    });
    const proxy = await startMuteProxy(postgres.port, 'reader');
    try {
      const mute = sqlSource({ ...connection, port: proxy.port, deadlineMs: 300 }, { ...secrets, mode: 'production' });
      await assert.rejects(collect({ lost: sql(BASIC) }, mute), {
        type: 'sourceUnavailable',
        message: /no answer within 300 ms/,
      });
    } finally {
      await proxy.stop();
    }
  });
});
