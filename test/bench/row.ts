/** What a benchmark says: numbers, each with the promise it is held against, how it was measured, and what it does not say. Pure. */

export interface Row {
  what: string;
  /** Null: nothing is promised; the number is for planning. */
  target: { kind: 'atMost' | 'atLeast'; value: number } | null;
  measured: number;
  unit: string;
  method: string;
  /** What a reader must not conclude. */
  limits: string;
}

export interface Size {
  /** Few repetitions, to see that the benchmark works; its numbers are not published. */
  quick: boolean;
}

export interface Benchmark {
  name: string;
  title: string;
  /** It is stopped then, and the page says so. */
  limitMs: number;
  run(size: Size): Promise<Row[]>;
}

export function atMost(value: number): Row['target'] {
  return { kind: 'atMost', value };
}

export function isMissed({ target, measured }: Pick<Row, 'target' | 'measured'>): boolean {
  // Written so that NaN misses every target.
  if (target === null) return false;
  return !(target.kind === 'atMost' ? measured <= target.value : measured >= target.value);
}

/** Of an even number of values the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export function worst(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values);
}
