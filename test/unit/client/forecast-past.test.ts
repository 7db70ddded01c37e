/** Asking sources about the past: what is asked, what is made of it, and that silence costs no more than a note. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import type { CollectOrder, MetricSource } from '../../../activities/sources/adapter.js';
import { scrapeSource } from '../../../activities/sources/scrape.js';
import { observedPast } from '../../../client/forecast/past.js';
import type { Platform } from '../../../plan/platform-types.js';
import type { Plan, SourceKind } from '../../../workflows/contract/plan.js';
import { aPlan } from '../../support/plans.js';

const NOW_MS = 1_700_000_000_000;
const WINDOW_MS = 60_000;
const PLATFORM: Platform = { version: 1, mode: 'development', tenants: {} };

const planFrom = (kind: SourceKind, settleMs = 0): Plan =>
  aPlan({ sources: { traffic: { kind, connection: 'x', windowMs: WINDOW_MS, settleMs } } });

/** Answers every order with its first `most` windows of 100 units and 2 events. */
function fake(
  orders: CollectOrder[],
  most: number,
  before: (order: CollectOrder) => Promise<void> = async () => {},
): MetricSource {
  return {
    collect: async (order) => {
      orders.push(order);
      await before(order);
      const last = Math.floor((order.nowMs - order.source.settleMs) / order.source.windowMs) - 1;
      const indexes = Array.from({ length: most }, (_, i) => order.cursor + i).filter((index) => index <= last);
      return indexes.map((index) => ({
        index,
        startMs: index * WINDOW_MS,
        endMs: (index + 1) * WINDOW_MS,
        observations: {
          errors: {
            kind: 'value',
            cells: [{ arm: 'baseline', via: 'share', slice: null, payload: { kind: 'rate', units: 100, events: 2 } }],
          },
        },
      }));
    },
    inspectArm: async () => null,
    check: async () => [],
    close: async () => {},
  };
}

const opened = (source: MetricSource) => async () => ({ source: () => source });

test('asks a database for the last 60 closed windows, newest first, none of them twice', async () => {
  const orders: CollectOrder[] = [];
  const plan = planFrom('sql', 30_000);
  const { levels, notes } = await observedPast(PLATFORM, plan, { now: () => NOW_MS, open: opened(fake(orders, 6)) });
  assert.deepEqual(notes, []);
  assert.deepEqual(levels['errors']?.origin, {
    kind: 'past',
    windows: 60,
    spanMs: 60 * WINDOW_MS,
    units: 6_000,
    events: 120,
  });
  assert.equal(levels['errors']?.perMinute, 100);
  const cursors = orders.map(({ cursor }) => cursor);
  const newest = Math.floor((NOW_MS - 30_000) / WINDOW_MS) - 1;
  assert.deepEqual(
    cursors,
    Array.from({ length: 10 }, (_, i) => newest - 5 - 6 * i),
  );
});

test('a slow source is asked until time is up, and what it said counts', async () => {
  const orders: CollectOrder[] = [];
  const slow = fake(orders, 4, () => pause(60));
  const begun = performance.now();
  const { levels } = await observedPast(PLATFORM, planFrom('prometheus'), {
    now: () => NOW_MS,
    deadlineMs: 150,
    open: opened(slow),
  });
  assert.ok(performance.now() - begun < 1_000);
  const { origin } = levels['errors'] ?? {};
  assert.ok(origin?.kind === 'past' && origin.windows >= 4 && origin.windows < 60);
});

test('a source that hangs or fails leaves a note, and the others are heard all the same', async () => {
  const plan = planFrom('sql');
  plan.sources['other'] = { kind: 'sql', connection: 'y', windowMs: WINDOW_MS, settleMs: 0 };
  const errors = plan.metrics['errors'];
  assert.ok(errors);
  plan.metrics['late'] = { ...errors, from: 'other' };
  const hangs = fake([], 6, () => new Promise(() => {}));
  const open = async () => ({
    source: ({ connection }: { connection: string }) => (connection === 'y' ? hangs : fake([], 6)),
  });
  const { levels, notes } = await observedPast(PLATFORM, plan, { now: () => NOW_MS, deadlineMs: 100, open });
  assert.equal(levels['errors']?.perMinute, 100);
  assert.equal(levels['late'], null);
  assert.deepEqual(notes, ['source other tells nothing of the past: no answer within 0.1 s']);
});

test('a tenant that is not in the platform file is a note, not a failure', async () => {
  const { levels, notes } = await observedPast(PLATFORM, planFrom('sql'));
  assert.deepEqual(levels, {});
  assert.match(notes[0] ?? '', /tenants/);
});

test('what the plan expects is not asked for', async () => {
  const orders: CollectOrder[] = [];
  const plan = planFrom('sql');
  const errors = plan.metrics['errors'];
  assert.ok(errors);
  errors.expect = { perMinute: 10, rate: 0.01 };
  const { levels } = await observedPast(PLATFORM, plan, { open: opened(fake(orders, 6)) });
  assert.deepEqual([levels, orders], [{}, []]);
});

test('a metrics page has no past, so it is looked at twice', async () => {
  const begun = performance.now();
  const server = createServer((request, response) => {
    const arm = request.url === '/baseline' ? 1 : 0;
    // A thousand requests and twenty failures a second, on the baseline.
    const units = Math.floor((performance.now() - begun) * arm);
    const lines = [
      '# TYPE requests_total counter',
      `requests_total{via="share"} ${units}`,
      '# TYPE requests_failed_total counter',
      `requests_failed_total{via="share"} ${Math.floor(units / 50)}`,
    ];
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const arm = (name: string) => ({ url: `http://${host}/${name}`, health: `http://${host}/health` });
    const arms = { baseline: arm('baseline'), candidate: arm('candidate') };
    const source = scrapeSource({ kind: 'scrape', arms, digestMetric: 'model_info' }, { hosts: [host] });
    const { levels, notes } = await observedPast(PLATFORM, planFrom('scrape'), { open: opened(source) });
    assert.deepEqual(notes, []);
    const level = levels['errors'];
    assert.equal(level?.origin.kind, 'looks');
    assert.ok(level && level.perMinute > 40_000 && level.perMinute < 80_000, `${level?.perMinute}`);
    assert.ok(Math.abs((level.whole.mean ?? 0) - 0.02) < 0.005, `${level.whole.mean}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
