/** The past of a real database, read at admission: once, within its time, and whatever goes wrong is only a note. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keepPast, type PastOrder } from '../../../activities/past/past.js';
import type { CollectOrder, MetricSource } from '../../../activities/sources/adapter.js';
import { sqlSource } from '../../../activities/sources/sql.js';
import type { RolloutEvidence } from '../../../activities/store/adapter.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { Arm, MetricSpec, SourceKind } from '../../../workflows/contract/plan.js';
import type { Window } from '../../../workflows/contract/windows.js';
import { startPostgres } from '../../support/postgres.js';
import { rate } from '../sources/builders.js';

const WINDOW_MS = 1_000;
const WINDOWS = 300;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
/** Its outcomes have settled two seconds after its end. */
const NEWEST = NOW_MS / WINDOW_MS - 3;

const postgres = await startPostgres();
await postgres.run(`
  create table outcomes as
    select timestamptz '2026-03-01T12:00:00Z' - n * interval '100 ms' as at, 'baseline' as arm, 'share' as via, n % 40 = 0 as lost
    from generate_series(1, ${WINDOWS * 10}) n;
  create index on outcomes (at);
`);
const root = await mkdtemp(join(tmpdir(), 'sluice-past-'));
after(async () => {
  await postgres.stop();
  await rm(root, { recursive: true, force: true });
});

const SELECT = `select arm, via, count(*) as units, count(*) filter (where lost) as events from outcomes`;
const WITHIN = 'where at >= :start and at < :end';
const QUERY = `${SELECT} ${WITHIN} group by arm, via`;
/** The same, but every window takes as long. */
const slow = (seconds: number) =>
  `${SELECT}, (select pg_sleep(${seconds}) as slept) as s ${WITHIN} and slept is not null group by arm, via`;

const asked = (query: string, from = 'outcomes'): MetricSpec => ({
  ...rate({ kind: 'sql', query, file: null }),
  from,
});

function database(deadlineMs = 2_000): MetricSource {
  const { host, port, database: name, user } = postgres;
  const connection = { kind: 'postgres', host, port, database: name, user, password: null, deadlineMs } as const;
  return sqlSource(connection, { resolveSecret: () => '', mode: 'development' });
}

let rollouts = 0;
function newEvidence(): Promise<RolloutEvidence> {
  const id = `r-${String.fromCharCode(97 + rollouts++).repeat(26)}`;
  return directoryEvidence(root).create('mail', id);
}

interface Setting extends Partial<PastOrder> {
  metrics?: Record<string, MetricSpec>;
  kind?: SourceKind;
  source?: () => MetricSource;
}

function order(evidence: RolloutEvidence, setting: Setting = {}): PastOrder {
  const { metrics = { lost: asked(QUERY) }, kind = 'sql', source = () => database(), ...rest } = setting;
  const sources = { outcomes: { kind, connection: 'db', windowMs: WINDOW_MS, settleMs: 2_000 } };
  const signal = new AbortController().signal;
  // A busy machine is given longer than a rollout would.
  const times = { readMs: 30_000, totalMs: 40_000 };
  return { plan: { sources, metrics }, connections: { source }, evidence, nowMs: NOW_MS, signal, ...times, ...rest };
}

const indices = (windows: readonly Window[]) => windows.map(({ index }) => index);
/** `count` windows without a hole, the last of them the newest that is closed. */
const newest = (count: number) => Array.from({ length: count }, (_, i) => NEWEST - count + 1 + i);

const nobody = (): MetricSource => assert.fail('a source was asked');

describe('the past of a database', () => {
  test('is its newest 240 closed windows, kept beside those of the rollout', async () => {
    const evidence = await newEvidence();
    assert.deepEqual(await keepPast(order(evidence)), ['Calibrated from 240 windows of the past: lost.']);
    const kept = await evidence.windows('past', 'lost');
    assert.deepEqual(indices(kept), newest(240));
    assert.deepEqual(kept.at(-1), {
      version: 1,
      metric: 'lost',
      index: NEWEST,
      startMs: NEWEST * WINDOW_MS,
      endMs: (NEWEST + 1) * WINDOW_MS,
      phase: 'baseline',
      share: 0,
      observation: {
        kind: 'value',
        cells: [{ arm: 'baseline', via: 'share', slice: null, payload: { kind: 'rate', units: 10, events: 0 } }],
      },
    });
    assert.deepEqual(await evidence.bakeKeys(), [], 'it is no step of the rollout');
  });

  test('is read once: an admission that is tried again asks nobody and says the same', async () => {
    const evidence = await newEvidence();
    const notes = await keepPast(order(evidence));
    const digest = await evidence.freeze();
    assert.deepEqual(await keepPast(order(evidence, { source: nobody, nowMs: NOW_MS + 60_000 })), notes);
    assert.equal(await evidence.freeze(), digest);
  });

  test('an attempt that died half-way is completed, and what it kept is the truth', async () => {
    const evidence = await newEvidence();
    // Late rows may tell another story the second time.
    const metrics = { lost: asked(slow(0.02).replace('count(*) as units', '99 as units')) };
    await keepPast(order(unrecorded(evidence), { readMs: 400, metrics }));
    const first = await evidence.windows('past', 'lost');
    assert.ok(first.length > 0 && first.length < 240, `${first.length} windows`);
    const notes = await keepPast(order(evidence, { nowMs: NOW_MS + 5_000 }));
    const kept = await evidence.windows('past', 'lost');
    assert.deepEqual(indices(kept), [...newest(235), NEWEST + 1, NEWEST + 2]);
    assert.deepEqual(
      kept.filter(({ index }) => indices(first).includes(index)),
      first,
    );
    assert.deepEqual(notes, ['Calibrated from 237 windows of the past: lost.']);
  });
});

/** Dies before it can say that the past is complete. */
function unrecorded(evidence: RolloutEvidence): RolloutEvidence {
  return { ...evidence, putDocument: async () => {} };
}

describe('time', () => {
  test('a slow database is asked until time is up; what it said is kept, the newest in preference', async () => {
    const evidence = await newEvidence();
    const begun = performance.now();
    const [note = ''] = await keepPast(order(evidence, { metrics: { lost: asked(slow(0.2)) }, readMs: 2_500 }));
    const tookMs = performance.now() - begun;
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
    const kept = indices(await evidence.windows('past', 'lost'));
    assert.ok(kept.length >= 7 && kept.length < 14, `${kept.length} windows`);
    // Six at a time in the order of time, after the newest: only the oldest six may be incomplete.
    assert.deepEqual(kept.slice(-7), newest(7));
    assert.match(note, /^The past is too short to calibrate from, \d+ windows of lost: time was up after 2\.5 s\.$/);
  });

  test('a source that hears no signal is left behind', async () => {
    const deaf = { ...database(), collect: () => new Promise<never>(() => {}) };
    const evidence = await newEvidence();
    assert.deepEqual(await keepPast(order(evidence, { source: () => deaf, readMs: 50 })), [
      'No past could be read of lost: time was up after 0.05 s.',
    ]);
  });

  test('what cannot be written in time is left out, the oldest first', async () => {
    const evidence = await newEvidence();
    const putWindow: RolloutEvidence['putWindow'] = async (key, window) => {
      await pause(200);
      return evidence.putWindow(key, window);
    };
    const slowStore = { ...evidence, putWindow };
    const [note] = await keepPast(order(slowStore, { source: () => fake([], 0), totalMs: 500 }));
    const kept = indices(await evidence.windows('past', 'lost'));
    assert.ok(kept.length > 0 && kept.length < 240, `${kept.length} windows`);
    assert.deepEqual(kept, newest(kept.length));
    assert.equal(note, `Calibrated from ${kept.length} windows of the past: lost.`);
    const [none] = await keepPast(order(await newEvidence(), { totalMs: 0 }));
    assert.equal(none, 'No past could be read of lost: the store was too slow to keep it.');
  });

  test('an admission that is cancelled reads no further and records nothing', async () => {
    const evidence = await newEvidence();
    const cancelled = new AbortController();
    const stopping = { ...database(), collect: async () => cancelled.abort(new Error('cancelled')) as never };
    const { signal } = cancelled;
    await assert.rejects(keepPast(order(evidence, { source: () => stopping, signal })), /cancelled/);
    assert.deepEqual(await keepPast(order(evidence)), ['Calibrated from 240 windows of the past: lost.']);
  });
});

describe('trouble is a note', () => {
  test('a metric that times out is not asked again, and the others have their past', async () => {
    const evidence = await newEvidence();
    const metrics = { stuck: asked(slow(30)), lost: asked(QUERY) };
    const notes = await keepPast(order(evidence, { metrics, source: () => database(1_000) }));
    assert.deepEqual(notes, [
      'No past could be read of stuck: PostgreSQL says 57014: canceling statement due to statement timeout.',
      'Calibrated from 240 windows of the past: lost.',
    ]);
  });

  test('a query that always fails, and rows of users whom no rollout assigns', async () => {
    const metrics = {
      broken: asked(QUERY.replace('outcomes', 'nowhere')),
      none: asked(QUERY.replace('via,', `'none' as via,`)),
    };
    const notes = await keepPast(order(await newEvidence(), { metrics }));
    assert.match(notes.join('\n'), /^No past could be read of broken: PostgreSQL says 42P01/);
    assert.equal(notes[1], 'No past could be read of none: the baseline counted nothing by share.');
  });

  test('a database that is gone', async () => {
    const nowhere = sqlSource(
      { kind: 'postgres', host: '127.0.0.1', port: 1, database: 'x', user: 'x', password: null, deadlineMs: 500 },
      { resolveSecret: () => '', mode: 'development' },
    );
    const notes = await keepPast(order(await newEvidence(), { source: () => nowhere }));
    assert.match(notes.join(), /^No past could be read of lost: database x at 127\.0\.0\.1:1: .*ECONNREFUSED\.$/);
  });

  test('pages of metrics have no past: they are not asked, and nothing is said', async () => {
    assert.deepEqual(await keepPast(order(await newEvidence(), { kind: 'scrape', source: nobody })), []);
  });
});

/** Answers four windows at a time, as Prometheus does; none older than `since`, and everybody on the candidate in `moved`. */
function fake(orders: CollectOrder[], since: number, moved?: number): MetricSource {
  const payload = { kind: 'rate' as const, units: 100, events: 2 };
  const value = (arm: Arm) => ({
    kind: 'value' as const,
    cells: [{ arm, via: 'share' as const, slice: null, payload }],
  });
  const collect = async (asking: CollectOrder) => {
    orders.push(asking);
    const last = Math.min(asking.cursor + 3, (asking.nowMs - asking.source.settleMs) / WINDOW_MS - 1);
    const found = Array.from({ length: last - asking.cursor + 1 }, (_, i) => asking.cursor + i);
    return found.map((index) => ({
      index,
      startMs: index * WINDOW_MS,
      endMs: (index + 1) * WINDOW_MS,
      observations: {
        lost:
          index < since
            ? ({ kind: 'noData', reason: 'no rows' } as const)
            : value(index === moved ? 'candidate' : 'baseline'),
      },
    }));
  };
  return { collect, inspectArm: async () => null, check: async () => [], close: async () => {} };
}

test('a source that answers few windows at a time leaves no hole', async () => {
  const evidence = await newEvidence();
  await keepPast(order(evidence, { kind: 'prometheus', source: () => fake([], 0) }));
  assert.deepEqual(indices(await evidence.windows('past', 'lost')), newest(240));
});

test('where the record begins, a source is asked no further', async () => {
  const evidence = await newEvidence();
  const orders: CollectOrder[] = [];
  await keepPast(order(evidence, { source: () => fake(orders, NEWEST - 29) }));
  assert.deepEqual(indices(await evidence.windows('past', 'lost')), newest(30));
  // The newest, then five sixes in which something was counted and ten in which nothing was, in two calls each.
  assert.equal(orders.length, 31);
});

test('what another version did as the baseline is left out, and that is said', async () => {
  const evidence = await newEvidence();
  const notes = await keepPast(order(evidence, { source: () => fake([], 0, NEWEST - 20) }));
  assert.deepEqual(indices(await evidence.windows('past', 'lost')), newest(20));
  assert.deepEqual(notes, [
    'The past is too short to calibrate from, 20 windows of lost: before 2026-03-01T11:59:38.000Z the baseline was another version.',
  ]);
});
