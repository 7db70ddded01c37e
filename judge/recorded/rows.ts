/** One raw row to a cell in its window: the columns every kind has in common, then the payload. Pure, sandbox-safe. */
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, Observation, Via, WindowPhase } from '../../workflows/contract/windows.js';
import { isZoned, shareIn, timeIn } from './fields.js';
import { type RawRow, PAYLOAD_FIELDS, payloadOf } from './payload.js';
import { type Report, type RowProblem, shown } from './problem.js';

/** Columns that may stand in a file, beside the payloads' own and `le=<edge>`. */
export const COMMON_FIELDS = ['metric', 'window', 'start', 'end', 'arm', 'slice'] as const;
export const OPTIONAL_FIELDS = ['via', 'share', 'first_seen', 'unlabelled', 'discarded'] as const;
export const REQUIRED_FIELDS: readonly string[] = COMMON_FIELDS.filter((field) => field !== 'slice');
export const KNOWN_FIELDS: readonly string[] = [...COMMON_FIELDS, ...OPTIONAL_FIELDS, ...PAYLOAD_FIELDS];

/** What a row says, of which window. */
export interface Row {
  line: number;
  metric: string;
  /** From 0 on; negative in baseline windows before the stage. */
  window: number;
  phase: WindowPhase;
  startMs: number;
  endMs: number;
  /** Null: the file has no such column. */
  share: number | null;
  discarded: string | null;
  /** A cell, or the reason why the whole window has none. */
  said: { kind: 'cell'; cell: Cell } | { kind: 'nothing'; observation: Exclude<Observation, { kind: 'value' }> };
}

/** What the readers of rows work with. */
export interface Reading {
  file: string;
  metrics: Record<string, MetricSpec>;
  problems: RowProblem[];
  /** Times without a zone were read as UTC. */
  unzoned: number;
}

/** Whether the row, by its file, should carry a share. */
export interface Columns {
  share: boolean;
}

/** Null when something of the row was reported. */
export function rowOf(reading: Reading, raw: RawRow, columns: Columns): Row | null {
  const text = raw.field('window');
  const window = /^[+-]?\d{1,15}$/.test(text) ? Number(text) + 0 : null;
  const before = reading.problems.length;
  const report: Report = (field, reason) =>
    void reading.problems.push({ file: reading.file, line: raw.line, field, window, reason });
  if (window === null)
    report(
      'window',
      text === ''
        ? 'is empty; windows count from 0, negative ones before the stage'
        : `${shown(text)} is no whole number`,
    );
  const times = timesOf(reading, raw, report);
  const arm = armOf(raw.field('arm'), report);
  const via = viaOf(raw.field('via'), report);
  const share = columns.share ? shareOf(raw.field('share'), window ?? 0, report) : null;
  const metric = raw.field('metric');
  const spec = Object.hasOwn(reading.metrics, metric) ? reading.metrics[metric] : undefined;
  if (!spec) report('metric', unknownMetric(metric, reading.metrics));
  const slice = spec ? sliceOf(spec, raw.field('slice'), report) : null;
  const payload = spec && payloadOf(spec, raw, report);
  if (reading.problems.length > before || window === null || !times || !arm || !via || !payload) return null;
  const discarded = raw.field('discarded') || null;
  const phase = window < 0 ? 'baseline' : 'bake';
  const cell: Cell = { arm, via, slice, payload };
  return { line: raw.line, metric, window, phase, ...times, share, discarded, said: { kind: 'cell', cell } };
}

function timesOf(reading: Reading, raw: RawRow, report: Report): { startMs: number; endMs: number } | null {
  const [start, end] = [raw.field('start'), raw.field('end')];
  const startMs = timeIn('start', start, report);
  const endMs = timeIn('end', end, report);
  if (startMs === null || endMs === null) return null;
  if (!isZoned(start) || !isZoned(end)) reading.unzoned += 1;
  if (endMs > startMs) return { startMs, endMs };
  report('end', `${shown(end)} is ${endMs === startMs ? 'the start itself' : `before start, ${shown(start)}`}`);
  return null;
}

export function armOf(text: string, report: Report): Arm | null {
  if (text === 'baseline' || text === 'candidate') return text;
  report(
    'arm',
    text === ''
      ? 'is empty; write baseline or candidate'
      : `there is no arm ${shown(text)}; write baseline or candidate`,
  );
  return null;
}

export function viaOf(text: string, report: Report): Via | null {
  if (text === '') return 'share';
  if (text === 'share' || text === 'none' || /^cohort:./.test(text)) return text as Via;
  report('via', `${shown(text)} is none of share, cohort:<name>, none`);
  return null;
}

/** Before the stage nobody has a share, so there the column may be empty. */
function shareOf(text: string, window: number, report: Report): number | null {
  return text === '' && window < 0 ? 0 : shareIn('share', text, report);
}

export function unknownMetric(metric: string, metrics: Record<string, MetricSpec>): string {
  const known = Object.keys(metrics).join(', ') || 'none';
  return metric === ''
    ? `is empty; the gates file has ${known}`
    : `the gates file has no metric ${shown(metric)}; it has ${known}`;
}

/** `name=value`, joined by `,`, in the names by which the gates file slices the metric. */
export function sliceOf(spec: MetricSpec, text: string, report: Report): string | null {
  if (text === '') return null;
  const names = text.split(',').map((part) => part.slice(0, Math.max(0, part.indexOf('='))));
  if (names.includes('')) {
    report('slice', `${shown(text)} is no slice; write name=value, or leave it empty for the whole`);
    return null;
  }
  const by = spec.slices?.by;
  if (by && names.join() !== by.join())
    report('slice', `${shown(text)} is not by ${by.join(', ')}, as the gates file slices this metric`);
  return text;
}
