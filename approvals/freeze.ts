/**
 * Freeze windows: when nothing is raised, whatever was approved. Pure through Intl; the time is an argument. Lowering
 * exposure never asks (governance.md section 3.2).
 */
import type { FreezeTime, FreezeWindow, Policy } from './policy.js';
import { type ZoneClock, zoneClock } from './zone-clock.js';

export interface Frozen {
  /** Of the window. */
  name: string;
  reason: string;
  /** When this window opens next, unix milliseconds, a whole minute; null: not within FORESEEN_MS. */
  untilMs: number | null;
}

/** Ends of freezes are looked for this far ahead: 400 days. */
export const FORESEEN_MS = 400 * 86_400_000;

/**
 * The freeze that holds for a tenant at an instant, null when exposure may rise. Of several the one that lasts longest is
 * told; ask again when it ends. In a window with `allow` alone only those times are open; where allow and deny both hold,
 * deny wins. A deny begins at the first and ends at the last of two equal wall times, an allow the other way round, so
 * an hour that daylight saving repeats is frozen in doubt; an hour that it skips does not exist.
 */
export function frozenAt(policy: Pick<Policy, 'freezes'>, tenant: string, atMs: number): Frozen | null {
  const holding = policy.freezes
    .filter(({ tenants }) => tenants === null || tenants.includes(tenant))
    .flatMap((window) => holds(window, atMs) ?? []);
  const ends = ({ untilMs }: Frozen): number => untilMs ?? Infinity;
  return holding.reduce<Frozen | null>((longest, each) => {
    return longest === null || ends(each) > ends(longest) ? each : longest;
  }, null);
}

function holds(window: FreezeWindow, atMs: number): Frozen | null {
  const clock = zoneClock(window.zone);
  if (opensAt(window, clock, atMs, atMs) === atMs) return null;
  const untilMs = opensAt(window, clock, atMs, atMs + FORESEEN_MS);
  return { name: window.name, reason: window.reason, untilMs };
}

/** The first instant from one to another, both included, at which the window lets exposure rise; null: none. */
function opensAt({ deny, allow }: FreezeWindow, clock: ZoneClock, fromMs: number, toMs: number): number | null {
  const closed = deny.flatMap((time) => spansOf(time, 'deny', clock, fromMs, toMs)).sort(byStart);
  const open =
    allow.length === 0
      ? [{ startMs: -Infinity, endMs: Infinity }]
      : allow.flatMap((time) => spansOf(time, 'allow', clock, fromMs, toMs)).sort(byStart);
  let reached = fromMs;
  let next = 0;
  for (const { startMs, endMs } of open) {
    let atMs = Math.max(reached, startMs);
    for (let span = closed[next]; span && span.startMs <= atMs; span = closed[next]) {
      atMs = Math.max(atMs, span.endMs);
      next += 1;
    }
    if (atMs < endMs) return atMs <= toMs ? atMs : null;
    reached = Math.max(reached, atMs);
  }
  return null;
}

interface Span {
  startMs: number;
  /** Not included. */
  endMs: number;
}

function byStart(one: Span, other: Span): number {
  return one.startMs - other.startMs;
}

/** When a time holds, from just before one instant to just after another, in order. */
function spansOf(time: FreezeTime, list: 'deny' | 'allow', clock: ZoneClock, fromMs: number, toMs: number): Span[] {
  const walls = time.kind === 'dates' ? [wallsOf(time)] : weeksOf(time, clock.wallOf(fromMs), clock.wallOf(toMs));
  return walls.flatMap(([from, to]) => {
    const [begins, ends] = [clock.instantsOf(from), clock.instantsOf(to)];
    const startMs = list === 'deny' ? begins.first : begins.last;
    const endMs = list === 'deny' ? ends.last : ends.first;
    return startMs < endMs && endMs > fromMs && startMs <= toMs ? [{ startMs, endMs }] : [];
  });
}

type Walls = [from: number, to: number];

function wallsOf({ from, to }: Extract<FreezeTime, { kind: 'dates' }>): Walls {
  return [Date.parse(`${from}Z`), Date.parse(`${to}Z`)];
}

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
const WEEK_MS = WEEK_MINUTES * MINUTE_MS;
/** 5 January 1970. */
const A_MONDAY_MS = 4 * 86_400_000;

function weeksOf({ from, to }: Extract<FreezeTime, { kind: 'weekly' }>, fromWall: number, toWall: number): Walls[] {
  const [begins, ends] = [minuteOfWeek(from), minuteOfWeek(to)];
  const lasts = ends > begins ? ends - begins : ends - begins + WEEK_MINUTES;
  const [firstWeek, lastWeek] = [weekOf(fromWall) - 1, weekOf(toWall) + 1];
  return Array.from({ length: lastWeek - firstWeek + 1 }, (_, index): Walls => {
    const start = A_MONDAY_MS + (firstWeek + index) * WEEK_MS + begins * MINUTE_MS;
    return [start, start + lasts * MINUTE_MS];
  });
}

function minuteOfWeek({ weekday, minute }: { weekday: number; minute: number }): number {
  return (weekday - 1) * 24 * 60 + minute;
}

function weekOf(wallMs: number): number {
  return Math.floor((wallMs - A_MONDAY_MS) / WEEK_MS);
}
