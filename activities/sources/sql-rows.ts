/** Reads the rows of a wrapped query: columns by name, counts by strict grammar, one row per arm, via and slice. Pure. */
import type { Arm } from '../../workflows/contract/plan.js';
import type { Cell } from '../../workflows/contract/windows.js';
import { type Place, rateCells, rateTally, sliceOf, viaOf } from './cells.js';
import { excerpt } from './failures.js';
import { wholeCount } from './number.js';
import { MOST_ROWS } from './sql-text.js';
import { noData, unreadable } from './unusable.js';

/** Every value as PostgreSQL prints it, null for NULL. */
export interface SqlTable {
  columns: string[];
  rows: (string | null)[][];
}

const REQUIRED = ['arm', 'via', 'units', 'events'];
const FIRST_SEEN = 'first_seen';

/** Cells of a rate; the whole is the sum of the slices. Throws on anything that is not exactly the promised shape. */
export function cellsFromRows(table: SqlTable, slices: readonly string[]): Cell[] {
  checkColumns(table.columns, slices);
  if (table.rows.length > MOST_ROWS)
    throw unreadable(`the query answers more than ${MOST_ROWS} rows; aggregate further`);
  if (table.rows.length === 0) throw noData('the query has no rows in this window');
  const tally = rateTally();
  const seen = new Set<string>();
  for (const [index, row] of table.rows.entries()) {
    const values = new Map(table.columns.map((column, at) => [column, row[at] ?? undefined]));
    const where = `row ${index + 1}`;
    const place = placeOf(values, slices, where);
    const key = JSON.stringify([place.arm, place.via, place.slice]);
    if (seen.has(key)) throw unreadable(`${where} repeats ${key}; answer one row per arm, via and slice`);
    seen.add(key);
    addRow(tally, place, values, where);
  }
  return rateCells(tally);
}

function addRow(
  tally: ReturnType<typeof rateTally>,
  place: Place,
  values: ReadonlyMap<string, string | undefined>,
  where: string,
): void {
  const units = count(values, 'units', where);
  const events = count(values, 'events', where);
  const firstSeen = values.has(FIRST_SEEN) ? count(values, FIRST_SEEN, where) : null;
  if (firstSeen !== null && firstSeen > units)
    throw unreadable(`${where}: ${firstSeen} units first seen among ${units} units`);
  tally.add(place, (sum) => {
    sum.units += units;
    sum.events += events;
    if (firstSeen !== null) sum.firstSeen = (sum.firstSeen ?? 0) + firstSeen;
  });
}

function checkColumns(columns: readonly string[], slices: readonly string[]): void {
  const wanted = [...REQUIRED, ...slices];
  const known = new Set([...wanted, FIRST_SEEN]);
  const missing = wanted.find((column) => !columns.includes(column));
  if (missing !== undefined)
    throw unreadable(`the query answers no column ${missing}; it must answer ${wanted.join(', ')}`);
  const extra = columns.find((column) => !known.has(column));
  if (extra !== undefined)
    throw unreadable(`the query answers a column ${excerpt(extra)} that is neither required nor a declared slice`);
  if (new Set(columns).size !== columns.length) throw unreadable('the query answers a column twice');
}

function placeOf(values: ReadonlyMap<string, string | undefined>, slices: readonly string[], where: string): Place {
  const arm = values.get('arm');
  if (arm !== 'baseline' && arm !== 'candidate')
    throw unreadable(
      `${where} has arm ${arm === undefined ? 'NULL' : JSON.stringify(excerpt(arm))}; baseline or candidate are known`,
    );
  return { arm: arm satisfies Arm, via: viaOf(values.get('via'), 'via', where), slice: sliceOf(values, slices, where) };
}

function count(values: ReadonlyMap<string, string | undefined>, column: string, where: string): number {
  const text = values.get(column);
  if (text === undefined) throw unreadable(`${where} has ${column} NULL; use coalesce or count`);
  const value = wholeCount(text);
  if (value === undefined) throw unreadable(`${where} has ${column} "${excerpt(text)}", which is no whole count`);
  return value;
}
