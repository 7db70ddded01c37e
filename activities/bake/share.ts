/** The share that traffic shows, from the last window that has units in both arms. */
import type { Plan } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { trafficMetrics, trafficOf } from '../traffic.js';

export function observedShare(
  plan: Pick<Plan, 'metrics'>,
  windows: readonly Window[],
): { share: number; how: 'traffic' } | null {
  const counting = new Set(trafficMetrics(plan));
  for (const window of windows.toReversed()) {
    if (!counting.has(window.metric) || window.observation.kind !== 'value') continue;
    const units = { baseline: 0, candidate: 0 };
    for (const { arm, via, slice, payload } of window.observation.cells) {
      if (slice !== null || via !== 'share') continue;
      units[arm] += trafficOf(payload);
    }
    const all = units.baseline + units.candidate;
    if (all > 0 && units.baseline > 0) return { share: units.candidate / all, how: 'traffic' };
  }
  return null;
}
