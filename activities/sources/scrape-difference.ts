/** What both arms counted between two scrapes, per metric. Pure. */
import { payloadKind } from '../../judge/payload.js';
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Observation } from '../../workflows/contract/windows.js';
import type { ArmDelta, Labelling } from './cells.js';
import { eventsFromCounters } from './counters.js';
import { cellsFromHistogram } from './histogram.js';
import type { Family, Page, Sample } from './page.js';
import { ARMS, type Scrape } from './scrape-pages.js';
import { type Measure, deltas } from './series.js';
import { noData, observe, unreadable } from './unusable.js';

const START_TIME = 'process_start_time_seconds';
const VIA = 'via';

/** One observation per metric. A restart of either arm makes all of them noData: a comparison of one arm with nothing is none. */
export async function observeBetween(
  from: Scrape,
  to: Scrape,
  metrics: Record<string, MetricSpec>,
): Promise<Record<string, Observation>> {
  const observations: Record<string, Observation> = {};
  for (const [name, metric] of Object.entries(metrics))
    observations[name] = await observe(() => {
      for (const arm of ARMS) refuseRestart(arm, from.pages[arm], to.pages[arm]);
      return cellsOf(metric, from, to);
    });
  return observations;
}

function cellsOf(metric: MetricSpec, from: Scrape, to: Scrape): Cell[] {
  const labelling: Labelling = { via: VIA, slices: metric.slices?.by ?? [] };
  const { reading } = metric;
  const payload = payloadKind(metric.kind);
  const between = (wanted: Wanted) => ARMS.flatMap((arm) => counted(arm, from.pages[arm], to.pages[arm], wanted));
  if (payload === 'rate' && reading.kind === 'scrape') {
    const units = between(counter(reading.units));
    return eventsFromCounters(metric, units, between(counter(reading.events)), labelling, () => true);
  }
  if (payload === 'count' && reading.kind === 'scrapeCount') {
    const exposure = between({ ...counter(reading.exposure), measure: 'amount' });
    return eventsFromCounters(metric, exposure, between(counter(reading.events)), labelling, () => true);
  }
  if (payload === 'quantile' && reading.kind === 'scrapeHistogram') {
    const buckets = between(histogram(reading.histogram, '_bucket'));
    return cellsFromHistogram(metric, buckets, between(histogram(reading.histogram, '_count')), labelling);
  }
  throw unreadable(`a scrape cannot read a ${metric.kind} metric as ${reading.kind}`);
}

/** Series of one name within a family of one of these types. */
interface Wanted {
  family: string;
  series: string;
  types: readonly Family['type'][];
  measure: Measure;
}

function counter(name: string): Wanted {
  return { family: name, series: name, types: ['counter', 'untyped'], measure: 'count' };
}

function histogram(name: string, suffix: string): Wanted {
  return { family: name, series: `${name}${suffix}`, types: ['histogram'], measure: 'count' };
}

function counted(arm: Arm, from: Page, to: Page, wanted: Wanted): ArmDelta[] {
  const [start, end] = [from, to].map((page) => samplesOf(arm, page, wanted));
  return deltas(start ?? [], end ?? [], arm, wanted.measure).map((delta) => ({ arm, ...delta }));
}

/** A family that is declared (`# TYPE`) but has no series yet has counted nothing; one that is not on the page is missing. */
function samplesOf(arm: Arm, page: Page, { family: name, series, types }: Wanted): Sample[] {
  const family = page.families.get(name);
  if (family === undefined) throw noData(`${arm} does not export ${name}`);
  if (!types.includes(family.type)) throw unreadable(`${arm}: ${name} is a ${family.type}, not a ${types[0]}`);
  const samples = family.samples.filter((sample) => sample.name === series);
  const stamped = samples.find((sample) => sample.timestamped);
  if (stamped !== undefined)
    throw unreadable(`${arm}: ${stamped.key} carries a time of its own, so it may be stale; export it without`);
  return samples;
}

function refuseRestart(arm: Arm, from: Page, to: Page): void {
  const [started, startedNow] = [from, to].map((page) => startTime(arm, page));
  if (started !== startedNow) throw noData(`restarted: ${arm} reports another ${START_TIME}`);
  for (const [name, family] of to.families) {
    const earlier = family.type === 'counter' ? from.families.get(name) : undefined;
    if (earlier === undefined) continue;
    const before = new Map(earlier.samples.map((sample) => [sample.key, sample.value]));
    const lower = family.samples.find(({ key, value }) => value !== null && value < (before.get(key) ?? 0));
    if (lower !== undefined) throw noData(`restarted: ${arm} began to count anew (${lower.key} went backwards)`);
  }
}

function startTime(arm: Arm, page: Page): number | null {
  const samples = page.families.get(START_TIME)?.samples ?? [];
  if (samples.length > 1)
    throw unreadable(`${arm}: the page shows ${samples.length} processes; scrape one process per arm`);
  return samples[0]?.value ?? null;
}
