/** The verdict of one gate and slice with its numbers, in the margin's own unit. Pure, sandbox-safe. */
import type { Control, GateVerdict, Lane } from '../workflows/contract/verdicts.js';
import { gateSentence } from './gate-sentence.js';
import type { Ask, Asked, Unworded } from './kind.js';
import { ASSUMED_FACTOR } from './means/dispersion.js';
import { type Standing, isCarried } from './standing.js';
import type { Process } from './state.js';

export function gateVerdict(asked: Asked, standing: Standing, process: Process): GateVerdict {
  const { rule, body, slice, levels } = asked;
  const failed = standing.verdict === 'fail';
  const shown = failed ? (standing.rollback ?? standing.promote) : standing.promote;
  const lane: Lane = failed ? (process.failed?.lane ?? standing.harm ?? 'absolute') : (shown?.lane ?? 'absolute');
  const verdict: Unworded = {
    gate: rule.gate,
    metric: rule.metric,
    slice,
    lane,
    verdict: standing.verdict,
    ...rule.kind.numbers(asked, standing, failed),
    level: lane === 'fast' ? levels.fast : (shown?.level ?? levels.promote),
    eValue: shown?.eValue ?? null,
    ...rule.kind.counted(body, failed ? 'rollback' : 'promote'),
    control: controlOf(asked, failed ? (rule.rollback ?? rule.promote) : rule.promote),
    dispersion: shown?.dispersion ?? { factor: ASSUMED_FACTOR, assumed: true },
    reasons: failed ? standing.reasons.filter((reason) => WITH_A_FAIL.has(reason)) : standing.reasons,
  };
  return { ...verdict, sentence: gateSentence(asked, verdict) };
}

/** What is worth saying beside a failure; what would be missing for a pass is not. */
const WITH_A_FAIL: ReadonlySet<string> = new Set(['dispersionAssumed', 'winsorised']);

function controlOf(asked: Asked, ask: Ask | null): Control {
  if (!ask) return 'none';
  if (ask.edge?.kind === 'frozen') return 'frozen';
  // They judge one arm's limit, and look at the other to know whose fault it is.
  const besides = asked.rule.spec.kind === 'slo' || asked.rule.spec.kind === 'drift';
  if (besides && asked.step.randomised) return 'concurrent';
  if (ask.everyone) return 'none';
  return isCarried(asked) ? 'carried' : 'concurrent';
}
