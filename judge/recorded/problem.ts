/** What is wrong with recorded data: where, which field, in which window, why. Pure, sandbox-safe. */

/** One thing wrong with one row. Lines count from 1. */
export interface RowProblem {
  file: string;
  line: number;
  /** Column or key; `row` where it is the row as a whole. */
  field: string;
  /** The window the row belongs to; null where that cannot be told. */
  window: number | null;
  reason: string;
}

/** `windows.csv:12: events: 14 events among 12 units`: editors jump to it. */
export function showRowProblem({ file, line, field, reason }: RowProblem): string {
  return `${file}:${line}: ${field}: ${reason}`;
}

/** Where the parts of the reader say what they find; the place is filled in by the one who knows it. */
export type Report = (field: string, reason: string) => void;

/** A foreign value as it may be shown: short, on one line, control characters escaped. */
export function shown(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return plain.length > 40 ? `${plain.slice(0, 37)}...` : plain;
}
