/** Simpson's reversal between the whole of a gate and its slices: then neither is believed, and it holds. Pure, sandbox-safe. */
import { simpson } from './decision/simpson.js';
import type { GateRule } from './rules.js';
import type { Process, State } from './state.js';

/** Only comparisons of rates on slices can reverse. */
export function isReversed({ processes }: State, rule: GateRule, { slice }: Process): boolean {
  if (slice !== null || rule.spec.kind !== 'rate' || rule.spec.slices === null || rule.promote?.everyone !== false)
    return false;
  const strata = processes
    .filter((process) => process.gate === rule.gate && process.slice !== null)
    .map(({ body }) => {
      const { units, events } = rule.kind.counted(body, 'promote');
      return {
        control: { units: units.baseline, events: events.baseline },
        treated: { units: units.candidate, events: events.candidate },
      };
    });
  return strata.length > 1 && simpson(strata).reversed;
}
