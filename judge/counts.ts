/** From the cells of a window to the counts one question needs: which users, which slice, which event. Pure. */
import type { Arm } from '../workflows/contract/plan.js';
import type { Cell } from '../workflows/contract/windows.js';
import type { WindowCounts } from './evidence.js';

/** Slices first seen after judging began are judged together under this name; real ones contain `=`. */
export const OTHER = 'other';

export interface Selection {
  slice: string | null;
  /** Slices judged by name. */
  named: readonly string[];
  /** Count every user of the candidate, not only those assigned by share. */
  everyone: boolean;
  /** Requests slower than this are the events; null for rates. */
  edgeMs: number | null;
}

/** Null: the histogram of some cell has no such edge. */
export function countsOf(cells: readonly Cell[], selection: Selection): WindowCounts | null {
  const counts = { control: { units: 0, events: 0 }, treated: { units: 0, events: 0 } };
  for (const cell of cells) {
    if (!selects(selection, cell)) continue;
    const sums = cell.arm === 'baseline' ? counts.control : counts.treated;
    if (cell.payload.kind === 'rate') {
      sums.units += cell.payload.units;
      sums.events += cell.payload.events;
      continue;
    }
    if (cell.payload.n === 0) continue;
    const below = belowEdge(cell.payload.buckets, selection.edgeMs);
    if (below === null) return null;
    sums.units += cell.payload.n;
    sums.events += cell.payload.n - below;
  }
  return counts;
}

/** Whether a cell belongs to the users and the slice asked about. Users not assigned by the rollout never do. */
export function selects({ slice, named, everyone }: Omit<Selection, 'edgeMs'>, cell: Cell): boolean {
  const assigned = cell.via === 'share' || (everyone && cell.arm === 'candidate' && cell.via !== 'none');
  if (!assigned) return false;
  if (slice === OTHER) return cell.slice !== null && !named.includes(cell.slice);
  return cell.slice === slice;
}

/** Units of one arm that were assigned by the share, over all slices. */
export function sharedUnits(cells: readonly Cell[], arm: Arm): { units: number; firstSeen: number | null } {
  let [units, firstSeen]: [number, number | null] = [0, null];
  for (const cell of cells) {
    if (cell.arm !== arm || cell.via !== 'share' || cell.slice !== null) continue;
    units += cell.payload.kind === 'rate' ? cell.payload.units : cell.payload.n;
    if (cell.payload.kind === 'rate' && cell.payload.firstSeen !== undefined)
      firstSeen = (firstSeen ?? 0) + cell.payload.firstSeen;
  }
  return { units, firstSeen };
}

/** Edges that print alike are one edge: 0.07 s is 70.00000000000001 ms in binary. */
export function sameEdge(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function belowEdge(buckets: readonly [number | null, number][], edgeMs: number | null): number | null {
  if (edgeMs === null) return null;
  for (const [edge, count] of buckets) if (edge !== null && sameEdge(edge, edgeMs)) return count;
  return null;
}
