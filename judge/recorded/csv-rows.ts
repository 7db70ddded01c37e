/** The header of a CSV file and the rows under it. Pure, sandbox-safe. */
import { type CsvRecord, csvRecords } from './csv.js';
import { numberIn } from './fields.js';
import type { Edge, RawRow } from './payload.js';
import { type Report, shown } from './problem.js';
import { KNOWN_FIELDS, REQUIRED_FIELDS, type Reading, type Row, rowOf } from './rows.js';

/** Rows of a CSV text; a header that cannot be read leaves none. */
export function csvRows(reading: Reading, text: string): Row[] {
  const at = (line: number, reason: string) =>
    void reading.problems.push({ file: reading.file, line, field: 'row', window: null, reason });
  const records = csvRecords(text, at);
  const first = records.next();
  if (first.done) {
    at(1, 'the file is empty; its first line names the columns');
    return [];
  }
  const header = headerOf(reading, first.value);
  if (header === null) return [];
  const columns = { share: header.places.has('share') };
  const rows: Row[] = [];
  for (const record of records) {
    if (record.fields.length !== header.width) {
      at(record.line, `has ${record.fields.length} fields; the header has ${header.width}`);
      continue;
    }
    const row = rowOf(reading, rawRow(header, record), columns);
    if (row) rows.push(row);
  }
  if (rows.length === 0 && reading.problems.length === 0) at(first.value.line, 'no row follows the header');
  return rows;
}

interface Header {
  width: number;
  /** Where each column stands. */
  places: Map<string, number>;
  /** Ascending. */
  edges: Edge[];
}

function headerOf(reading: Reading, { line, fields }: CsvRecord): Header | null {
  const before = reading.problems.length;
  const report: Report = (field, reason) =>
    void reading.problems.push({ file: reading.file, line, field, window: null, reason });
  const header: Header = { width: fields.length, places: new Map(), edges: [] };
  if (fields.length === 1 && /[;\t|]/.test(fields[0] ?? '')) {
    report('row', 'columns are separated by commas');
    return null;
  }
  for (const [place, name] of fields.entries()) {
    const edge = edgeOf(name, report);
    if (header.places.has(name) || header.edges.some((other) => edge !== null && other.edge === edge))
      report(shown(name) || 'row', 'the column stands here a second time');
    else if (edge !== null) header.edges.push({ edge, name });
    else if (!KNOWN_FIELDS.includes(name) && !name.startsWith('le=')) report(shown(name) || 'row', unknownColumn(name));
    header.places.set(name, place);
  }
  for (const name of REQUIRED_FIELDS) if (!header.places.has(name)) report(name, 'the column is missing');
  header.edges.sort((a, b) => a.edge - b.edge);
  return reading.problems.length > before ? null : header;
}

/** The edge a name like `le=50` or `le=+Inf` stands for; null for any other name. */
export function edgeOf(name: string, report: Report): number | null {
  if (!name.startsWith('le=')) return null;
  const text = name.slice('le='.length);
  return /^\+?Inf$/i.test(text) ? Number.POSITIVE_INFINITY : numberIn(shown(name), text, report);
}

export function unknownColumn(name: string): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const meant = KNOWN_FIELDS.find((known) => plain(known) === plain(name));
  if (meant !== undefined) return `is no column; write ${meant}`;
  return name === ''
    ? 'a column has no name'
    : `is no column, and would be ignored; there are ${KNOWN_FIELDS.join(', ')} and le=<edge>`;
}

function rawRow({ places, edges }: Header, { line, fields }: CsvRecord): RawRow {
  return { line, edges, field: (name) => fields[places.get(name) ?? -1] ?? '' };
}
