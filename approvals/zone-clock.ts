/**
 * The clocks of a time zone: what they show at an instant, and when they show a time, also where daylight saving skips or
 * repeats it. Pure through Intl, so the answer is as good as the time-zone data of the machine; not for the sandbox.
 */

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** No zone is further from UTC than this, and no transition further from a wall time taken for UTC. */
const AROUND_MS = 2 * DAY_MS;

/** A wall time is written in milliseconds, as if the zone were UTC. */
export interface ZoneClock {
  /** What the clocks show. */
  wallOf(atMs: number): number;
  /**
   * `first`: when they show the time, or a later one, for the first time. `last`: from when on they never show an earlier one.
   * Two instants only where clocks are set back; the instant of the jump, twice, where they are set forward past it.
   */
  instantsOf(wallMs: number): { first: number; last: number };
}

/** Throws a RangeError for a zone that Intl does not know. Instants near each other are cheap: offsets are kept by day. */
export function zoneClock(zone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const daily = new Map<number, number>();

  function offsetAt(atMs: number): number {
    const second = Math.floor(atMs / SECOND_MS) * SECOND_MS;
    const parts = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
    const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second: seconds = NaN } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
  }

  function offsetOfDay(day: number): number {
    const offset = daily.get(day) ?? offsetAt(day * DAY_MS);
    daily.set(day, offset);
    return offset;
  }

  function instantsOf(wallMs: number): { first: number; last: number } {
    let from = Math.floor((wallMs - AROUND_MS) / DAY_MS);
    let to = Math.ceil((wallMs + AROUND_MS) / DAY_MS);
    const [before, after] = [offsetOfDay(from), offsetOfDay(to)];
    if (before === after) return { first: wallMs - before, last: wallMs - before };
    [from, to] = [from * DAY_MS, to * DAY_MS];
    while (to - from > SECOND_MS) {
      const middle = Math.floor((from + to) / 2 / SECOND_MS) * SECOND_MS;
      if (offsetAt(middle) === before) from = middle;
      else to = middle;
    }
    const shown = [wallMs - before, wallMs - after].filter((atMs, index) => (index === 0 ? atMs < to : atMs >= to));
    return { first: shown[0] ?? to, last: shown.at(-1) ?? to };
  }

  return { wallOf: (atMs) => atMs + offsetAt(atMs), instantsOf };
}
