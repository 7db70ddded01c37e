/**
 * Which slices are judged by name: those the baseline had shown when judging of the metric began. Later ones are judged
 * together as `other`, so that the false-alarm budget can be divided once and for all. Pure, sandbox-safe.
 */
import type { Cell } from '../workflows/contract/windows.js';
import { unitsOf } from './payload.js';
import { OTHER } from './selection.js';
import type { MetricState } from './state.js';

/** More would thin the budget and swell the state; the largest are taken. */
const MOST_NAMED = 20;
const MOST_SEEN = 256;

/** Notes the slices of a window, until they are fixed. */
export function noteSlices(metric: MetricState, cells: readonly Cell[]): void {
  if (metric.slices !== null) return;
  for (const { arm, via, slice, payload } of cells) {
    if (arm !== 'baseline' || via !== 'share' || slice === null || slice === OTHER) continue;
    const [units, events] = [unitsOf(payload), payload.kind === 'rate' ? payload.events : 0];
    const known = metric.seen.find(([name]) => name === slice);
    if (known) [known[1], known[2]] = [known[1] + units, known[2] + events];
    else if (metric.seen.length < MOST_SEEN) metric.seen.push([slice, units, events]);
  }
}

/** Fixes the slices by what was seen so far, the present window included. */
export function fixSlices(metric: MetricState, sliced: boolean): readonly string[] {
  if (metric.slices !== null) return metric.slices;
  const largest = metric.seen
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, sliced ? MOST_NAMED : 0);
  metric.seen = largest;
  metric.slices = largest.map(([name]) => name).sort();
  return metric.slices;
}

/** Every process a gate on this metric has. */
export function partsOf(slices: readonly string[], sliced: boolean): (string | null)[] {
  return sliced ? [null, ...slices, OTHER] : [null];
}

/** Whether the event is the rule rather than the exception, as far as the baseline shows. */
export function eventIsRule(metric: MetricState, slice: string | null): boolean {
  const [all, among] = metric.calibration.sums;
  const own = metric.seen.find(([name]) => name === slice);
  const [units, events] = own && own[1] > 0 ? [own[1], own[2]] : [all, among];
  return events > units / 2;
}
