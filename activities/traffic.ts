/** Which metrics of a plan tell how much traffic each arm has, and how much a payload tells of. Pure. */
import { unitsOf } from '../judge/payload.js';
import type { MetricKind, Plan } from '../workflows/contract/plan.js';
import type { Payload } from '../workflows/contract/windows.js';

/**
 * Best first. The first count every unit; the next may see a sample or some units only (a judged tenth, the truly
 * positive); a count knows exposure, which may be hours.
 */
const TIERS: readonly (readonly MetricKind[])[] = [
  ['rate', 'slo', 'quantile', 'ratio'],
  ['score', 'drift', 'fairness'],
  ['count'],
];

/** Names of the metrics that count traffic best, the best first; none of a lower tier while a higher one has any. */
export function trafficMetrics({ metrics }: Pick<Plan, 'metrics'>): string[] {
  for (const tier of TIERS) {
    const rank = (name: string) => tier.indexOf(metrics[name]?.kind as MetricKind);
    const found = Object.keys(metrics).filter((name) => rank(name) >= 0);
    if (found.length > 0) return found.sort((a, b) => rank(a) - rank(b));
  }
  return [];
}

/** Units that met an arm, with those whose outcome has not arrived: they were served all the same. */
export function trafficOf(payload: Payload): number {
  return unitsOf(payload) + (payload.unlabelled ?? 0);
}
