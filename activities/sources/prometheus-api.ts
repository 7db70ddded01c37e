/** Prometheus' HTTP API, as far as counts need it: instant queries, answered by a complete vector of plain samples or not at all. */
import { excerpt } from './failures.js';
import { type Fetched, guardedFetch } from './guarded-fetch.js';
import { sampleValue } from './number.js';
import { type Reading, seriesKey } from './series.js';
import { unanswered, unreadable } from './unusable.js';

const SERVER_TIMEOUT = '4s';

export interface PrometheusApi {
  /** Series at one moment; throws Unusable on errors, FetchFault when nobody answers. */
  instant(query: string, atMs: number, signal: AbortSignal): Promise<Reading[]>;
}

/** `token` is sent as a bearer token and blanked wherever an answer echoes it. */
export function prometheusApi(url: string, hosts: readonly string[], token: string | null): PrometheusApi {
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/query`;
  const secrets = token === null ? [] : [token];
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    async instant(query, atMs, signal) {
      const body = new URLSearchParams({ query, time: (atMs / 1000).toFixed(3), timeout: SERVER_TIMEOUT }).toString();
      const answer = await guardedFetch({ url: endpoint, hosts, method: 'POST', headers, body, signal });
      return readVector(answer, secrets);
    },
  };
}

interface Answer {
  status?: unknown;
  error?: unknown;
  warnings?: unknown;
  data?: { resultType?: unknown; result?: unknown } | null;
}

/** The vector of a successful, complete answer. Warnings mean partial data, and a partial count is a wrong count. */
export function readVector(answer: Fetched, secrets: readonly string[]): Reading[] {
  const json = parseJson(answer, secrets);
  refuseFailure(answer.status, json, secrets);
  if (Array.isArray(json.warnings) && json.warnings.length > 0)
    throw unanswered(`Prometheus warns that its answer may be partial: ${excerpt(json.warnings.join('; '), secrets)}`);
  const { resultType, result } = json.data ?? {};
  if (resultType !== 'vector' || !Array.isArray(result))
    throw unreadable(`Prometheus answers ${excerpt(JSON.stringify(resultType) ?? 'nothing', secrets)}, not a vector`);
  const readings = result.map((element) => readElement(element, secrets));
  const keys = new Set(readings.map((reading) => reading.key));
  if (keys.size !== readings.length) throw unreadable('Prometheus answers two samples for one series');
  return readings;
}

function parseJson(answer: Fetched, secrets: readonly string[]): Answer {
  try {
    const json: unknown = JSON.parse(answer.text);
    if (typeof json === 'object' && json !== null) return json;
  } catch {
    // Told below, with what came instead.
  }
  throw unanswered(`Prometheus answers ${answer.status} without JSON: "${excerpt(answer.text, secrets)}"`);
}

function refuseFailure(status: number, json: Answer, secrets: readonly string[]): void {
  if (status === 200 && json.status === 'success') return;
  const told = `Prometheus answers ${status}: ${typeof json.error === 'string' ? excerpt(json.error, secrets) : 'no reason given'}`;
  if (status === 400 || status === 422) throw unreadable(told);
  throw unanswered(told);
}

function readElement(element: unknown, secrets: readonly string[]): Reading {
  const { metric, value, histogram } = (element ?? {}) as { metric?: unknown; value?: unknown; histogram?: unknown };
  if (histogram !== undefined) throw unreadable('native histograms are not read; export classic buckets');
  if (typeof metric !== 'object' || metric === null || !Array.isArray(value) || value.length !== 2)
    throw unreadable(`Prometheus answers a sample in an unknown shape: ${excerpt(JSON.stringify(element), secrets)}`);
  const labels = new Map<string, string>();
  let name = '';
  for (const [label, text] of Object.entries(metric)) {
    if (typeof text !== 'string') throw unreadable(`label ${excerpt(label, secrets)} is no text`);
    if (label === '__name__') name = text;
    else labels.set(label, text);
  }
  const text: unknown = value[1];
  const number = typeof text === 'string' ? sampleValue(text) : undefined;
  const key = seriesKey(name, labels);
  if (number === undefined) throw unreadable(`${key} has the value ${excerpt(JSON.stringify(text) ?? '', secrets)}`);
  return { key, labels, value: number };
}
