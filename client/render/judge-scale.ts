/** Which values a chart of a gate shows, where its ticks stand, and how numbers and times read beside it. Pure. */
import type { Unit } from './numbers.js';
import type { Point, Track } from './judge-track.js';

export interface Scale {
  low: number;
  high: number;
}

/** Part of the looks, from the first, whose bounds are still so wide that they would flatten all else. */
const WIDE_PART = 0.25;
const MARGIN = 0.08;

/** Null: there is nothing to draw. Bounds that were wider early on run off the chart. */
export function scaleOf({ points, changes, rollbackLimit, promoteLimit }: Track): Scale | null {
  const known = points.filter(({ estimate }) => estimate !== null);
  if (known.length === 0) return null;
  const settled = known.slice(Math.floor(known.length * WIDE_PART));
  const decided = changes.flatMap(({ look, verdict }) => (verdict === 'inconclusive' ? [] : [points[look]]));
  const values = [
    ...settled.flatMap(({ estimate }) => [estimate]),
    ...[known.at(-1), ...decided].flatMap((point) => (point ? [point.estimate, point.lower, point.upper] : [])),
    rollbackLimit,
    promoteLimit,
  ].filter((value): value is number => value !== null && Number.isFinite(value));
  let [low, high] = [values[0] ?? 0, values[0] ?? 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const room = high > low ? (high - low) * MARGIN : Math.max(Math.abs(high) * 0.5, 1e-6);
  return { low: low - room, high: high + room };
}

/** About `count` round values within the scale, ascending. */
export function ticksOf({ low, high }: Scale, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const from = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - from + 1) }, (_, i) => (from + i) * step + 0);
}

const SCALES: Record<Unit, { factor: number; suffix: string }> = {
  '%': { factor: 100, suffix: ' %' },
  pp: { factor: 100, suffix: ' pp' },
  ms: { factor: 1, suffix: ' ms' },
  abs: { factor: 1, suffix: '' },
};

/** Three significant figures, in the unit of the gate's margin: `0.214 pp`, `48.2 ms`. */
export function figureIn(value: number, unit: Unit): string {
  const { factor, suffix } = SCALES[unit];
  return `${plainNumber(value * factor)}${suffix}`;
}

/** Without its unit, as exact as neighbouring ticks need. */
export function tickText(value: number, unit: Unit, step: number): string {
  const { factor } = SCALES[unit];
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(step * factor) + 1e-9)));
  return String(Number((value * factor).toFixed(digits)));
}

export function unitName(unit: Unit): string {
  return SCALES[unit].suffix.trim();
}

function plainNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 ? 0 : Math.max(0, Math.min(9, 2 - Math.floor(Math.log10(size))));
  return String(Number(value.toFixed(digits)));
}

/** `0.6 pp [0.21 pp, 0.98 pp]`; `no data yet` where there is none. */
export function intervalText({ estimate, lower, upper }: Omit<Point, 'startMs' | 'endMs'>, unit: Unit): string {
  if (estimate === null) return 'no data yet';
  if (lower === null && upper === null) return figureIn(estimate, unit);
  const bound = (value: number | null) => (value === null ? '?' : figureIn(value, unit));
  return `${figureIn(estimate, unit)} [${bound(lower)}, ${bound(upper)}]`;
}

const DAY_MS = 86_400_000;

/** How to write the moments of a span: with the date where it is not one day. */
export function clockOf(fromMs: number, toMs: number): (ms: number) => string {
  const sameDay = Math.floor(fromMs / DAY_MS) === Math.floor((toMs - 1) / DAY_MS);
  return (ms) => {
    const iso = new Date(ms).toISOString();
    return sameDay ? `${iso.slice(11, 19)}Z` : `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
  };
}
