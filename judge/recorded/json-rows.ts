/**
 * One JSON object a line: a row with the names of the CSV columns (buckets as `le=<edge>` keys or a list), or a whole
 * window as the evidence store keeps it. Pure, sandbox-safe.
 */
import { edgeOf, unknownColumn } from './csv-rows.js';
import { bucketsOf, edgeName, textOf } from './json-values.js';
import type { Edge, RawRow } from './payload.js';
import { type Report, shown } from './problem.js';
import { KNOWN_FIELDS, REQUIRED_FIELDS, type Reading, type Row, rowOf } from './rows.js';
import { storedRows } from './stored.js';

interface Parsed {
  line: number;
  object: Record<string, unknown>;
}

/** Rows of a JSONL text. Blank lines are none. */
export function jsonRows(reading: Reading, text: string): Row[] {
  const objects = parsed(reading, text);
  const columns = { share: objects.some(({ object }) => !isStored(object) && present(object['share'])) };
  return objects.flatMap(({ line, object }) => {
    if (isStored(object)) return storedRows(reading, line, object);
    const report: Report = (field, reason) =>
      void reading.problems.push({ file: reading.file, line, field, window: null, reason });
    const raw = rawOf(line, object, report);
    const row = raw && rowOf(reading, raw, columns);
    return row ? [row] : [];
  });
}

function parsed(reading: Reading, text: string): Parsed[] {
  const found: Parsed[] = [];
  const lines = (text.startsWith('\ufeff') ? text.slice(1) : text).split(/\r\n|\r|\n/);
  for (const [index, content] of lines.entries()) {
    if (content.trim() === '') continue;
    const value = objectIn(content);
    if (typeof value === 'object') found.push({ line: index + 1, object: value });
    else reading.problems.push({ file: reading.file, line: index + 1, field: 'row', window: null, reason: value });
  }
  return found;
}

function objectIn(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return `${shown(text)} is no JSON object`;
  } catch (error) {
    return `is no JSON: ${shown(error instanceof Error ? error.message : '')}`;
  }
}

function isStored(object: Record<string, unknown>): boolean {
  return Object.hasOwn(object, 'observation');
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Null when a key or a value in it was reported. */
function rawOf(line: number, object: Record<string, unknown>, report: Report): RawRow | null {
  let fine = true;
  const say: Report = (field, reason) => {
    fine = false;
    report(field, reason);
  };
  const texts = new Map<string, string>();
  const edges: Edge[] = [];
  const add = (edge: number | null, name: string, value: unknown) => {
    if (edge === null) return;
    if (edges.some((other) => other.edge === edge)) say(name, 'the edge stands here a second time');
    edges.push({ edge, name });
    texts.set(name, textOf(name, value, say));
  };
  for (const [key, value] of Object.entries(object)) {
    if (key === 'buckets') for (const [edge, count] of bucketsOf(value, say)) add(edge, edgeName(edge), count);
    else if (key.startsWith('le=')) add(edgeOf(key, say), shown(key), value);
    else if (KNOWN_FIELDS.includes(key)) texts.set(key, textOf(key, value, say));
    else say(shown(key), unknownColumn(key));
  }
  for (const name of REQUIRED_FIELDS) if (!Object.hasOwn(object, name)) say(name, 'is missing');
  edges.sort((a, b) => a.edge - b.edge);
  return fine ? { line, edges, field: (name) => texts.get(name) ?? '' } : null;
}
