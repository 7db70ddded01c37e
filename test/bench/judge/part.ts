/** A part of the benchmark: a question, the runs that answer it, and the tables and promises made of their outcomes. */
import type { Row } from '../row.js';

export interface Size {
  /** Part of the full number of runs, and of the full length of each, 0..1. */
  runs: number;
  looks: number;
}

export const FULL: Size = { runs: 1, looks: 1 };
export const QUICK: Size = { runs: 0.02, looks: 0.05 };

/** A part of a full number, at least `least`. */
export function scaled(full: number, part: number, least = 1): number {
  return Math.max(Math.min(least, full), Math.round(full * part));
}

/** `O` crosses a thread: numbers, strings and plain objects of them. */
export interface Case<O> {
  name: string;
  runs: number;
  /** The same seed gives the same outcome in any thread. */
  run(seed: number): O;
}

export interface Table {
  /** What the table shows; null where the part says it. */
  title: string | null;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A promise and what was measured of it. */
export type Kept = Pick<Row, 'what' | 'target' | 'measured' | 'unit'>;

export interface Report {
  tables: Table[];
  promises: Kept[];
}

/** Outcomes of a case in the order of its seeds. */
export type Outcomes<O> = (name: string) => readonly O[];

export interface Part<O = unknown> {
  name: string;
  title: string;
  /** In plain words, for a reader who has not seen the code. */
  question: string;
  how: string;
  limits: string;
  /** Times the processor: then nothing else may run beside it. */
  alone: boolean;
  cases(size: Size): Case<O>[];
  report(size: Size, outcomes: Outcomes<O>): Report;
}
