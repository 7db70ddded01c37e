/** Two arms that serve pages, and a scrape source over them with a clock that is set by hand. */
import { after, beforeEach } from 'node:test';
import { scrapeSource } from '../../../activities/sources/scrape.js';
import type { ScrapeConnection } from '../../../plan/platform-types.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { collectOrder, rate, sourceSpec, startWebServer } from './builders.js';

export const web = { baseline: await startWebServer(), candidate: await startWebServer() };
after(async () => {
  await Promise.all([web.baseline.stop(), web.candidate.stop()]);
});

export const hosts = [web.baseline.host, web.candidate.host];
export const connection: ScrapeConnection = {
  kind: 'scrape',
  arms: {
    baseline: { url: `${web.baseline.url}/metrics`, health: `${web.baseline.url}/health` },
    candidate: { url: `${web.candidate.url}/metrics`, health: `${web.candidate.url}/health` },
  },
  digestMetric: 'model_info',
};
export const errors = rate({ kind: 'scrape', units: 'requests_total', events: 'failed_total' });
export const windowMs = 2000;

export const clock = { ms: 0 };
export const source = scrapeSource(connection, { hosts, now: () => clock.ms });

beforeEach(() => {
  clock.ms = 10_000;
  for (const server of Object.values(web))
    Object.assign(server, { page: counters(100, 1), health: 200, handler: null });
});

/** A page with one counter of units and one of events, both via share. */
export function counters(units: number | string, events: number | string, rest = ''): string {
  return (
    `# TYPE requests_total counter\nrequests_total{via="share"} ${units}\n` +
    `# TYPE failed_total counter\nfailed_total{via="share"} ${events}\n${rest}`
  );
}

/** Scrapes once, lets `change` happen, scrapes again one window later. */
export async function windowAfter(change: () => void, metrics: Record<string, MetricSpec> = { errors }) {
  const pages = new Map<number, string>();
  await poll(pages, metrics);
  change();
  clock.ms += windowMs;
  const windows = await poll(pages, metrics);
  const [window, ...more] = windows;
  if (window === undefined || more.length > 0) throw new Error(`${windows.length} windows closed, not one`);
  return window;
}

/** One poll at the clock's time. */
export function poll(pages: Map<number, string>, metrics: Record<string, MetricSpec> = { errors }, cursor = 0) {
  return source.collect(
    collectOrder({ metrics, source: sourceSpec('scrape', windowMs), nowMs: clock.ms, cursor }, pages),
  );
}
