import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wrapQuery } from '../../../activities/sources/sql-text.js';

const WINDOW = 'at >= :start and at < :end';
const START = '($1::timestamptz)';
const END = '($2::timestamptz)';

/** What stands between the parentheses of the wrapped statement. */
function body(query: string): string {
  const wrapped = wrapQuery(query);
  assert.ok(wrapped.startsWith('select * from (\n') && wrapped.endsWith('\n) as q limit 1001'), wrapped);
  return wrapped.slice('select * from (\n'.length, -'\n) as q limit 1001'.length);
}

describe('a wrapped query', () => {
  test('binds :start and :end, as often as they stand there', () => {
    assert.equal(
      body(`select :start, :start where ${WINDOW}`),
      `select ${START}, ${START} where at >= ${START} and at < ${END}`,
    );
  });

  const untouched = [
    `select ':start'`,
    `select 'it''s :end; '`,
    `select E'\\' :start'`,
    `select ":start"`,
    `select $$ :start ; ' $$`,
    `select $tag$ $$ :end $tag$`,
    `select 1 -- :start ' ;\n`,
    `select 1 /* :start /* nested ; */ ' */`,
    `select x::int, y::timestamptz`,
    `select foo$bar`,
    `select (array[1,2])[1:2]`,
    `select '😀:start'`,
  ];
  for (const text of untouched)
    test(`leaves alone ${JSON.stringify(text)}`, () => {
      assert.equal(body(`${text} where ${WINDOW}`), `${text} where at >= ${START} and at < ${END}`);
    });

  test('casts a parameter that is cast', () => {
    assert.equal(body('select :start::date, :end'), `select ${START}::date, ${END}`);
  });

  test('drops one semicolon at the end, and a trailing comment cannot swallow the parenthesis', () => {
    assert.equal(body('select :start, :end;\n'), `select ${START}, ${END}`);
    assert.equal(body('select :start, :end --'), `select ${START}, ${END} --`);
  });

  const refused: [query: string, why: RegExp][] = [
    [`select 1; select 2 where ${WINDOW}`, /more than one statement/],
    [`commit; insert into t values (1)`, /more than one statement/],
    [`select 1 where at >= :start`, /never uses :end/],
    [`select ':start', ':end'`, /never uses :start/],
    [`select :Start, :end`, /uses :Start/],
    [`select :constructor, :start, :end`, /uses :constructor/],
    [`select $1, :start, :end`, /\$ parameters/],
    [`select 'open, :start, :end`, /leaves a ' open/],
    [`select "open, :start, :end`, /leaves a " open/],
    [`select /* open, :start, :end`, /comment or a dollar quote open/],
    [`select $$ open, :start, :end`, /comment or a dollar quote open/],
    [`select 1 where ${WINDOW}) as q; --`, /more than one|closes a parenthesis/],
    [`select 1 where ${WINDOW}) as q --`, /closes a parenthesis/],
    [`select (1 where ${WINDOW}`, /leaves a parenthesis open/],
  ];
  for (const [query, why] of refused)
    test(`is refused for ${JSON.stringify(query)}`, () => {
      assert.throws(() => wrapQuery(query), { message: why });
    });
});
