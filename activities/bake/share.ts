/** The share that traffic shows, from the last window that has units in both arms. */
import type { Window } from '../../workflows/contract/windows.js';

export function observedShare(windows: Window[]): { share: number; how: 'traffic' } | null {
  for (const window of windows.toReversed()) {
    if (window.observation.kind !== 'value') continue;
    const units = { baseline: 0, candidate: 0 };
    for (const { arm, via, slice, payload } of window.observation.cells) {
      if (slice !== null || via !== 'share') continue;
      units[arm] += payload.kind === 'rate' ? payload.units : payload.n;
    }
    const all = units.baseline + units.candidate;
    if (all > 0 && units.baseline > 0) return { share: units.candidate / all, how: 'traffic' };
  }
  return null;
}
