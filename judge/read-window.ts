/**
 * What a window is worth: usable cells, or why not. Numbers that cannot be counts make the whole observation an error,
 * for a judge that drops the bad half of a window would compare the rest with nothing. Never throws.
 * Pure, sandbox-safe.
 */
import type { MetricSpec } from '../workflows/contract/plan.js';
import type { Cell, Window, WindowPhase } from '../workflows/contract/windows.js';
import { wrongPayload } from './payload.js';

export type Unusable = 'discarded' | 'noData' | 'sourceError' | 'badNumbers';
export type Reading = { kind: 'usable'; cells: readonly Cell[] } | { kind: Unusable; why: string };

const MOST_CELLS = 5_000;
/** Names are kept, and what is kept must stay small. */
const LONGEST_NAME = 200;
const PHASES: readonly unknown[] = ['baseline', 'bake', 'guard', 'after'] satisfies WindowPhase[];
/** Beyond it nothing has a date. */
const LAST_MS = 8.64e15;
/** Up to so many cells are compared pair by pair, which is quicker than to name their places. */
const FEW_CELLS = 8;

export function readWindow(metric: MetricSpec, window: Window): Reading {
  if (!areTimes(window)) return bad('its startMs or endMs is no time, or it ends before it starts');
  if (!isShare(window.share)) return bad('its share is no number from 0 to 1');
  if (!PHASES.includes(window.phase)) return bad(`its phase is none of ${PHASES.join(', ')}`);
  if (window.discarded !== undefined) return { kind: 'discarded', why: String(window.discarded) };
  const { observation } = window;
  if (observation?.kind === 'noData') return { kind: 'noData', why: String(observation.reason) };
  if (observation?.kind === 'error') return { kind: 'sourceError', why: String(observation.message) };
  const cells: unknown = observation?.cells;
  if (!Array.isArray(cells)) return bad('its cells are no list of counts');
  if (cells.length > MOST_CELLS) return bad(`its cells are ${cells.length}, more than ${MOST_CELLS}`);
  if (cells.length === 0) return { kind: 'noData', why: 'it has no counts' };
  const wrong = wrongCells(metric, cells as Cell[]);
  return wrong === null ? { kind: 'usable', cells: cells as Cell[] } : bad(wrong);
}

const bad = (why: string): Reading => ({ kind: 'badNumbers', why });

const areTimes = ({ startMs, endMs }: Window): boolean => isTime(startMs) && isTime(endMs) && endMs >= startMs;

const isTime = (ms: unknown): boolean => typeof ms === 'number' && Math.abs(ms) <= LAST_MS;

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

function wrongCells(metric: MetricSpec, cells: readonly (Cell | null | undefined)[]): string | null {
  for (const cell of cells) {
    const misplaced = wrongPlace(cell);
    if (misplaced !== null) return misplaced;
    const wrong = wrongPayload(metric, cell?.payload);
    if (wrong !== null) return `${cell?.arm}${cell?.slice == null ? '' : ` on ${cell.slice}`}: ${wrong}`;
  }
  const again = repeated(cells as readonly Cell[]);
  return again && `it says two things of one place (${again.arm}, via ${again.via}, slice ${again.slice ?? 'none'})`;
}

function wrongPlace(cell: Cell | null | undefined): string | null {
  if (!cell || (cell.arm !== 'baseline' && cell.arm !== 'candidate')) return 'it names no arm';
  if (typeof cell.via !== 'string') return 'it does not say via what a unit met its arm';
  if (cell.slice === null) return null;
  if (typeof cell.slice !== 'string') return 'it has a slice without a name';
  return cell.slice.length > LONGEST_NAME ? `it has a slice whose name is longer than ${LONGEST_NAME}` : null;
}

function repeated(cells: readonly Cell[]): Cell | null {
  if (cells.length > FEW_CELLS) return repeatedOfMany(cells);
  for (let i = 1; i < cells.length; i += 1)
    for (let j = 0; j < i; j += 1) {
      const [a, b] = [cells[i], cells[j]];
      if (a && b && a.arm === b.arm && a.via === b.via && a.slice === b.slice) return a;
    }
  return null;
}

function repeatedOfMany(cells: readonly Cell[]): Cell | null {
  const seen = new Set<string>();
  for (const cell of cells) {
    const place = `${cell.arm}\0${cell.via}${cell.slice === null ? '' : `\0${cell.slice}`}`;
    if (seen.has(place)) return cell;
    seen.add(place);
  }
  return null;
}
