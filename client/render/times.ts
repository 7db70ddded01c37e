/** How fast a rollback was. Pure. */
import type { Times } from '../../workflows/contract/view.js';
import { duration } from './text.js';

/** Close of the window that proved it, decision, zero in force, zero observed: each as the time since the one before. */
export function timesLine(times: Times): string[] {
  const { detectedAtMs, decidedAtMs, safeAtMs, zeroObservedAtMs } = times;
  const parts = [
    ...(detectedAtMs === null
      ? []
      : [`decided ${duration(decidedAtMs - detectedAtMs)} after the window that proved it`]),
    ...(safeAtMs === null ? [] : [`safe ${duration(safeAtMs - decidedAtMs)} after the decision`]),
    ...(zeroObservedAtMs === null
      ? []
      : [`zero observed ${duration(zeroObservedAtMs - decidedAtMs)} after the decision`]),
  ];
  return parts.length > 0 ? [parts.join(' · ')] : [];
}
