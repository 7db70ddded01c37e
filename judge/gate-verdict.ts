/** The verdict of one gate and slice with its numbers, in the margin's own unit. Pure, sandbox-safe. */
import type { GateVerdict } from '../workflows/contract/verdicts.js';
import { armDispersion } from './dispersion.js';
import { type Evidence, totals, windowsIn } from './evidence.js';
import type { Finding } from './finding.js';
import { quantileMs, quantileRange } from './histogram.js';
import { gateSentence } from './gate-sentence.js';
import type { Ask } from './rules.js';
import type { Asked, Standing } from './standing.js';
import type { Direction } from './state.js';

export function gateVerdict(asked: Asked, standing: Standing): GateVerdict {
  const { process, rule, levels } = asked;
  const failed = standing.verdict === 'fail';
  const evidence = failed ? process.rollback.evidence : process.promote.evidence;
  const shown = failed ? (standing.rollback ?? standing.promote) : standing.promote;
  const numbers = { ...boundsOf(asked, standing), ...limitsOf(asked), ...countsOf(asked, evidence, failed) };
  const lane = failed ? (process.failed?.lane ?? standing.harm ?? 'absolute') : (shown?.lane ?? 'absolute');
  const level = lane === 'fast' ? levels.fast : (shown?.level ?? levels.promote);
  const verdict: Omit<GateVerdict, 'sentence'> = {
    gate: rule.gate,
    metric: rule.metric,
    slice: process.slice,
    lane,
    verdict: standing.verdict,
    ...numbers,
    level,
    eValue: shown?.eValue ?? null,
    windows: windowsIn(evidence),
    dispersion: shown?.dispersion ?? armDispersion([], 'treated', null),
    reasons: failed ? standing.reasons.filter((reason) => reason === 'dispersionAssumed') : standing.reasons,
  };
  return { ...verdict, sentence: gateSentence(asked, verdict) };
}

type Bounds = Pick<GateVerdict, 'estimate' | 'lower' | 'upper'>;

/** Each bound at the level of the limit it is held against. */
function boundsOf(asked: Asked, standing: Standing): Bounds {
  const { rule } = asked;
  if (rule.spec.kind === 'quantile') return latencies(asked, rule.spec.q);
  const { rollback, promote } = standing;
  const failed = standing.verdict === 'fail';
  const main: Finding | null = failed ? (rollback ?? promote) : promote;
  if (!main) return { estimate: null, lower: null, upper: null };
  const { estimate, lower, upper } = main;
  if (failed || !rollback || rollback.estimate === null) return { estimate, lower, upper };
  return rule.rollback?.claim === 'above'
    ? { estimate, lower: rollback.lower, upper }
    : { estimate, lower, upper: rollback.upper };
}

/** Milliseconds, from the candidate's latencies of the stage. */
function latencies({ process, levels, recorded }: Asked, q: number): Bounds {
  const { factor } = armDispersion(process.rollback.evidence, 'treated', recorded);
  const estimate = quantileMs(process.histogram, q);
  return { estimate, ...quantileRange(process.histogram, q, levels.promote, factor) };
}

function limitsOf({ process, rule }: Asked): Pick<GateVerdict, 'rollbackLimit' | 'promoteLimit'> {
  const limit = (ask: Ask | null, { edgeMs }: Direction) => (ask?.edge ? edgeMs : (ask?.limit ?? null));
  return {
    rollbackLimit: limit(rule.rollback, process.rollback),
    promoteLimit: limit(rule.promote, process.promote) ?? 0,
  };
}

function countsOf(
  { process, rule }: Asked,
  evidence: Evidence,
  failed: boolean,
): Pick<GateVerdict, 'units' | 'events'> {
  const { control, treated } = totals(evidence);
  const ask = failed ? (rule.rollback ?? rule.promote) : rule.promote;
  const turned = ask?.measure === 'ratio' && process.complement;
  const events = (arm: { units: number; events: number }) => (turned ? arm.units - arm.events : arm.events);
  return {
    units: { baseline: control.units, candidate: treated.units },
    events: { baseline: events(control), candidate: events(treated) },
  };
}
