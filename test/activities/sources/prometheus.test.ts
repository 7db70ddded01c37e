import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CollectedWindow } from '../../../activities/sources/adapter.js';
import { prometheusSource } from '../../../activities/sources/prometheus.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { type TestPrometheus, startPrometheus } from '../../support/prometheus.js';
import { collectOrder, count, drift, quantile, rate, shown, slo, sourceSpec, startWebServer } from './builders.js';

const windowMs = 1000;
const arms = { baseline: await startWebServer(), candidate: await startWebServer() };
const bornAtMs = Date.now();
let prometheus: TestPrometheus;

before(async () => {
  arms.baseline.page = page(100, 2, 0.5);
  arms.candidate.page = page(100, 2, 0.5);
  prometheus = await startPrometheus({ baseline: arms.baseline.host, candidate: arms.candidate.host });
  await prometheus.until('requests_total', (values) => values.length === 2);
});
after(async () => {
  await prometheus.stop();
  await Promise.all([arms.baseline.stop(), arms.candidate.stop()]);
});

const errors = rate({ kind: 'prometheus', units: 'requests_total{job="models"}', events: 'failed_total' });
const latency = quantile({ kind: 'prometheusHistogram', histogram: 'request_seconds' });
const crashes = count({ kind: 'prometheusCount', events: 'failed_total', exposure: 'session_hours_total' });
const seconds = drift({ kind: 'prometheusHistogram', histogram: 'request_seconds' });

function page(units: number | string, failed: number, le: number, rest = ''): string {
  return (
    `# TYPE requests_total counter\nrequests_total{via="share"} ${units}\n` +
    `# TYPE failed_total counter\nfailed_total{via="share"} ${failed}\n${rest}` +
    `# TYPE session_hours_total counter\nsession_hours_total{via="share"} ${Number(units) / 4}\n` +
    `# TYPE request_seconds histogram\nrequest_seconds_bucket{via="share",le="${le}"} ${failed}\n` +
    `request_seconds_bucket{via="share",le="+Inf"} ${units}\nrequest_seconds_count{via="share"} ${units}\n`
  );
}

function source() {
  return prometheusSource(
    { kind: 'prometheus', url: prometheus.url, labels: { arm: 'arm', via: 'via' }, token: null },
    { hosts: [prometheus.host], resolveSecret: () => '' },
  );
}

/** Every closed window from `sinceMs` to the moment `query` satisfies, poll after poll. */
async function windowsUntil(sinceMs: number, query: string, satisfied: (values: number[]) => boolean) {
  await prometheus.until(query, satisfied);
  const nowMs = (Math.floor(Date.now() / windowMs) + 1) * windowMs;
  return windows(sinceMs, nowMs, { errors, latency, crashes, seconds });
}

async function windows(
  sinceMs: number,
  nowMs: number,
  metrics: Record<string, MetricSpec>,
): Promise<CollectedWindow[]> {
  const found: CollectedWindow[] = [];
  for (;;) {
    const cursor = (found.at(-1)?.index ?? -1) + 1;
    const order = collectOrder({ metrics, source: sourceSpec('prometheus', windowMs), cursor, sinceMs, nowMs });
    const more = await source().collect(order);
    if (more.length === 0) return found;
    found.push(...more);
  }
}

/** Start of the next window after what is stored now. */
function nextWindow(): number {
  return (Math.floor(Date.now() / windowMs) + 1) * windowMs;
}

function total(found: readonly CollectedWindow[], metric: string, pick: (text: string) => number): number {
  return found.flatMap((window) => shown(window.observations[metric])).reduce((sum, text) => sum + pick(text), 0);
}

describe('windows from a real Prometheus', { timeout: 50_000 }, () => {
  test('are noData while a target begins to be scraped', async () => {
    const since = Math.floor(bornAtMs / windowMs) * windowMs;
    const found = await windows(since, Date.now() + windowMs, { errors });
    const all = found.flatMap((window) => shown(window.observations['errors'])).join('\n');
    assert.match(all, /noData: .*(began to be scraped|no series matches)/);
    assert.doesNotMatch(all, /whole [1-9]/);
  });

  test('add up to exactly what was counted, new series included', async () => {
    const since = nextWindow();
    await prometheus.until(`vector(time()) > ${since / 1000 + 0.2}`, (values) => values.length === 1);
    arms.candidate.page = page(107, 3, 0.5, 'failed_total{via="cohort:staff"} 0\n').replace(
      '# TYPE failed',
      'requests_total{via="cohort:staff"} 5\n# TYPE failed',
    );
    const found = await windowsUntil(since, 'requests_total', (values) => values.includes(107) && values.includes(5));
    const count = (prefix: string, at: number) => (text: string) =>
      text.startsWith(prefix) ? Number(text.split(' ').at(-1)?.split('/')[at]) : 0;
    assert.equal(total(found, 'errors', count('candidate share whole', 0)), 7, JSON.stringify(found));
    assert.equal(total(found, 'errors', count('candidate share whole', 1)), 1);
    assert.equal(total(found, 'errors', count('candidate cohort:staff whole', 0)), 5);
    assert.equal(total(found, 'errors', count('baseline share whole', 0)), 0);
    assert.equal(
      total(found, 'latency', (text) => Number(/^candidate share whole (\d+) \[\[500,/.exec(text)?.[1] ?? 0)),
      7,
    );
    assert.equal(
      total(found, 'seconds', (text) => Number(/^candidate share whole (\d+) \[\[0.5,/.exec(text)?.[1] ?? 0)),
      7,
      'a drift keeps the edges of its feature',
    );
    const crashed = (at: number) => (text: string) =>
      Number(/^candidate share whole (\d+) in ([\d.]+)$/.exec(text)?.[at] ?? 0);
    assert.equal(total(found, 'crashes', crashed(1)), 1);
    assert.equal(total(found, 'crashes', crashed(2)), 1.75);
  });

  test('are noData when a series comes back after a gap, whatever it counted meanwhile', async () => {
    const before = arms.candidate.page;
    arms.candidate.page = null;
    await prometheus.until('requests_total{arm="candidate"}', (values) => values.length === 0);
    const since = nextWindow();
    await prometheus.until(`vector(time()) > ${since / 1000 + 0.2}`, (values) => values.length === 1);
    arms.candidate.page = before?.replace(' 107\n', ' 999\n') ?? null;
    const found = await windowsUntil(since, 'requests_total', (values) => values.includes(999));
    const all = found.flatMap((window) => shown(window.observations['errors'])).join('\n');
    assert.match(all, /noData: restarted: .* came back after a gap/);
    assert.doesNotMatch(all, /candidate share whole [1-9]/);
  });

  test('are noData around a restart, never negative', async () => {
    const since = nextWindow();
    await prometheus.until(`vector(time()) > ${since / 1000 + 0.2}`, (values) => values.length === 1);
    arms.baseline.page = page(3, 0, 0.5);
    const found = await windowsUntil(since, 'requests_total{arm="baseline"}', ([value]) => value === 3);
    for (const metric of ['errors', 'crashes'])
      assert.match(found.map((window) => shown(window.observations[metric]).join()).join('\n'), /noData: restarted/);
  });

  test('are errors when a counter is NaN', async () => {
    const since = nextWindow();
    arms.baseline.page = page('NaN', 0, 0.5);
    await prometheus.until(`vector(time()) > ${since / 1000}`, (values) => values.length === 1);
    const found = await windowsUntil(since, 'requests_total{arm="baseline"}', ([value]) => Number.isNaN(value));
    assert.match(shown(found.at(-1)?.observations['errors']).join(), /^final: .*finite/);
    assert.match(shown(found.at(-1)?.observations['crashes']).join(), /^final: session_hours_total.*finite/);
  });

  test('are noData for a counter that nobody has, and errors for a query Prometheus refuses', async () => {
    const read = async (units: string) => {
      const metrics = { asked: rate({ kind: 'prometheus', units, events: 'failed_total' }) };
      const [window] = await windows(Date.now() - 2 * windowMs, Date.now(), metrics);
      return shown(window?.observations['asked']).join();
    };
    assert.match(await read('nowhere_total'), /^noData: no series matches nowhere_total/);
    assert.match(await read('requests_total{via=~"("}'), /^final: Prometheus answers 400: .*error parsing regexp/);
    assert.match(await read('up'), /^final: .*no via|^noData/);
  });

  test('are errors for a reading of another kind', async () => {
    const metrics = {
      asked: slo({ kind: 'prometheusHistogram', histogram: 'request_seconds' }),
      hours: count({ kind: 'prometheus', units: 'requests_total', events: 'failed_total' }),
      functional: count({ kind: 'prometheusCount', events: 'failed_total', exposure: 'rate(session_hours_total[1m])' }),
    };
    const [window] = await windows(Date.now() - 2 * windowMs, Date.now(), metrics);
    const told = Object.keys(metrics).map((metric) => shown(window?.observations[metric]).join());
    assert.match(told[0] ?? '', /^final: Prometheus cannot read a slo metric as prometheusHistogram/);
    assert.match(told[1] ?? '', /^final: Prometheus cannot read a count metric as prometheus/);
    assert.match(told[2] ?? '', /^final: write a counter/);
  });
});

describe('a selector is refused when it is', () => {
  const refused = [
    'increase(requests_total[$window])',
    'requests_total[5m]',
    'a + b',
    'requests_total{x="1"} or vector(0)',
    'requests_total{x="1\\"} or vector(0) #"',
    'requests_total{x="1"} or vector(0) #{y="2"}',
    'requests_total{x="1",__name__="other"}',
    'requests_total{x=1}',
    '{x="1"}',
    '',
  ];
  for (const units of refused)
    test(JSON.stringify(units), async () => {
      const metrics = { asked: rate({ kind: 'prometheus', units, events: 'failed_total' }) };
      const [window] = await windows(Date.now() - 2 * windowMs, Date.now(), metrics);
      const text = shown(window?.observations['asked']).join();
      if (units.includes('\\"')) assert.match(text, /^(final|noData)/);
      else assert.match(text, /^final: (write a counter|the labels|.*names its metric once)/);
    });
});
