/** Which cells of a window a question is about: which users, which slice. Pure. */
import type { Arm } from '../workflows/contract/plan.js';
import type { Cell } from '../workflows/contract/windows.js';
import { unitsOf } from './payload.js';

/** Slices first seen after judging began are judged together under this name; real ones contain `=`. */
export const OTHER = 'other';

export interface Selection {
  slice: string | null;
  /** Slices judged by name. */
  named: readonly string[];
  /** Count every user of the candidate, not only those assigned by share. */
  everyone: boolean;
}

/** Whether a cell belongs to the users and the slice asked about. Users not assigned by the rollout never do. */
export function selects({ slice, named, everyone }: Selection, cell: Cell): boolean {
  if (cell.via !== 'share' && !(everyone && cell.arm === 'candidate' && cell.via !== 'none')) return false;
  if (slice === OTHER) return cell.slice !== null && !named.includes(cell.slice);
  return cell.slice === slice;
}

export interface Shared {
  units: number;
  /** Null: the source does not tell. */
  firstSeen: number | null;
}

/** Units of one arm that were assigned by the share, on the whole or one slice. */
export function sharedUnits(cells: readonly Cell[], arm: Arm, slice: string | null = null): Shared {
  let units = 0;
  let firstSeen: number | null = null;
  for (const cell of cells) {
    if (cell.arm !== arm || cell.via !== 'share' || cell.slice !== slice) continue;
    units += unitsOf(cell.payload);
    if (cell.payload.firstSeen !== undefined) firstSeen = (firstSeen ?? 0) + cell.payload.firstSeen;
  }
  return { units, firstSeen };
}
