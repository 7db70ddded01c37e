/**
 * Groups what was counted into cells per arm, via and slice. Every count goes into the whole (slice null) and, where
 * the metric is sliced, into its slice. Pure.
 */
import { wrongPayload } from '../../judge/payload.js';
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Payload, Via } from '../../workflows/contract/windows.js';
import type { Delta } from './series.js';
import { unreadable } from './unusable.js';

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

/** A cell whose numbers the judge can take; throws with its place when they contradict one another. */
export function checkedCell({ arm, via, slice }: Place, metric: MetricSpec, payload: Payload): Cell {
  const wrong = wrongPayload(metric, payload);
  if (wrong !== null) throw unreadable(`${arm}, via ${via}${slice === null ? '' : `, ${slice}`}: ${wrong}`);
  return { arm, via, slice, payload };
}

/** Arm, via and slice of a counted series, from its labels. */
export function placeOf(delta: ArmDelta, labelling: Labelling): Place {
  return {
    arm: delta.arm,
    via: viaOf(delta.labels.get(labelling.via), labelling.via, delta.key),
    slice: sliceOf(delta.labels, labelling.slices, delta.key),
  };
}
