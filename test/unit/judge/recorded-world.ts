/** Recorded data for tests: rows as text, and the metrics they are of. */
import assert from 'node:assert/strict';
import { showRowProblem } from '../../../judge/recorded/problem.js';
import { readRecorded, type Recorded } from '../../../judge/recorded/read.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import type { Payload, Window } from '../../../workflows/contract/windows.js';
import { quantile, rate } from './world.js';

/** A metric with what its kind needs. */
export const of = (spec: object): MetricSpec => ({ ...rate(), ...spec }) as MetricSpec;

export const METRICS: Record<string, MetricSpec> = {
  errors: rate(),
  lost: rate({ slices: { by: ['mailType'], minUnits: 1, onThin: 'extend' } }),
  latency: quantile(),
  quality: of({ kind: 'score', range: [0, 1] }),
  crashes: of({ kind: 'count' }),
  cost: of({ kind: 'ratio' }),
  budget: of({ kind: 'slo', objective: 0.999, periodMs: 2_592_000_000 }),
  length: of({ kind: 'drift', against: ['control'] }),
  parity: of({ kind: 'fairness', measure: 'selectionRate', slices: { by: ['group'], minUnits: 1, onThin: 'hold' } }),
};

const T0 = Date.parse('2026-03-01T12:00:00Z');
export const at = (window: number): string => new Date(T0 + window * 60_000).toISOString();

export type Fields = Record<string, string | number>;

/** A row of window 0, baseline, whole, with what is given changed. */
export function row(metric: string, fields: Fields): Fields {
  const window = Number(fields['window'] ?? 0);
  return { metric, window, start: at(window), end: at(window + 1), arm: 'baseline', slice: '', ...fields };
}

/** CSV of rows, its columns in the order in which they first occur. */
export function csv(rows: readonly Fields[]): string {
  const columns = [...new Set(rows.flatMap((each) => Object.keys(each)))];
  return [columns, ...rows.map((each) => columns.map((column) => String(each[column] ?? '')))]
    .map((cells) => cells.join(','))
    .join('\n');
}

export const jsonl = (rows: readonly object[]): string => rows.map((each) => JSON.stringify(each)).join('\n');

export function accepted(text: string, metrics: Record<string, MetricSpec> = METRICS): Recorded {
  const reading = readRecorded(text, { file: 'w', metrics });
  assert.ok(
    reading.kind === 'recorded',
    reading.kind === 'problems' ? reading.problems.map(showRowProblem).join('\n') : '',
  );
  return reading.recorded;
}

/** Every problem as a person reads it. */
export function refused(text: string, metrics: Record<string, MetricSpec> = METRICS): string[] {
  const reading = readRecorded(text, { file: 'w', metrics });
  assert.ok(reading.kind === 'problems', 'was accepted');
  return reading.problems.map(showRowProblem);
}

export function windows(recorded: Recorded, metric: string): Window[] {
  const own = recorded.metrics.find((each) => each.metric === metric);
  return own ? [...own.baseline, ...own.judged] : [];
}

/** `baseline|candidate[, slice]` to its payload. */
export function cellsOf(window: Window | undefined): Record<string, Payload> {
  if (window?.observation.kind !== 'value') return {};
  return Object.fromEntries(
    window.observation.cells.map(({ arm, slice, payload }) => [slice === null ? arm : `${arm}, ${slice}`, payload]),
  );
}

/** Both arms of one window. */
export const pair = (metric: string, window: number, baseline: Fields, candidate: Fields): Fields[] => [
  row(metric, { window, ...baseline }),
  row(metric, { window, arm: 'candidate', ...candidate }),
];
