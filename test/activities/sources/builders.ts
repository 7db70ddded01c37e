/** What the tests of sources build again and again: a server whose page is a variable, metrics, collect orders. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CollectOrder } from '../../../activities/sources/adapter.js';
import type { MetricSpec, SourceSpec } from '../../../workflows/contract/plan.js';
import type { Cell, Observation, Payload } from '../../../workflows/contract/windows.js';

export interface WebServer {
  host: string;
  url: string;
  /** Served at /metrics with 200; set to null for 503. */
  page: string | null;
  /** Status of /health. */
  health: number;
  /** Takes over every request while set. */
  handler: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  stop(): Promise<void>;
}

export async function startWebServer(page: string | null = ''): Promise<WebServer> {
  const server = createServer((request, response) => {
    if (web.handler !== null) return web.handler(request, response);
    if (request.url === '/health') return void response.writeHead(web.health).end();
    if (web.page === null) return void response.writeHead(503).end();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(web.page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const web: WebServer = { host, url: `http://${host}`, page, health: 200, handler: null, stop };
  return web;
}

export function rate(reading: MetricSpec['reading'], by: string[] = []): MetricSpec {
  const slices = by.length === 0 ? null : { by, minUnits: 1, onThin: 'extend' as const };
  return { kind: 'rate', from: 'source', better: 'lower', unit: 'request', users: null, reading, slices };
}

export function quantile(reading: MetricSpec['reading']): MetricSpec {
  return { ...rate(reading), kind: 'quantile', q: 0.99 };
}

export function score(reading: MetricSpec['reading'], range: [number, number] = [0, 1], by: string[] = []): MetricSpec {
  return { ...rate(reading, by), kind: 'score', range };
}

export function count(reading: MetricSpec['reading'], by: string[] = []): MetricSpec {
  return { ...rate(reading, by), kind: 'count' };
}

export function ratio(reading: MetricSpec['reading'], by: string[] = []): MetricSpec {
  return { ...rate(reading, by), kind: 'ratio' };
}

export function slo(reading: MetricSpec['reading']): MetricSpec {
  return { ...rate(reading), kind: 'slo', objective: 0.999, periodMs: 30 * 86_400_000 };
}

export function drift(reading: MetricSpec['reading']): MetricSpec {
  return { ...rate(reading), kind: 'drift', against: ['control'] };
}

export function fairness(reading: MetricSpec['reading'], by: string[]): MetricSpec {
  return { ...rate(reading, by), kind: 'fairness', measure: 'truePositiveRate' };
}

export function sourceSpec(kind: SourceSpec['kind'], windowMs: number, settleMs = 0): SourceSpec {
  return { kind, connection: 'source', windowMs, settleMs };
}

/** A collect order over pages kept in memory. */
export function collectOrder(
  fields: Pick<CollectOrder, 'metrics' | 'source'> & Partial<CollectOrder>,
  pages = new Map<number, string>(),
): CollectOrder {
  return {
    cursor: 0,
    sinceMs: 0,
    nowMs: 0,
    kept: async (index) => pages.get(index) ?? null,
    keep: async (index, raw) => {
      if (pages.has(index)) return false;
      pages.set(index, raw);
      return true;
    },
    signal: new AbortController().signal,
    ...fields,
  };
}

/** Cells of a value as short text, e.g. `candidate share whole 10/1`; anything else as its kind and text. */
export function shown(seen: Observation | undefined): string[] {
  if (seen === undefined) return ['nothing'];
  if (seen.kind === 'noData') return [`noData: ${seen.reason}`];
  if (seen.kind === 'error') return [`${seen.retryable ? 'retryable' : 'final'}: ${seen.message}`];
  return seen.cells.map(cellText);
}

function cellText({ arm, via, slice, payload }: Cell): string {
  const { firstSeen, unlabelled } = payload;
  const first = firstSeen === undefined ? '' : ` first ${firstSeen}`;
  const late = unlabelled === undefined ? '' : ` unlabelled ${unlabelled}`;
  return `${arm} ${via} ${slice ?? 'whole'} ${numbersText(payload)}${first}${late}`;
}

function numbersText(payload: Payload): string {
  switch (payload.kind) {
    case 'rate':
      return `${payload.units}/${payload.events}`;
    case 'quantile':
      return `${payload.n} ${JSON.stringify(payload.buckets)}`;
    case 'score':
      return `${payload.n} sum ${payload.sum} sq ${payload.sumSq}`;
    case 'count':
      return `${payload.events} in ${payload.exposure}`;
    case 'ratio':
      return `${payload.n} ${payload.sy}/${payload.sz} ${payload.syy} ${payload.szz} ${payload.syz}`;
  }
}
