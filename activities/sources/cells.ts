/**
 * Groups what was counted into cells per arm, via and slice. Every count goes into the whole (slice null) and, where
 * the metric is sliced, into its slice. Pure.
 */
import type { Arm } from '../../workflows/contract/plan.js';
import type { Cell, Via } from '../../workflows/contract/windows.js';
import type { Delta } from './series.js';
import { noData, unreadable } from './unusable.js';

const MOST_CELLS = 1000;
const SLICE_SEPARATORS = /[%,=\p{Cc}]/gu;

/** Where a count belongs. */
export interface Place {
  arm: Arm;
  via: Via;
  slice: string | null;
}

/** What one arm counted. */
export interface ArmDelta extends Delta {
  arm: Arm;
}

/** How a source tells via and slices apart: names of labels or columns. */
export interface Labelling {
  via: string;
  slices: readonly string[];
}

/** `share`, `none` or `cohort:<name>`; anything else throws, for a unit nobody assigned must not be judged. */
export function viaOf(value: string | undefined, label: string, where: string): Via {
  if (value === undefined || value === '')
    throw unreadable(`${where} has no ${label}: every counter and row carries ${label} (share, cohort:<name> or none)`);
  if (value === 'share' || value === 'none') return value;
  if (/^cohort:./.test(value)) return value as Via;
  throw unreadable(
    `${where} has ${label} ${JSON.stringify(value.slice(0, 60))}; share, cohort:<name> or none are known`,
  );
}

/** `name=value`, joined by `,` in the order of the plan; null where the metric is not sliced. `%`, `,`, `=` in values are percent-encoded. */
export function sliceOf(
  values: { get(name: string): string | undefined },
  by: readonly string[],
  where: string,
): string | null {
  if (by.length === 0) return null;
  return by.map((name) => `${name}=${sliceValue(values.get(name), name, where)}`).join(',');
}

function sliceValue(value: string | undefined, name: string, where: string): string {
  if (value === undefined || value === '') throw unreadable(`${where} has no ${name}, by which the metric is sliced`);
  if (value.length > 200)
    throw unreadable(`${where} has a ${name} of ${value.length} characters; at most 200 are read`);
  return value.replace(SLICE_SEPARATORS, (found) => encodeURIComponent(found));
}

/** Adds counts up by place and, for a slice, by the whole it belongs to. */
export class Tally<Sum> {
  readonly #sums = new Map<string, Place & { sum: Sum }>();
  readonly #zero: () => Sum;

  constructor(zero: () => Sum) {
    this.#zero = zero;
  }

  add(place: Place, into: (sum: Sum) => void): void {
    into(this.#at({ ...place, slice: null }));
    if (place.slice !== null) into(this.#at(place));
  }

  /** In a fixed order: baseline first, whole before slices. */
  entries(): (Place & { sum: Sum })[] {
    return [...this.#sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  #at(place: Place): Sum {
    const key = JSON.stringify([place.arm, place.via, place.slice ?? '']);
    const known = this.#sums.get(key);
    if (known !== undefined) return known.sum;
    if (this.#sums.size >= MOST_CELLS)
      throw unreadable(`more than ${MOST_CELLS} combinations of arm, via and slice; slice by fewer values`);
    const entry = { ...place, sum: this.#zero() };
    this.#sums.set(key, entry);
    return entry.sum;
  }
}

interface RateSum {
  units: number;
  events: number;
  firstSeen: number | null;
}

/** A tally of a rate. */
export function rateTally(): Tally<RateSum> {
  return new Tally(() => ({ units: 0, events: 0, firstSeen: null }));
}

/** Cells of a rate; refuses more events than units and sums beyond exact integers. */
export function rateCells(tally: Tally<RateSum>): Cell[] {
  return tally.entries().map(({ arm, via, slice, sum }) => {
    if (sum.events > sum.units)
      throw unreadable(
        `${arm}, via ${via}${slice === null ? '' : `, ${slice}`}: ${sum.events} events in ${sum.units} units; ` +
          'count both when the request ends, and events only among units',
      );
    if (!Number.isSafeInteger(sum.units)) throw unreadable(`${arm}, via ${via}: the counts are too large to be exact`);
    const { units, events, firstSeen } = sum;
    return { arm, via, slice, payload: { kind: 'rate', units, events, ...(firstSeen === null ? {} : { firstSeen }) } };
  });
}

/** Cells of a rate from counters; an arm that counted units but has no counter of events at all is noData, not zero. */
export function rateFromCounters(
  units: readonly ArmDelta[],
  events: readonly ArmDelta[],
  labelling: Labelling,
  hasEvents: (arm: Arm) => boolean,
): Cell[] {
  const tally = rateTally();
  for (const delta of units) tally.add(placeOf(delta, labelling), (sum) => void (sum.units += delta.by));
  for (const delta of events) tally.add(placeOf(delta, labelling), (sum) => void (sum.events += delta.by));
  for (const { arm } of units)
    if (!hasEvents(arm)) throw noData(`${arm} has no counter of events; export it from the start, at 0`);
  const cells = rateCells(tally);
  if (cells.length === 0) throw noData('no units were ever counted');
  return cells;
}

/** Arm, via and slice of a counted series, from its labels. */
export function placeOf(delta: ArmDelta, labelling: Labelling): Place {
  return {
    arm: delta.arm,
    via: viaOf(delta.labels.get(labelling.via), labelling.via, delta.key),
    slice: sliceOf(delta.labels, labelling.slices, delta.key),
  };
}
