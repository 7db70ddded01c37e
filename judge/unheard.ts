/** A gate no usable window has reached yet: it says so, and never passes. Pure, sandbox-safe. */
import type { GateVerdict, Lane } from '../workflows/contract/verdicts.js';
import type { Numbers } from './kind.js';
import { ASSUMED_FACTOR } from './means/dispersion.js';
import type { GateRule } from './rules.js';
import type { MetricState, State } from './state.js';
import { type Setting, newMetric } from './take-window.js';
import { count } from './words.js';

export function unheard({ rules }: Setting, state: State, gate: string): GateVerdict {
  const rule = rules.get(gate);
  const metric = rule && state.metrics[rule.metric];
  const reason = metric?.trouble && metric.trouble.kind !== 'discarded' ? metric.trouble.kind : 'noData';
  const none = { baseline: 0, candidate: 0 };
  return {
    gate,
    metric: rule?.metric ?? gate,
    slice: null,
    lane: laneOf(rule),
    verdict: 'inconclusive',
    ...(rule ? limitsOf(rule) : { estimate: null, lower: null, upper: null, rollbackLimit: null, promoteLimit: 0 }),
    level: rule?.levels.promote ?? 0,
    eValue: null,
    units: none,
    events: none,
    windows: 0,
    control: 'none',
    dispersion: { factor: ASSUMED_FACTOR, assumed: true },
    reasons: reason === 'noData' ? ['noData'] : ['noData', reason],
    sentence: rule ? waiting(rule.metric, metric) : `${gate} is no gate of this plan; it can never pass.`,
  };
}

/** The limits are known before anything is seen. */
function limitsOf(rule: GateRule): Numbers {
  const body = rule.kind.begin(rule, { slice: null, slices: [], merge: 1, eventIsRule: false });
  return rule.kind.numbers(
    { rule, body, levels: rule.levels, metric: newMetric() },
    { rollback: null, promote: null },
    false,
  );
}

function laneOf(rule: GateRule | undefined): Lane {
  switch (rule?.spec.kind) {
    case 'quantile':
      return 'quantile';
    case 'slo':
      return 'burn';
    case 'drift':
      return 'drift';
    case 'fairness':
      return 'groups';
    case 'rate':
    case 'count':
      return rule.promote?.measure === 'ratio' ? 'grid' : 'absolute';
    default:
      return rule?.promote?.measure === 'ratio' ? 'main' : 'absolute';
  }
}

function waiting(name: string, metric: MetricState | undefined): string {
  if (!metric?.trouble) return `${name}: no window has closed yet; it waits for data.`;
  const { noData, sourceError, badNumbers, discarded } = metric.unusable;
  const tally = `${count(noData + sourceError + badNumbers)} windows without usable numbers, ${count(discarded)} discarded`;
  return `${name}: nothing to judge yet (${tally}); the newest: ${metric.trouble.why}.`;
}
