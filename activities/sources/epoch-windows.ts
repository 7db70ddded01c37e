/** Windows aligned to the epoch, for sources that can be asked about the past: index = floor(ms / windowMs). Pure. */
import type { SourceSpec } from '../../workflows/contract/plan.js';
import type { CollectOrder } from './adapter.js';

export interface EpochWindow {
  index: number;
  startMs: number;
  endMs: number;
}

/** Closed windows (end + settle has passed) that begin at or after `sinceMs`, oldest first, at most `most`. */
export function dueWindows(
  order: Pick<CollectOrder, 'cursor' | 'sinceMs' | 'nowMs' | 'source'>,
  most: number,
): EpochWindow[] {
  const { windowMs } = order.source;
  const first = Math.max(order.cursor, Math.ceil(order.sinceMs / windowMs));
  const last = Math.min(latestClosed(order.nowMs, order.source).index, first + most - 1);
  const due: EpochWindow[] = [];
  for (let index = first; index <= last; index++) due.push(windowAt(index, windowMs));
  return due;
}

/** The newest window whose outcomes have settled. */
export function latestClosed(nowMs: number, source: Pick<SourceSpec, 'windowMs' | 'settleMs'>): EpochWindow {
  return windowAt(Math.floor((nowMs - source.settleMs) / source.windowMs) - 1, source.windowMs);
}

function windowAt(index: number, windowMs: number): EpochWindow {
  return { index, startMs: index * windowMs, endMs: (index + 1) * windowMs };
}
