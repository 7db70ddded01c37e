/**
 * Asks one source for its last closed windows, the newest first, so that what is missing when time is up is the oldest.
 * A metric that could not be answered once is not asked again: a source in trouble is left in peace.
 */
import type { MetricSpec, SourceSpec } from '../../workflows/contract/plan.js';
import type { CollectedWindow, MetricSource } from '../sources/adapter.js';
import { latestClosed } from '../sources/epoch-windows.js';

/** As many as a stage is planned for (statistics.md 12.14): four times what a variance needs. */
export const MOST_WINDOWS = 240;
/** Asked for in the order of time; adapters give four or six at once. */
const TOGETHER = 6;
/** So many windows in which nothing at all was counted: the record begins here. */
const SILENCE = 60;

export interface LookBack {
  metrics: Record<string, MetricSpec>;
  source: SourceSpec;
  nowMs: number;
  signal: AbortSignal;
}

/** Filled as answers come in: what was said before time was up counts. */
export interface Found {
  windows: CollectedWindow[];
  /** By metric, the first thing that could not be read. */
  troubles: Record<string, string>;
}

/** Ends early, without a word, when the signal aborts; throws what the adapter throws. */
export async function lookBack(adapter: MetricSource, order: LookBack, found: Found): Promise<void> {
  const { source, nowMs, signal } = order;
  let { metrics } = order;
  let silent = 0;
  const newest = latestClosed(nowMs, source).index;
  const oldest = Math.max(0, newest - MOST_WINDOWS + 1);
  // The newest alone first: who does not answer is known after one window.
  for (let [last, size] = [newest, 1]; last >= oldest && silent < SILENCE; last -= size, size = TOGETHER) {
    let cursor = Math.max(oldest, last - size + 1);
    while (cursor <= last) {
      if (signal.aborted || Object.keys(metrics).length === 0) return;
      const windows = await adapter.collect({ ...closing(last, source), metrics, source, cursor, signal, ...NO_PAGES });
      const end = windows.at(-1);
      if (end === undefined) return;
      found.windows.push(...windows);
      // Cut off by us, which is no trouble of the source's.
      if (!signal.aborted) metrics = answerable(metrics, windows, found.troubles);
      silent = windows.some(saysSomething) ? 0 : silent + windows.length;
      cursor = end.index + 1;
    }
  }
}

/** As if it were the moment at which that window had just settled. */
function closing(index: number, { windowMs, settleMs }: SourceSpec): { sinceMs: number; nowMs: number } {
  return { sinceMs: 0, nowMs: (index + 1) * windowMs + settleMs };
}

/** Sources that can be asked about the past need no pages of it. */
const NO_PAGES = { kept: async () => null, keep: async () => true };

/** Without those that got no answer. Numbers that cannot be true are one, and older windows may have better ones. */
function answerable(
  metrics: Record<string, MetricSpec>,
  windows: readonly CollectedWindow[],
  troubles: Record<string, string>,
): Record<string, MetricSpec> {
  const left = { ...metrics };
  for (const { observations } of windows)
    for (const [name, seen] of Object.entries(observations)) {
      if (seen.kind !== 'error') continue;
      troubles[name] ??= seen.message;
      if (seen.retryable) delete left[name];
    }
  return left;
}

function saysSomething({ observations }: CollectedWindow): boolean {
  return Object.values(observations).some((seen) => seen.kind !== 'noData');
}
