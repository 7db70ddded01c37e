/** Reads the rows of a wrapped query: columns by name, numbers by strict grammar, one row per arm, via and slice. Pure. */
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell } from '../../workflows/contract/windows.js';
import { type Place, Tally, checkedCell, sliceOf, viaOf } from './cells.js';
import { excerpt } from './failures.js';
import { decimalSum, wholeCount } from './number.js';
import { type Grammar, countColumns, payloadOf } from './sql-columns.js';
import { MOST_ROWS } from './sql-text.js';
import { noData, unreadable } from './unusable.js';

/** Every value as PostgreSQL prints it, null for NULL. */
export interface SqlTable {
  columns: string[];
  rows: (string | null)[][];
}

/** One row by column name; NULL is undefined. */
type Row = ReadonlyMap<string, string | undefined>;

/** Cells of a metric; the whole is the sum of the slices. Throws on anything that is not exactly the promised shape. */
export function cellsFromRows(table: SqlTable, metric: MetricSpec): Cell[] {
  const columns = countColumns(metric, table.columns);
  if (table.rows.length > MOST_ROWS)
    throw unreadable(`the query answers more than ${MOST_ROWS} rows; aggregate further`);
  if (table.rows.length === 0) throw noData('the query has no rows in this window');
  const tally = new Tally<Map<string, number>>(() => new Map());
  const seen = new Set<string>();
  for (const [index, values] of table.rows.entries()) {
    const row: Row = new Map(table.columns.map((column, at) => [column, values[at] ?? undefined]));
    const where = `row ${index + 1}`;
    const place = placeOf(row, metric.slices?.by ?? [], where);
    const key = JSON.stringify([place.arm, place.via, place.slice]);
    if (seen.has(key)) throw unreadable(`${where} repeats ${key}; answer one row per arm, via and slice`);
    seen.add(key);
    const numbers = [...columns].map(([name, grammar]) => [name, numberOf(row, name, grammar, where)] as const);
    tally.add(place, (sums) => {
      for (const [name, value] of numbers) sums.set(name, (sums.get(name) ?? 0) + value);
    });
  }
  return tally.entries().map(({ sum, ...place }) => checkedCell(place, metric, payloadOf(metric, sum)));
}

function placeOf(row: Row, slices: readonly string[], where: string): Place {
  const arm = row.get('arm');
  if (arm !== 'baseline' && arm !== 'candidate')
    throw unreadable(
      `${where} has arm ${arm === undefined ? 'NULL' : JSON.stringify(excerpt(arm))}; baseline or candidate are known`,
    );
  return { arm: arm satisfies Arm, via: viaOf(row.get('via'), 'via', where), slice: sliceOf(row, slices, where) };
}

function numberOf(row: Row, column: string, grammar: Grammar, where: string): number {
  const text = row.get(column);
  if (text === undefined) throw unreadable(`${where} has ${column} NULL; use coalesce or count`);
  const value = grammar === 'count' ? wholeCount(text) : decimalSum(text);
  if (value === undefined) throw unreadable(`${where} has ${column} ${whyNot(text, grammar)}`);
  if (grammar === 'amount' && value < 0) throw unreadable(`${where} has ${column} ${text}, which cannot be negative`);
  return value;
}

function whyNot(text: string, grammar: Grammar): string {
  if (grammar === 'count') return `"${excerpt(text)}", which is no whole count`;
  if (/^(?:NaN|-?Infinity)$/.test(text))
    return `${text}: some row it adds up is no finite number; leave it out or mend it`;
  return `"${excerpt(text)}", which is no finite decimal number`;
}
