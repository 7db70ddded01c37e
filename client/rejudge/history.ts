/**
 * Counters of the past as windows of one arm: exact differences between neighbouring samples, series by series, as the
 * Prometheus source takes them. A series counts from the second step it is seen at; a window in which one went backwards
 * is missing, for what was counted around a restart is not known.
 */
import { cellsFromHistogram } from '../../activities/sources/histogram.js';
import { eventsFromCounters } from '../../activities/sources/counters.js';
import type { ArmDelta } from '../../activities/sources/cells.js';
import { parseSelector, selectorText } from '../../activities/sources/prometheus-selector.js';
import { noData, observe, unreadable } from '../../activities/sources/unusable.js';
import type { MetricSpec, Reading } from '../../workflows/contract/plan.js';
import type { Cell, Window } from '../../workflows/contract/windows.js';
import { messageOf, Problem } from '../problem.js';
import type { RangeApi, RangeSeries } from './prometheus-range.js';

export interface HistoryOrder {
  fromMs: number;
  stepMs: number;
  /** Windows asked for. */
  windows: number;
  onProgress: (done: number) => void;
}

export interface History {
  metric: string;
  windows: Window[];
  /** Why the others are missing, with how many there are of each. */
  missing: Map<string, number>;
}

/** Windows asked for at once: four hours of minutes. */
const CHUNK = 240;
/** A label no series can have. */
const VIA = ' via';

/** Throws Problem when the metric names no series, or they are no counters. */
export async function historyOf(
  api: RangeApi,
  metric: string,
  spec: MetricSpec,
  order: HistoryOrder,
): Promise<History> {
  const selectors = selectorsOf(metric, spec.reading);
  const history: History = { metric, windows: [], missing: new Map() };
  for (let first = 0; first < order.windows; first += CHUNK) {
    const count = Math.min(CHUNK, order.windows - first);
    const fromMs = order.fromMs + first * order.stepMs;
    const range = (query: string) => api.range({ query, fromMs, stepMs: order.stepMs, steps: count + 1 });
    const [among, events] = [await range(selectors.among), await range(selectors.events)];
    const taken = { among: among.map(asShare), events: events.map(asShare) };
    for (let at = 0; at < count; at += 1) {
      const observation = await observe(() => cellsAt(spec, taken, at));
      if (observation.kind === 'value') history.windows.push(windowOf(metric, observation.cells, first + at, order));
      else {
        const why = observation.kind === 'noData' ? observation.reason : observation.message;
        history.missing.set(why, (history.missing.get(why) ?? 0) + 1);
      }
    }
    order.onProgress(first + count);
  }
  if (history.windows.length > 0) return history;
  const [why = 'it has no samples'] = history.missing.keys();
  throw new Problem(
    'badPlan',
    `Metric ${metric} has no history in this time: ${why}.`,
    'Check its selectors in the gates file, and --since.',
  );
}

interface Selectors {
  among: string;
  events: string;
}

/** What counts units, and what counts events or observations at or below each edge. */
function selectorsOf(metric: string, reading: Reading): Selectors {
  try {
    if (reading.kind === 'prometheusHistogram' || reading.kind === 'scrapeHistogram') {
      const histogram = parseSelector(reading.histogram);
      return { among: selectorText(histogram, '_count'), events: selectorText(histogram, '_bucket') };
    }
    if (reading.kind === 'prometheusCount' || reading.kind === 'scrapeCount')
      return {
        among: selectorText(parseSelector(reading.exposure)),
        events: selectorText(parseSelector(reading.events)),
      };
    if (reading.kind === 'prometheus' || reading.kind === 'scrape')
      return { among: selectorText(parseSelector(reading.units)), events: selectorText(parseSelector(reading.events)) };
  } catch (error) {
    throw new Problem(
      'badPlan',
      `Metric ${metric}: ${messageOf(error)}.`,
      'Mend the selector in the gates file.',
      error,
    );
  }
  throw new Problem(
    'badPlan',
    `Metric ${metric} names no series.`,
    'Give it `units` and `events`, or `histogram`, as they are called in Prometheus.',
  );
}

/** Whoever met the service then had no arm: all of it counts as the randomised share. */
function asShare(series: RangeSeries): RangeSeries {
  return { ...series, labels: new Map(series.labels).set(VIA, 'share') };
}

function cellsAt(
  spec: MetricSpec,
  { among, events }: { among: RangeSeries[]; events: RangeSeries[] },
  at: number,
): Cell[] {
  const labelling = { via: VIA, slices: spec.slices?.by ?? [] };
  const [units, counted] = [deltasAt(among, at), deltasAt(events, at)];
  if (units.length === 0) throw noData('nothing counts its units');
  if (spec.kind === 'quantile' || spec.kind === 'drift') return cellsFromHistogram(spec, counted, units, labelling);
  // A counter of errors that is born with the first error says nothing before it: there were none.
  return eventsFromCounters(spec, units, counted, labelling, () => true);
}

function deltasAt(series: readonly RangeSeries[], at: number): ArmDelta[] {
  return series.flatMap(({ key, labels, values }) => {
    const [from, to] = [values[at], values[at + 1]];
    if (from == null || to == null) return [];
    const by = to - from;
    if (by < 0) throw unreadable('a counter went backwards: a restart');
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
      throw new Problem(
        'badPlan',
        `${key} is no whole count: ${from}, then ${to}.`,
        'Name counters of units and events.',
      );
    return [{ arm: 'baseline' as const, key, labels, by }];
  });
}

function windowOf(metric: string, cells: Cell[], index: number, { fromMs, stepMs }: HistoryOrder): Window {
  const startMs = fromMs + index * stepMs;
  const observation = { kind: 'value' as const, cells };
  return { version: 1, metric, index, startMs, endMs: startMs + stepMs, phase: 'bake', share: 0, observation };
}
