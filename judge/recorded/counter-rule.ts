/**
 * The counter rule people run today, beside which the gates are shown: Argo Rollouts' analysis with a metric
 * `candidate errors / candidate requests > 2 x the same of the baseline`, measured once a window.
 *
 * Facts (argo-rollouts: docs/features/analysis.md and analysis/analysis.go, read 2026-08-17): failed measurements are
 * counted over the whole run and never forgotten; the run fails when they are *more* than `failureLimit` (at 3 that is
 * the fourth, where the documentation says the third). Nothing accounts for how many windows are looked at. A window
 * without units in either arm divides by zero in the query; as an author would guard against that, it counts as no
 * measurement here, in the rule's favour. Pure, sandbox-safe.
 */
import type { Arm } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { unitsOf } from '../payload.js';

export interface CounterRule {
  /** Candidate rate over baseline rate above which a measurement fails. */
  ratio: number;
  /** Failed measurements that are still borne. */
  failureLimit: number;
}

export const ARGO_RULE: CounterRule = { ratio: 2, failureLimit: 3 };

/** The window at which the rule rolls back; null: never. Metrics whose events are bad; others have no such rule. */
export function rolledBackBy(
  windows: readonly Window[],
  { ratio, failureLimit }: CounterRule = ARGO_RULE,
): Window | null {
  let failures = 0;
  for (const window of windows) {
    const [baseline, candidate] = [rateIn(window, 'baseline'), rateIn(window, 'candidate')];
    if (baseline === null || candidate === null || candidate <= ratio * baseline) continue;
    failures += 1;
    if (failures > failureLimit) return window;
  }
  return null;
}

function rateIn({ observation }: Window, arm: Arm): number | null {
  if (observation.kind !== 'value') return null;
  let [units, events] = [0, 0];
  for (const cell of observation.cells) {
    const { payload } = cell;
    if (cell.arm !== arm || cell.via !== 'share' || cell.slice !== null) continue;
    if (payload.kind !== 'rate' && payload.kind !== 'count') return null;
    units += unitsOf(payload);
    events += payload.events;
  }
  return units > 0 ? events / units : null;
}
