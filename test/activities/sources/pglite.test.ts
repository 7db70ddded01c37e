import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { sqlSource } from '../../../activities/sources/sql.js';
import { freePort } from '../../support/postgres.js';
import { collectOrder, rate, shown, sourceSpec } from './builders.js';

const db = await PGlite.create();
const port = await freePort();
const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1' });
await server.start();
after(async () => {
  await server.stop();
  await db.close();
});

const T0 = Date.parse('2026-03-01T12:00:00Z');
const source = sqlSource(
  {
    kind: 'postgres',
    host: '127.0.0.1',
    port,
    database: 'postgres',
    user: 'postgres',
    password: null,
    deadlineMs: 4000,
  },
  { resolveSecret: () => '', mode: 'development', now: () => T0 + 2000 },
);
const query = `select arm, via, count(*) as units, count(*) filter (where lost) as events
  from outcomes where at >= :start and at < :end group by 1, 2`;
const asked = rate({ kind: 'sql', query, file: null });

test('PGlite over its socket is asked again and again, one connection at a time, read-only', async () => {
  await db.exec(`create table outcomes (at timestamptz, arm text, via text, lost boolean);
    insert into outcomes values ('2026-03-01T12:00:01Z', 'candidate', 'share', true), ('2026-03-01T12:00:01Z', 'baseline', 'share', false)`);
  const spec = sourceSpec('sql', 2000);
  const order = collectOrder({ metrics: { asked }, source: spec, sinceMs: T0, nowMs: T0 + 2000 });
  for (let poll = 0; poll < 3; poll++) {
    const [window] = await source.collect(order);
    assert.deepEqual(shown(window?.observations['asked']), ['baseline share whole 1/0', 'candidate share whole 1/1']);
  }
  const notes = await source.check({ asked }, spec, new AbortController().signal);
  assert.match(notes.join(), /postgres is a superuser/);
  await db.exec(`create function write_one() returns bigint language sql as 'delete from outcomes; select 1::bigint'`);
  const hostile = rate({ kind: 'sql', query: query.replace('count(*) as units', 'write_one() as units'), file: null });
  const [window] = await source.collect({ ...order, metrics: { hostile } });
  assert.match(shown(window?.observations['hostile']).join(), /^final: PostgreSQL says 25006/);
});
