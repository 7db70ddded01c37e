/**
 * Comma-separated text to records (RFC 4180): quoted fields with commas, quotes and line ends in them, LF, CRLF or CR,
 * a byte order mark. Says what it cannot read, and never guesses. Pure, sandbox-safe.
 */
import { shown } from './problem.js';

export interface CsvRecord {
  /** Where the record begins; lines within quotes count. */
  line: number;
  fields: string[];
}

type At = (line: number, reason: string) => void;

const QUOTE = '"';

/** Records with at least one character; blank lines are none. A quote that never closes ends the reading. */
export function* csvRecords(text: string, at: At): Generator<CsvRecord> {
  const cursor = { position: text.startsWith('\ufeff') ? 1 : 0, line: 1 };
  while (cursor.position < text.length) {
    const { line } = cursor;
    const record = readRecord(text, cursor, at);
    if (record === null) return;
    if (record.length > 1 || record[0] !== '') yield { line, fields: record };
  }
}

interface Cursor {
  position: number;
  line: number;
}

function readRecord(text: string, cursor: Cursor, at: At): string[] | null {
  const fields: string[] = [];
  for (;;) {
    const field = text[cursor.position] === QUOTE ? readQuoted(text, cursor, at) : readPlain(text, cursor, at);
    if (field === null) return null;
    fields.push(field);
    const next = text[cursor.position];
    if (next !== ',') {
      endLine(text, cursor);
      return fields;
    }
    cursor.position += 1;
  }
}

function readPlain(text: string, cursor: Cursor, at: At): string {
  const start = cursor.position;
  let end = start;
  while (end < text.length && !',\r\n'.includes(text.charAt(end))) end += 1;
  cursor.position = end;
  const field = text.slice(start, end).trim();
  if (field.includes(QUOTE))
    at(cursor.line, `a quote stands inside ${shown(field)}; quote the whole field, and double quotes in it`);
  return field;
}

function readQuoted(text: string, cursor: Cursor, at: At): string | null {
  const { line } = cursor;
  let field = '';
  let from = cursor.position + 1;
  for (;;) {
    const quote = text.indexOf(QUOTE, from);
    if (quote < 0) {
      at(line, 'a quote that opens here is never closed; nothing after it was read');
      return null;
    }
    field += text.slice(from, quote);
    if (text[quote + 1] !== QUOTE) {
      cursor.position = quote + 1;
      break;
    }
    field += QUOTE;
    from = quote + 2;
  }
  cursor.line += field.split(/\r\n|\r|\n/).length - 1;
  const rest = readPlain(text, cursor, () => undefined);
  if (rest !== '') at(line, `${shown(rest)} stands after a closing quote`);
  return field;
}

function endLine(text: string, cursor: Cursor): void {
  if (cursor.position >= text.length) return;
  cursor.position += text.startsWith('\r\n', cursor.position) ? 2 : 1;
  cursor.line += 1;
}
