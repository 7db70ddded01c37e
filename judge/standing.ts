/**
 * Where one gate stands on the whole or one slice: fail, pass, or what is missing. Rollback is never bound by minimum
 * bake or units; a pass is bound by everything. Both proven: fail wins. Pure, sandbox-safe.
 */
import type { SliceSpec } from '../workflows/contract/plan.js';
import type { Lane, VerdictKind } from '../workflows/contract/verdicts.js';
import type { Ask, Asked, Findings } from './kind.js';
import { labelsBroken } from './labels.js';
import type { MetricState, Process } from './state.js';

export interface Standing extends Findings {
  verdict: VerdictKind;
  /** Lane that has proven harm at this look; null: none. */
  harm: Lane | null;
  reasons: string[];
}

/** The lane that has proven harm at this look, and nothing else: what every look asks. */
export function harmOf(asked: Asked): Lane | null {
  const { rule } = asked;
  return labelsOff(asked) ? null : rule.kind.harm(asked, rule.rollback && rule.kind.find(asked, 'rollback'));
}

export function standingOf(asked: Asked, process: Process): Standing {
  const { kind } = asked.rule;
  const found: Findings = { rollback: kind.find(asked, 'rollback'), promote: kind.find(asked, 'promote') };
  const harm = labelsOff(asked) ? null : kind.harm(asked, found.rollback);
  const reasons = reasonsAgainst(asked, found);
  const failed = process.failed !== null || harm !== null;
  const verdict = failed ? 'fail' : withholds(reasons) ? 'inconclusive' : 'pass';
  return { rollback: found.rollback, promote: found.promote, harm, reasons, verdict };
}

/** Reasons that do not withhold a pass. */
const REMARKS: ReadonlySet<string> = new Set(['carried', 'dispersionAssumed', 'winsorised', 'badSlice']);

export function withholds(reasons: readonly string[]): boolean {
  return reasons.some((reason) => !REMARKS.has(reason));
}

function reasonsAgainst(asked: Asked, found: Findings): string[] {
  const { body, rule, metric, splitBroken } = asked;
  const { promote: ask, kind } = rule;
  const { promote } = found;
  if (ask === null || promote === null) return ['unsupportedLimit'];
  const reasons = [...sourceReasons(metric), ...minimumReasons(asked, ask)];
  if (isCarried(asked)) reasons.push(kind.counted(body, 'promote').units.candidate > 0 ? 'carried' : 'noControl');
  if (splitBroken && !ask.everyone) reasons.push('splitBroken');
  if (labelsOff(asked)) reasons.push('labelsBroken');
  reasons.push(...kind.reasons(asked, found));
  reasons.push(...thinReasons(asked, rule.spec.slices));
  if (promote.estimate === null && !reasons.includes('noData')) reasons.push('insufficientData');
  else if (!promote.proven) reasons.push('undecided');
  if (promote.dispersion.assumed) reasons.push('dispersionAssumed');
  return [...new Set(reasons)];
}

/** Outcomes that are complete in one arm only say nothing, of harm no more than of its absence. */
function labelsOff({ metric, labelLevel }: Asked): boolean {
  return metric.labels.lnE > 0 && labelsBroken(metric.labels, labelLevel);
}

/** A comparison in a step without a control stands on the last step that had one. */
export function isCarried({ rule, step }: Pick<Asked, 'rule' | 'step'>): boolean {
  return rule.promote !== null && !rule.promote.everyone && !step.randomised;
}

/** A gate whose newest window could not be used is blind, whatever it knew before. */
function sourceReasons({ windows, trouble }: MetricState): string[] {
  if (trouble !== null && trouble.kind !== 'discarded') return [trouble.kind];
  return windows === 0 ? ['noData'] : [];
}

function minimumReasons(asked: Asked, ask: Ask): string[] {
  const { step } = asked;
  const reasons: string[] = [];
  if (unitsOfStep(asked, ask) < step.minUnits) reasons.push('minUnits', 'insufficientData');
  if (bakedMs(asked) < step.minMs) reasons.push('minBake');
  return reasons;
}

/** Candidate units of this step that count for the question. */
export function unitsOfStep({ metric, step }: Pick<Asked, 'metric' | 'step'>, ask: Ask): number {
  return ask.everyone || !step.randomised ? metric.units : metric.unitsByShare;
}

export function bakedMs({ metric, step }: Pick<Asked, 'metric' | 'step'>): number {
  return Math.max(0, metric.asOfMs - step.judgedFromMs);
}

/** Thin slices never pass in silence; `hold` and `escalate` say so in a code of their own. */
function thinReasons({ slice, rule, body }: Asked, slices: SliceSpec | null): string[] {
  if (slice === null || slices === null) return [];
  if (rule.kind.counted(body, 'promote').units.candidate >= slices.minUnits) return [];
  const code = { extend: null, hold: 'thinSliceHold', escalate: 'thinSliceEscalate' }[slices.onThin];
  return ['thinSlice', 'insufficientData', ...(code === null ? [] : [code])];
}
