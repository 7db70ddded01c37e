/** What is judged, by which gates, under which assumptions: the lines above the verdict. Pure. */
import type { MetricWindows } from '../../judge/recorded/windows.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { percent } from './numbers.js';
import { duration, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

export interface Minimums {
  gates: string[];
  /** The stage that set them; null: none did. */
  by: string | null;
  minUnits: number;
  minMs: number;
}

/** `gates.yaml: 2 gates; at most 2 % false rollbacks and 5 % false passes; ...` */
export function gatesLines(file: string, { falseAlarms }: Plan, asked: Minimums, { width }: Canvas): string[] {
  const { gates, by, minUnits, minMs } = asked;
  const needs = [
    ...(minUnits > 0 ? [`${minUnits} candidate units`] : []),
    ...(minMs > 0 ? [`${duration(minMs)} of judged time`] : []),
  ];
  const minimum = needs.length > 0 ? `a pass needs ${needs.join(' and ')}` : 'no minimum of units or time';
  const stage = by === null ? '' : `as stage ${safe(by)}: `;
  const text = `${safe(file)}: ${gates.length === 1 ? '1 gate' : `${gates.length} gates`}; at most ${percent(falseAlarms.rollback)} false rollbacks, ${percent(falseAlarms.promote)} false passes; ${stage}${minimum}`;
  return wrap(text, width, '  ');
}

/** `windows.csv: 240 windows, 2026-03-01 12:00:00Z to 16:00:00Z; 60 baseline windows before them calibrate`. */
export function dataLines(file: string, metrics: readonly MetricWindows[], { width }: Canvas): string[] {
  const judged = metrics.flatMap((metric) => metric.judged);
  const from = Math.min(...judged.map(({ startMs }) => startMs));
  const to = Math.max(...judged.map(({ endMs }) => endMs));
  const before = Math.max(0, ...metrics.map(({ baseline }) => baseline.length));
  const calibration =
    before > 0
      ? `${before} baseline windows before them calibrate`
      : 'no baseline windows before them to calibrate with';
  const text = `${safe(file)}: ${new Set(judged.map(({ index }) => index)).size} windows, ${stamp(from)} to ${stamp(to)}; ${calibration}`;
  return wrap(text, width, '  ');
}

export function noteLines(notes: readonly string[], { paint, width }: Canvas): string[] {
  return notes.flatMap((note) => wrap(`! ${safe(note)}`, width, '  ')).map(paint.yellow);
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
