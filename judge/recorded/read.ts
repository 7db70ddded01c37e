/**
 * The door of this room: the text of a file of recorded windows in, windows for the judge or everything wrong with it
 * out. Nothing of a file with a single bad row is used, and nothing is skipped in silence. Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { unitsOf } from '../payload.js';
import { csvRows } from './csv-rows.js';
import { jsonRows } from './json-rows.js';
import type { RowProblem } from './problem.js';
import type { Reading, Row } from './rows.js';
import { type MetricWindows, windowsOf } from './windows.js';

export interface Recorded {
  metrics: MetricWindows[];
  /** Share of users on the candidate: of the first judged window, or as counted where the file does not say. */
  share: number;
  /** False: the file has no share, so nothing is known of the planned split and it must not be checked. */
  shareKnown: boolean;
  /** What a reader should know: what was assumed, added up or missing. One sentence each. */
  notes: string[];
}

export type RecordedReading = { kind: 'recorded'; recorded: Recorded } | { kind: 'problems'; problems: RowProblem[] };

export interface ReadOptions {
  /** Name of the file, as problems show it. */
  file: string;
  /** Metrics of the gates file: they say which fields a row has. */
  metrics: Record<string, MetricSpec>;
}

/** CSV, or JSONL where the first character opens an object (or a list, which is then refused as what it is). */
export function readRecorded(text: string, { file, metrics }: ReadOptions): RecordedReading {
  const reading: Reading = { file, metrics, problems: [], unzoned: 0 };
  const rows = /^\ufeff?\s*[{[]/.test(text) ? jsonRows(reading, text) : csvRows(reading, text);
  return recordedOf(reading, rows);
}

/** Rows of any origin, put together. */
export function recordedOf(reading: Reading, rows: readonly Row[]): RecordedReading {
  const { file, problems } = reading;
  const windows = windowsOf(file, rows, problems);
  if (problems.length > 0) return { kind: 'problems', problems: problems.toSorted((a, b) => a.line - b.line) };
  const judged = windows.flatMap((metric) => metric.judged);
  if (judged.length === 0) {
    const reason = 'no window from 0 on: there is nothing to judge';
    return { kind: 'problems', problems: [{ file, line: 1, field: 'window', window: null, reason }] };
  }
  const shareKnown = rows.every(({ share }) => share !== null);
  const share = shareKnown ? (judged[0]?.share ?? 0) : observedShare(judged);
  const metrics = shareKnown ? windows : windows.map((metric) => shared(metric, share));
  return {
    kind: 'recorded',
    recorded: { metrics, share, shareKnown, notes: notesOn(reading, rows, metrics, { share, shareKnown }) },
  };
}

function shared(metric: MetricWindows, share: number): MetricWindows {
  return { ...metric, judged: metric.judged.map((window) => ({ ...window, share })) };
}

/** Candidate's part of the units assigned by share, to a thousandth; never 0 or 1 while both arms have some. */
export function observedShare(windows: readonly Window[]): number {
  const units = { baseline: 0, candidate: 0 };
  for (const { observation } of windows) {
    if (observation.kind !== 'value') continue;
    for (const cell of observation.cells)
      if (cell.via === 'share' && cell.slice === null) units[cell.arm] += unitsOf(cell.payload);
  }
  const { baseline, candidate } = units;
  if (baseline === 0 || candidate === 0) return candidate > 0 ? 1 : 0;
  const observed = Math.round((1_000 * candidate) / (baseline + candidate)) / 1_000;
  return Math.min(0.999, Math.max(0.001, observed));
}

function notesOn(
  reading: Reading,
  rows: readonly Row[],
  windows: readonly MetricWindows[],
  share: Pick<Recorded, 'share' | 'shareKnown'>,
): string[] {
  const notes: string[] = [];
  if (!share.shareKnown)
    notes.push(
      `no column share: the split seen, ${Number((share.share * 100).toFixed(1))} % on the candidate, is taken as planned and not checked`,
    );
  if (reading.unzoned > 0) notes.push('times without a zone are read as UTC');
  for (const [name, spec] of Object.entries(reading.metrics)) {
    const own = windows.find(({ metric }) => metric === name);
    if (!own) notes.push(`metric ${name} has no rows`);
    else if (own.judged.length === 0) notes.push(`metric ${name} has baseline windows only`);
    else notes.push(...gapsIn(own), ...sliceNotes(name, spec, rows));
  }
  return notes;
}

function gapsIn({ metric, judged }: MetricWindows): string[] {
  const [first, last] = [judged[0]?.index ?? 0, judged.at(-1)?.index ?? 0];
  const missing = last - first + 1 - judged.length;
  const late = first > 0 && first < 1_000 ? ` and begins at window ${first}` : '';
  if (missing <= 0) return late === '' ? [] : [`metric ${metric} begins at window ${first}`];
  return [`metric ${metric} lacks ${missing} of its ${last - first + 1} windows${late}`];
}

function sliceNotes(name: string, { slices }: MetricSpec, rows: readonly Row[]): string[] {
  const own = rows.flatMap(({ metric, said }) => (metric === name && said.kind === 'cell' ? [said.cell] : []));
  const sliced = own.some(({ slice }) => slice !== null);
  const whole = own.some(({ slice }) => slice === null);
  if (slices === null && sliced)
    return [
      `metric ${name} has slices in the data, but none in the gates file: only its whole is judged${whole ? '' : ', the sum of them'}`,
    ];
  return slices !== null && !sliced
    ? [`metric ${name} is sliced by ${slices.by.join(', ')}, but the data has no slices`]
    : [];
}
