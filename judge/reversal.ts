/** Simpson's reversal between the whole of a gate and its slices: then neither is believed, and it holds. Pure, sandbox-safe. */
import type { MetricKind } from '../workflows/contract/plan.js';
import { type StratumCounts, simpson } from './decision/simpson.js';
import { unitWorth } from './means/offset.js';
import type { GateRule } from './rules.js';
import type { Process, State } from './state.js';

/** Comparisons of these can reverse: their means lie between 0 and 1, so that none scatters more than right or wrong do. */
const KINDS: ReadonlySet<MetricKind> = new Set(['rate', 'quantile', 'score']);

export function isReversed(state: State, rule: GateRule, { slice }: Process): boolean {
  const { spec, promote } = rule;
  if (slice !== null || spec.slices === null || !KINDS.has(spec.kind) || promote?.everyone !== false) return false;
  const strata = strataOf(state, rule);
  return strata.length > 1 && simpson(strata).reversed;
}

/** Counts by slice, each unit for what it is worth: of millions that hang together the least difference has a sign. */
function strataOf({ processes, metrics }: State, { gate, metric, kind, spec }: GateRule): StratumCounts[] {
  const counted = processes
    .filter((process) => process.gate === gate && process.slice !== null)
    .map(({ body }) => kind.counted(body, 'promote'));
  let units = 0;
  for (const each of counted) units += each.units.baseline + each.units.candidate;
  const users = spec.unit === 'user' ? spec.users : null;
  const worth = unitWorth(units, users) / (metrics[metric]?.calibration.frozen.factor ?? 1);
  return counted.map(({ units: of, events }) => ({
    control: { units: of.baseline * worth, events: events.baseline * worth },
    treated: { units: of.candidate * worth, events: events.candidate * worth },
  }));
}
