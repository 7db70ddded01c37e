/** A database of outcomes, a source over it, and what one query says about its first window. */
import { sqlSource } from '../../../activities/sources/sql.js';
import type { SqlConnection } from '../../../plan/platform-types.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { startPostgres } from '../../support/postgres.js';
import { collectOrder, rate, shown, sourceSpec } from './builders.js';

export const postgres = await startPostgres();

export const T0 = Date.parse('2026-03-01T12:00:00Z');
export const windowMs = 2000;
export const I0 = T0 / windowMs;

await postgres.run(`
  create table outcomes (at timestamptz not null, arm text, via text, lang text, lost boolean, units bigint default 1);
  insert into outcomes (at, arm, via, lang, lost)
    select timestamptz '2026-03-01T12:00:00Z' + n * interval '100 ms', a, 'share', case n % 2 when 0 then 'en' else 'de' end, a = 'candidate' and n % 10 = 0
    from generate_series(0, 39) n, (values ('baseline'), ('candidate')) arms (a);
  create table writes (n int);
  create function write_one() returns bigint language sql as 'insert into writes values (1); select 1::bigint';
  create function thaw() returns bigint language plpgsql as $$ begin
    perform set_config('transaction_read_only', 'off', true); insert into writes values (2); return 1; end $$;
  create role reader login;
  grant select on outcomes to reader;
  grant all on writes to reader;
  create role reaching login in role pg_execute_server_program;
`);

export const connection: SqlConnection = {
  kind: 'postgres',
  host: postgres.host,
  port: postgres.port,
  database: postgres.database,
  user: 'reader',
  password: null,
  deadlineMs: 2000,
};
export const secrets = { resolveSecret: () => 'never asked', now: () => T0 + 2 * windowMs };
export const source = sqlSource(connection, { ...secrets, mode: 'production' });

export const BASIC = `select arm, via, count(*) as units, count(*) filter (where lost) as events
  from outcomes where at >= :start and at < :end group by arm, via`;
export const SLICED = BASIC.replace('select arm, via', 'select arm, via, lang').replace(
  'group by arm, via',
  'group by 1, 2, 3',
);
/** A query of one row; unused window parameters are mentioned. */
export const ROW = (columns: string) => `select ${columns} from (select :start as s, :end as e) as w`;
export const GOOD = `'baseline' as arm, 'share' as via`;

export function sql(query: string, by: string[] = []) {
  return rate({ kind: 'sql', query, file: null }, by);
}

/** What metrics say about the windows closed by `nowMs`. */
export async function collect(
  metrics: Parameters<typeof collectOrder>[0]['metrics'],
  from = source,
  nowMs = T0 + windowMs,
) {
  return from.collect(collectOrder({ metrics, source: sourceSpec('sql', windowMs), sinceMs: T0, nowMs }));
}

/** Like that, of one query, as text. */
export async function seen(query: string, by: string[] = [], from = source): Promise<string> {
  const [window] = await collect({ asked: sql(query, by) }, from);
  return shown(window?.observations['asked']).join('; ');
}

/** Like that, for a metric of any kind made over the query. */
export async function seenAs(metric: (reading: MetricSpec['reading']) => MetricSpec, query: string): Promise<string> {
  const [window] = await collect({ asked: metric({ kind: 'sql', query, file: null }) });
  return shown(window?.observations['asked']).join('; ');
}
