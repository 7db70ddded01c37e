/**
 * Counter arithmetic: what a series counted between two readings. A counter that went backwards, or a series that
 * went away, means the process started anew; what it counted in between is unknown, not zero and never negative. Pure.
 */
import { noData, unreadable } from './unusable.js';

/** One reading of one series; `value` is null where the source said NaN or an infinity. */
export interface Reading {
  key: string;
  labels: ReadonlyMap<string, string>;
  value: number | null;
}

/** What one series counted between two readings. */
export interface Delta {
  key: string;
  labels: ReadonlyMap<string, string>;
  by: number;
}

/** What a series counts in: whole things, or an amount that grows by fractions (seconds, tokens, money). */
export type Measure = 'count' | 'amount';

/** Name and sorted labels, written so that no label value can imitate another series. */
export function seriesKey(name: string, labels: ReadonlyMap<string, string>): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}

/**
 * Differences per series. A series of `end` unknown at `start` counted from zero: the caller makes sure that it was
 * born in between. Throws noData `restarted` and errors for readings that the measure does not allow.
 */
export function deltas(
  start: readonly Reading[],
  end: readonly Reading[],
  where: string,
  measure: Measure = 'count',
): Delta[] {
  const before = new Map(start.map((reading) => [reading.key, reading]));
  const found: Delta[] = [];
  for (const reading of end) {
    const from = before.get(reading.key);
    before.delete(reading.key);
    const by = valueOf(reading, measure) - (from === undefined ? 0 : valueOf(from, measure));
    if (by < 0) throw noData(`restarted: ${where} began to count anew (${reading.key} went backwards)`);
    found.push({ key: reading.key, labels: reading.labels, by });
  }
  const [gone] = before.keys();
  if (gone !== undefined) throw noData(`restarted: ${where} no longer has ${gone}`);
  return found;
}

function valueOf({ key, value }: Reading, measure: Measure): number {
  if (value === null) throw unreadable(`${key} is not a finite number`);
  if (measure === 'count' && !Number.isInteger(value)) throw unreadable(`${key} is ${value}, which is no whole count`);
  // Beyond 2^53 a counter no longer shows when it grows by one.
  if (value < 0 || value > Number.MAX_SAFE_INTEGER)
    throw unreadable(
      `${key} is ${value}, which is no ${measure === 'count' ? 'whole count' : 'amount'} from 0 to 2^53`,
    );
  return value;
}
