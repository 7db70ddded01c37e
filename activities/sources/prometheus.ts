/**
 * Source `prometheus`: counters that a Prometheus server scrapes from both arms.
 *
 * Counts are exact differences: the raw counters are read at the window's start and end and subtracted series by series.
 * `increase()` is not used, because it extrapolates to the edges of its range: it makes 3.27 failures out of 3 and so
 * breaks every procedure that stands on counts, and it hides restarts by guessing. The price: a window's edges are those
 * of the last scrape before them, so `windowMs` should span several scrape intervals, and `settleMs` at least one.
 */
import { payloadKind } from '../../judge/payload.js';
import type { PrometheusConnection, SecretRef } from '../../plan/platform-types.js';
import type { Arm, MetricSpec, SourceSpec } from '../../workflows/contract/plan.js';
import type { Cell, Observation } from '../../workflows/contract/windows.js';
import type { CollectedWindow, CollectOrder, MetricSource } from './adapter.js';
import { notesOn, requireAllowed } from './admission.js';
import type { ArmDelta, Labelling } from './cells.js';
import { eventsFromCounters } from './counters.js';
import { type EpochWindow, dueWindows, latestClosed } from './epoch-windows.js';
import { excerpt, sourceUnavailable } from './failures.js';
import { FetchFault } from './guarded-fetch.js';
import { cellsFromHistogram } from './histogram.js';
import { type PrometheusApi, prometheusApi } from './prometheus-api.js';
import { type Selector, parseSelector, selectorText } from './prometheus-selector.js';
import { type Measure, type Reading, deltas } from './series.js';
import { noData, observe, unreadable } from './unusable.js';

const MOST_WINDOWS = 4;
/** No further window is begun after this, so that an attempt ends in time. */
const BUDGET_MS = 2500;
/** A series that has been silent for less than this is one that came back, not a new one. */
const MEMORY = '1h';

export interface PrometheusOptions {
  hosts: readonly string[];
  resolveSecret: (reference: SecretRef) => string | Promise<string>;
  /** Clock of admission's throw-away look; default Date.now. */
  now?: () => number;
}

/** Throws badPlatform when the address is not among the hosts. */
export function prometheusSource(
  connection: PrometheusConnection,
  { hosts, resolveSecret, now = Date.now }: PrometheusOptions,
): MetricSource {
  requireAllowed(connection.url, hosts);
  const ask = async (signal: AbortSignal): Promise<Ask> => {
    const token = connection.token === null ? null : await resolveSecret(connection.token);
    return { api: prometheusApi(connection.url, hosts, token), labels: connection.labels, signal };
  };
  return {
    collect: async (order) => collect(order, await ask(order.signal)),
    inspectArm: async () => null,
    check: async (metrics, source, signal) => {
      const window = latestClosed(now(), source);
      return [...settleNote(source), ...notesOn(await observeWindow(await ask(signal), metrics, window))];
    },
    close: async () => {},
  };
}

/** A sample scraped just before a window's end is stored just after it: asked too early, it would be counted in no window. */
function settleNote({ settleMs }: SourceSpec): string[] {
  return settleMs > 0 ? [] : ['settle is 0: set it to the scrape interval, or counts at the edges of windows are lost'];
}

interface Ask {
  api: PrometheusApi;
  labels: PrometheusConnection['labels'];
  signal: AbortSignal;
}

async function collect(order: CollectOrder, ask: Ask): Promise<CollectedWindow[]> {
  const until = performance.now() + BUDGET_MS;
  const found: CollectedWindow[] = [];
  for (const window of dueWindows(order, MOST_WINDOWS)) {
    if (found.length > 0 && performance.now() > until) break;
    try {
      found.push({ ...window, observations: await observeWindow(ask, order.metrics, window) });
    } catch (error) {
      if (found.length > 0) break;
      throw error;
    }
  }
  return found;
}

async function observeWindow(
  ask: Ask,
  metrics: Record<string, MetricSpec>,
  window: EpochWindow,
): Promise<Record<string, Observation>> {
  const observations: Record<string, Observation> = {};
  try {
    for (const [name, metric] of Object.entries(metrics))
      observations[name] = await observe(() => cellsOf(ask, metric, window));
  } catch (error) {
    if (error instanceof FetchFault) throw sourceUnavailable(`Prometheus: ${error.message}`);
    throw error;
  }
  return observations;
}

async function cellsOf(ask: Ask, metric: MetricSpec, window: EpochWindow): Promise<Cell[]> {
  const { reading } = metric;
  const payload = payloadKind(metric.kind);
  if (payload === 'rate' && reading.kind === 'prometheus')
    return await cellsOfEvents(ask, metric, window, { ...reading, among: reading.units, measure: 'count' });
  if (payload === 'count' && reading.kind === 'prometheusCount')
    return await cellsOfEvents(ask, metric, window, { ...reading, among: reading.exposure, measure: 'amount' });
  if (payload === 'quantile' && reading.kind === 'prometheusHistogram') {
    const histogram = parseSelector(reading.histogram);
    const [buckets, counts] = await inOrder([
      counted(ask, window, histogram, { suffix: '_bucket' }),
      counted(ask, window, histogram, { suffix: '_count' }),
    ]);
    return cellsFromHistogram(metric, buckets, counts, labellingOf(ask, metric));
  }
  throw unreadable(`Prometheus cannot read a ${metric.kind} metric as ${reading.kind}`);
}

async function cellsOfEvents(
  ask: Ask,
  metric: MetricSpec,
  window: EpochWindow,
  { among: amongText, measure, events: eventsText }: { among: string; measure: Measure; events: string },
): Promise<Cell[]> {
  const [ofAmong, ofEvents] = [parseSelector(amongText), parseSelector(eventsText)];
  const [among, events] = await inOrder([counted(ask, window, ofAmong, { measure }), counted(ask, window, ofEvents)]);
  const hasEvents = (arm: Arm) => events.some((delta) => delta.arm === arm);
  return eventsFromCounters(metric, among, events, labellingOf(ask, metric), hasEvents);
}

function labellingOf(ask: Ask, metric: MetricSpec): Labelling {
  return { via: ask.labels.via, slices: metric.slices?.by ?? [] };
}

/** Both at once, but with the failure of the first before that of the second: the same window says the same thing again. */
async function inOrder<T>([first, second]: [Promise<T>, Promise<T>]): Promise<[T, T]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

async function counted(
  ask: Ask,
  window: EpochWindow,
  selector: Selector,
  { suffix = '', measure = 'count' }: { suffix?: string; measure?: Measure } = {},
): Promise<ArmDelta[]> {
  const query = selectorText(selector, suffix);
  const [start, end] = await Promise.all([
    ask.api.instant(query, window.startMs, ask.signal),
    ask.api.instant(query, window.endMs, ask.signal),
  ]);
  if (end.length === 0) throw noData(`no series matches ${excerpt(query)}`);
  const known = new Set(start.map((reading) => reading.key));
  const born = end.filter((reading) => !known.has(reading.key));
  if (born.length > 0) await refuseUnprovenBirths(ask, window, query, born);
  return deltas(start, end, selector.name, measure).map((delta) => ({ arm: armOf(delta, ask.labels.arm), ...delta }));
}

/**
 * A new series counted from zero only if its target was being scraped when the window began and the series was not
 * there, nor shortly before. Else its value is the work of an unknown time.
 */
async function refuseUnprovenBirths(
  ask: Ask,
  window: EpochWindow,
  query: string,
  born: readonly Reading[],
): Promise<void> {
  const [targets, recent] = await Promise.all([
    ask.api.instant('up == 1', window.startMs, ask.signal),
    ask.api.instant(`last_over_time(${query}[${MEMORY}])`, window.startMs, ask.signal),
  ]);
  const scraped = new Set(targets.map((target) => targetOf(target)));
  const remembered = new Set(recent.map((reading) => labelsOnly(reading)));
  for (const reading of born) {
    if (remembered.has(labelsOnly(reading))) throw noData(`restarted: ${reading.key} came back after a gap`);
    if (!scraped.has(targetOf(reading))) throw noData(`${reading.key} began to be scraped within the window`);
  }
}

function targetOf({ labels }: Reading): string {
  return JSON.stringify([labels.get('job'), labels.get('instance')]);
}

/** Functions over time may drop the metric's name. */
function labelsOnly({ key }: Reading): string {
  return key.slice(key.indexOf('{'));
}

function armOf(reading: Pick<Reading, 'key' | 'labels'>, label: string): ArmDelta['arm'] {
  const arm = reading.labels.get(label);
  if (arm === 'baseline' || arm === 'candidate') return arm;
  const found = arm === undefined ? `no ${label}` : `${label}=${JSON.stringify(excerpt(arm))}`;
  throw unreadable(`${reading.key} has ${found}; every counter carries ${label}="baseline" or "candidate"`);
}
