/** The whole as the sum of its slices, where a file has slices only: as the sources add it up. Pure, sandbox-safe. */
import type { Cell } from '../../workflows/contract/windows.js';
import { added } from '../payload-sum.js';

/** The cells, and a whole for every arm and via that has slices but no whole. `cells` are of one window. */
export function withWholes(cells: readonly Cell[]): Cell[] {
  const wholes = new Map<string, Cell>();
  const has = new Set(cells.filter(({ slice }) => slice === null).map(placeOf));
  for (const cell of cells) {
    const place = placeOf(cell);
    if (has.has(place)) continue;
    const sum = wholes.get(place);
    wholes.set(place, { ...cell, slice: null, payload: sum ? added(sum.payload, cell.payload) : cell.payload });
  }
  return [...wholes.values(), ...cells];
}

function placeOf({ arm, via }: Cell): string {
  return `${arm} ${via}`;
}
