/**
 * Source `scrape`: the Prometheus-format pages the two arms serve themselves. A window runs between two successful
 * scrapes; its index is the ordinal of the first of them, so window i lies between kept pages i and i + 1.
 */
import type { ScrapeConnection } from '../../plan/platform-types.js';
import type { Arm } from '../../workflows/contract/plan.js';
import type { ArmReport, CollectedWindow, CollectOrder, MetricSource } from './adapter.js';
import { notesOn, requireAllowed } from './admission.js';
import { sourceUnavailable, storeUnavailable } from './failures.js';
import { FetchFault, guardedFetch } from './guarded-fetch.js';
import type { Page } from './page.js';
import { observeBetween } from './scrape-difference.js';
import { type Scrape, parseScrape, readablePage, takeScrape } from './scrape-pages.js';

const MOST_WINDOWS = 6;
const HEALTH_TIMEOUT_MS = 2000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export interface ScrapeOptions {
  /** `host:port` that may be asked; from the platform file. */
  hosts: readonly string[];
  /** Clock of the windows' bounds; default Date.now. */
  now?: () => number;
}

/** Throws badPlatform when an address is not among the hosts. */
export function scrapeSource(connection: ScrapeConnection, { hosts, now = Date.now }: ScrapeOptions): MetricSource {
  for (const { url, health } of Object.values(connection.arms))
    for (const address of [url, health]) requireAllowed(address, hosts);

  const pageOf = (arm: Arm, signal: AbortSignal) => readPage(connection, arm, hosts, signal);
  return {
    collect: (order) => collect(order, () => takeScrape((arm) => pageOf(arm, order.signal), now)),
    inspectArm: (arm, signal) => inspect(connection, arm, hosts, signal),
    check: async (metrics, _source, signal) => {
      const scrape = parseScrape(await takeScrape((arm) => pageOf(arm, signal), now));
      // The difference of a scrape with itself counts nothing, but meets every problem of names, types and labels.
      return notesOn(await observeBetween(scrape, scrape, metrics));
    },
    close: async () => {},
  };
}

async function collect(order: CollectOrder, take: () => Promise<string>): Promise<CollectedWindow[]> {
  const found: CollectedWindow[] = [];
  let from = await order.kept(order.cursor);
  if (from === null) {
    await keep(order, order.cursor, take);
    return found;
  }
  for (let index = order.cursor; found.length < MOST_WINDOWS; index++) {
    const start = parseScrape(from);
    const to: string | null = (await order.kept(index + 1)) ?? (await takeIfDue(order, start, index + 1, take, found));
    if (to === null) break;
    const end = parseScrape(to);
    found.push({
      index,
      startMs: start.askedMs,
      endMs: end.answeredMs,
      observations: await observeBetween(start, end, order.metrics),
    });
    from = to;
  }
  return found;
}

/** A failed scrape closes nothing: the window stays open until the next one that succeeds. */
async function takeIfDue(
  order: CollectOrder,
  last: Scrape,
  index: number,
  take: () => Promise<string>,
  found: readonly CollectedWindow[],
): Promise<string | null> {
  if (order.nowMs - last.askedMs < order.source.windowMs) return null;
  try {
    return await keep(order, index, take);
  } catch (error) {
    if (found.length > 0) return null;
    throw error;
  }
}

/** Keeps the pages before anything is computed from them; when another attempt was first, its pages count. */
async function keep(order: CollectOrder, index: number, take: () => Promise<string>): Promise<string> {
  const raw = await take();
  if (await order.keep(index, raw)) return raw;
  const earlier = await order.kept(index);
  if (earlier === null) throw storeUnavailable(`scrape ${index} was kept by another attempt but cannot be read back`);
  return earlier;
}

async function readPage(
  connection: ScrapeConnection,
  arm: Arm,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const url = connection.arms[arm].url;
  const headers = { accept: 'text/plain; version=0.0.4' };
  const answer = await guardedFetch({ url, hosts, headers, signal }).catch((error: unknown) => {
    if (error instanceof FetchFault) throw sourceUnavailable(`${arm}: ${error.message}`);
    throw error;
  });
  if (answer.status !== 200) throw sourceUnavailable(`${arm}: ${new URL(url).host} answers ${answer.status}, not 200`);
  return answer.text;
}

async function inspect(
  connection: ScrapeConnection,
  arm: Arm,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<ArmReport> {
  const [sick, served] = await Promise.all([
    sicknessOf(connection.arms[arm].health, hosts, signal),
    readPage(connection, arm, hosts, signal)
      .then((text) => digestOn(readablePage(arm, text), connection.digestMetric))
      .catch((error: unknown) => ({ digest: null, sentence: error instanceof Error ? error.message : 'unknown' })),
  ]);
  const health = sick === null ? `${arm} is healthy` : `${arm} is not healthy: ${sick}`;
  return { digest: served.digest, healthy: sick === null, sentence: `${health}; ${served.sentence}` };
}

async function sicknessOf(url: string, hosts: readonly string[], signal: AbortSignal): Promise<string | null> {
  try {
    const { status } = await guardedFetch({ url, hosts, timeoutMs: HEALTH_TIMEOUT_MS, signal });
    return status === 200 ? null : `${new URL(url).host} answers ${status}`;
  } catch (error) {
    if (error instanceof FetchFault) return error.message;
    throw error;
  }
}

function digestOn(page: Page, metric: string): { digest: string | null; sentence: string } {
  const said = (page.families.get(metric)?.samples ?? []).filter((sample) => sample.value === 1);
  const [first] = said;
  if (first === undefined) return { digest: null, sentence: `its page has no ${metric} of value 1` };
  if (said.length > 1)
    return { digest: null, sentence: `its page has ${said.length} series of ${metric}; one is needed` };
  const digest = first.labels.get('digest') ?? '';
  if (!DIGEST.test(digest)) return { digest: null, sentence: `${metric} has no label digest="sha256:<64 hex>"` };
  return { digest, sentence: `it serves ${digest}` };
}
