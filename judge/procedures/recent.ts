/**
 * Counts of the last three days in parts of five minutes, which are joined as they age: an hour is known to a quarter,
 * three days to half a day. So sliding windows from minutes to days stand on some 25 parts. Pure, sandbox-safe.
 *
 * Time comes from the windows. A gap leaves no parts; a clock that goes back a little adds to the newest part; one that
 * jumps further than anything kept begins anew.
 */

export const PART_MS = 300_000;
/** Parts of time that are kept: three days. */
const REACH = 864;
/** Up to that age, in parts: joined to blocks of so many, each a multiple of those before. */
const BLOCKS: readonly [age: number, size: number][] = [
  [6, 1],
  [12, 3],
  [24, 6],
  [72, 12],
  [288, 72],
];
const OLDEST_BLOCK = 144;

/** `first`: index of the first five minutes it holds. */
type Part = [first: number, units: number, bad: number, controlUnits: number, controlBad: number];

export interface Recent {
  /** The share in force: over two of them arms do not meet the same traffic, so a new one begins anew. */
  share: number;
  /** Number of the five minutes before index 0, counted from 1970. */
  origin: number;
  /** Index where this began, and that of now; an index never comes twice. */
  began: number;
  now: number;
  parts: Part[];
}

/** What a sliding window holds. `first`: index at which it begins. */
export interface Span {
  first: number;
  units: number;
  bad: number;
  controlUnits: number;
  controlBad: number;
}

export const noRecent = (): Recent => ({ share: -1, origin: 0, began: 0, now: 0, parts: [] });

/** Moves on to the end of a window, and says whether anything earlier is still comparable. */
export function moveTo(recent: Recent, endMs: number, share: number): void {
  const five = Math.ceil(endMs / PART_MS);
  const index = five - recent.origin;
  if (share !== recent.share || Math.abs(index - recent.now) > REACH) return beginAnew(recent, five, share);
  if (index <= recent.now) return;
  recent.now = index;
  join(recent);
}

function beginAnew(recent: Recent, five: number, share: number): void {
  recent.share = Math.abs(share);
  recent.now += 1;
  recent.began = recent.now;
  recent.origin = five - recent.now;
  recent.parts.length = 0;
}

interface Counts {
  units: number;
  events: number;
}

export function addRecent({ now, parts }: Recent, { units, events }: Counts, control: Counts): void {
  if (units + control.units <= 0) return;
  let last = parts[parts.length - 1];
  if (!last || last[0] < now) {
    last = [now, 0, 0, 0, 0];
    parts.push(last);
  }
  last[1] += units;
  last[2] += events;
  last[3] += control.units;
  last[4] += control.events;
}

/** In place: parts of one block become one, those beyond reach go. */
function join({ now, parts }: Recent): void {
  let kept = 0;
  for (const part of parts) {
    if (part[0] < now - REACH) continue;
    const before = kept > 0 ? parts[kept - 1] : undefined;
    if (before && sameBlock(before[0], part[0], now)) {
      for (let i = 1; i < part.length; i += 1) before[i] = (before[i] ?? 0) + (part[i] ?? 0);
      continue;
    }
    parts[kept] = part;
    kept += 1;
  }
  parts.length = kept;
}

function sameBlock(before: number, first: number, now: number): boolean {
  const size = sizeAt(now - first);
  return Math.floor(before / size) === Math.floor(first / size);
}

function sizeAt(age: number): number {
  for (const [upTo, size] of BLOCKS) if (age < upTo) return size;
  return OLDEST_BLOCK;
}

/** Adds up what began at that index or later, into `span`. */
export function sumSince({ now, parts }: Recent, from: number, span: Span): void {
  span.first = now;
  span.units = 0;
  span.bad = 0;
  span.controlUnits = 0;
  span.controlBad = 0;
  for (let i = parts.length - 1; i >= 0; i -= 1) {
    const part = parts[i];
    if (!part || part[0] < from) return;
    span.first = part[0];
    span.units += part[1];
    span.bad += part[2];
    span.controlUnits += part[3];
    span.controlBad += part[4];
  }
}
