/** A gate no usable window has reached yet: it says so, and never passes. Pure, sandbox-safe. */
import type { GateVerdict } from '../workflows/contract/verdicts.js';
import { ASSUMED_FACTOR } from './dispersion.js';
import type { MetricState, State } from './state.js';
import type { Setting } from './take-window.js';
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
    lane: rule?.spec.kind === 'quantile' ? 'quantile' : rule?.promote?.measure === 'ratio' ? 'grid' : 'absolute',
    verdict: 'inconclusive',
    estimate: null,
    lower: null,
    upper: null,
    rollbackLimit: rule?.rollback && !rule.rollback.edge ? rule.rollback.limit : null,
    promoteLimit: rule?.promote && !rule.promote.edge ? rule.promote.limit : 0,
    level: rule?.levels.promote ?? 0,
    eValue: null,
    units: none,
    events: none,
    windows: 0,
    dispersion: { factor: ASSUMED_FACTOR, assumed: true },
    reasons: reason === 'noData' ? ['noData'] : ['noData', reason],
    sentence: rule ? waiting(rule.metric, metric) : `${gate} is no gate of this plan; it can never pass.`,
  };
}

function waiting(name: string, metric: MetricState | undefined): string {
  if (!metric?.trouble) return `${name}: no window has closed yet; it waits for data.`;
  const { noData, sourceError, badNumbers, discarded } = metric.unusable;
  const tally = `${count(noData + sourceError + badNumbers)} windows without usable numbers, ${count(discarded)} discarded`;
  return `${name}: nothing to judge yet (${tally}); the newest: ${metric.trouble.why}.`;
}
