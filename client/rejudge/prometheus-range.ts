/**
 * A stretch of a Prometheus server's history, series by series. Asked in chunks that it and we can bear: a chunk that is
 * too large is halved and asked again. Only what the protocol needs; no retries beyond that.
 */
import { excerpt } from '../../activities/sources/failures.js';
import { FetchFault, guardedFetch } from '../../activities/sources/guarded-fetch.js';
import { sampleValue } from '../../activities/sources/number.js';
import { seriesKey } from '../../activities/sources/series.js';
import { messageOf, Problem } from '../problem.js';

/** The samples of one series at the steps asked for; null where it had none, or no finite number. */
export interface RangeSeries {
  key: string;
  labels: ReadonlyMap<string, string>;
  values: (number | null)[];
}

export interface RangeOrder {
  query: string;
  /** First step; the last is `steps - 1` steps later. */
  fromMs: number;
  stepMs: number;
  steps: number;
}

export interface RangeApi {
  /** Throws Problem: sourceUnavailable when nobody answers, badPlan for a query the server refuses. */
  range(order: RangeOrder): Promise<RangeSeries[]>;
}

/** Longest wait for one answer. */
const PATIENCE_MS = 30_000;
const SERVER_TIMEOUT = '25s';
/** Fewer steps than this are not asked for: then the query itself is too large. */
const FEWEST_STEPS = 8;

/** `host` is the authority of the URL: the only one that is asked. */
export function rangeApi(url: string, host: string): RangeApi {
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/query_range`;
  const ask = async (order: RangeOrder): Promise<RangeSeries[]> => {
    const answer = await asked(endpoint, host, order);
    if (answer !== null) return answer;
    if (order.steps < 2 * FEWEST_STEPS)
      throw unavailable(url, `${excerpt(order.query)} has more series than one answer may hold; narrow its labels`);
    const half = Math.ceil(order.steps / 2);
    const first = await ask({ ...order, steps: half });
    const fromMs = order.fromMs + half * order.stepMs;
    return joined(first, await ask({ ...order, fromMs, steps: order.steps - half }), half, order.steps);
  };
  return { range: ask };
}

function unavailable(url: string, why: string): Problem {
  return new Problem(
    'sourceUnavailable',
    `${url} cannot be read: ${why}.`,
    'Check the address and the selectors; the server must answer /api/v1/query_range.',
  );
}

/** Null: the answer would be too large. */
async function asked(
  endpoint: string,
  host: string,
  { query, fromMs, stepMs, steps }: RangeOrder,
): Promise<RangeSeries[] | null> {
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const body = new URLSearchParams({
    query,
    start: seconds(fromMs),
    end: seconds(fromMs + (steps - 1) * stepMs),
    step: seconds(stepMs),
    timeout: SERVER_TIMEOUT,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  try {
    const answer = await guardedFetch({
      url: endpoint,
      hosts: [host],
      method: 'POST',
      headers,
      body,
      timeoutMs: PATIENCE_MS,
      signal: new AbortController().signal,
    });
    return seriesIn(answer, { query, fromMs, stepMs, steps });
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error;
    if (error.message.includes('answers more than')) return null;
    throw unavailable(endpoint.replace(/\/api\/v1\/query_range$/, ''), messageOf(error));
  }
}

interface Answer {
  status?: unknown;
  error?: unknown;
  warnings?: unknown;
  data?: { resultType?: unknown; result?: unknown } | null;
}

function seriesIn({ status, text }: { status: number; text: string }, order: RangeOrder): RangeSeries[] | null {
  const json = parsed(text);
  if (status !== 200 || json?.status !== 'success') {
    const told = typeof json?.error === 'string' ? json.error : text;
    if (/too many samples|exceeded maximum resolution/.test(told)) return null;
    const message = `Prometheus answers ${status} to ${excerpt(order.query)}: ${excerpt(told)}`;
    if (status === 400 || status === 422) throw new Problem('badPlan', message, 'Mend the selector in the gates file.');
    throw new Problem('sourceUnavailable', message, 'Try again, or ask a server that has the history.');
  }
  if (Array.isArray(json.warnings) && json.warnings.length > 0)
    throw new Problem(
      'sourceUnavailable',
      `Prometheus warns that its answer may be partial: ${excerpt(json.warnings.join('; '))}`,
      'Ask a server that has the whole history; a partial count is a wrong count.',
    );
  const { resultType, result } = json.data ?? {};
  if (resultType !== 'matrix' || !Array.isArray(result))
    throw new Problem(
      'badPlan',
      `${excerpt(order.query)} answers ${excerpt(JSON.stringify(resultType) ?? 'nothing')}, not series over time.`,
      'Write a selector of counters, like requests_total{job="spam"}.',
    );
  return result.map((element) => oneSeries(element, order));
}

function parsed(text: string): Answer | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : null;
  } catch {
    return null;
  }
}

function oneSeries(element: unknown, { query, fromMs, stepMs, steps }: RangeOrder): RangeSeries {
  const { metric, values } = (element ?? {}) as { metric?: unknown; values?: unknown };
  if (typeof metric !== 'object' || metric === null || !Array.isArray(values))
    throw new Problem(
      'badPlan',
      `${excerpt(query)} answers series in a shape that is not read (native histograms are not).`,
      'Name classic counters or buckets.',
    );
  const labels = new Map<string, string>();
  let name = '';
  for (const [label, text] of Object.entries(metric)) {
    if (label === '__name__') name = String(text);
    else labels.set(label, String(text));
  }
  const found: (number | null)[] = Array.from({ length: steps }, () => null);
  for (const sample of values as unknown[]) {
    const [at, text] = Array.isArray(sample) ? (sample as unknown[]) : [];
    const step = Math.round((Number(at) * 1000 - fromMs) / stepMs);
    const value = typeof text === 'string' ? sampleValue(text) : undefined;
    if (step >= 0 && step < steps && value !== undefined) found[step] = value;
  }
  return { key: seriesKey(name, labels), labels, values: found };
}

/** Two neighbouring chunks as one. */
function joined(first: RangeSeries[], second: RangeSeries[], half: number, steps: number): RangeSeries[] {
  const none = (count: number) => Array.from({ length: count }, (): null => null);
  const later = new Map(second.map((series) => [series.key, series]));
  const both = first.map((series) => {
    const rest = later.get(series.key);
    later.delete(series.key);
    return { ...series, values: [...series.values, ...(rest?.values ?? none(steps - half))] };
  });
  return [...both, ...[...later.values()].map((series) => ({ ...series, values: [...none(half), ...series.values] }))];
}
