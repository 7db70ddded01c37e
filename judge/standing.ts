/**
 * Where one gate stands on the whole or one slice: fail, pass, or what is missing. Rollback is never bound by minimum
 * bake or units; a pass is bound by everything. Both proven: fail wins. Pure, sandbox-safe.
 */
import type { SliceSpec } from '../workflows/contract/plan.js';
import type { Lane, VerdictKind } from '../workflows/contract/verdicts.js';
import type { Levels } from './budget.js';
import { totals } from './evidence.js';
import { fastProven } from './find-ratio.js';
import { find } from './find.js';
import type { Finding, Surroundings } from './finding.js';
import type { Ask } from './rules.js';
import type { MetricState, Process } from './state.js';
import type { StepContext } from './types.js';

export interface Standing {
  verdict: VerdictKind;
  rollback: Finding | null;
  promote: Finding | null;
  /** Lane that has proven harm at this look; null: none. */
  harm: Lane | null;
  reasons: string[];
}

export interface Asked extends Surroundings {
  process: Process;
  metric: MetricState;
  step: StepContext;
  levels: Levels;
  splitBroken: boolean;
}

export function standingOf(asked: Asked): Standing {
  const { process, rule, levels } = asked;
  const rollback = rule.rollback && find(process, process.rollback, rule.rollback, levels.rollback, asked);
  const promote = rule.promote && find(process, process.promote, rule.promote, levels.promote, asked);
  const harm = harmIn(asked, rollback);
  const reasons = reasonsAgainst(asked, promote);
  const failed = process.failed !== null || harm !== null;
  const verdict = failed ? 'fail' : reasons.some((reason) => !REMARKS.has(reason)) ? 'inconclusive' : 'pass';
  return { verdict, rollback, promote, harm, reasons };
}

/** Reasons that do not withhold a pass. */
const REMARKS: ReadonlySet<string> = new Set(['carried', 'dispersionAssumed']);

/** A comparison of arms that are not split as planned proves nothing; one arm alone is not touched by it. */
function harmIn(asked: Asked, rollback: Finding | null): Lane | null {
  const { process, rule, levels, splitBroken } = asked;
  const compares = rule.rollback !== null && !rule.rollback.everyone;
  if (rollback?.proven && !(splitBroken && compares)) return rollback.lane;
  return !splitBroken && fastProven(process, levels.fast, asked) ? 'fast' : null;
}

function reasonsAgainst(asked: Asked, promote: Finding | null): string[] {
  const { process, rule, metric, splitBroken } = asked;
  const { promote: ask } = rule;
  if (ask === null || promote === null) return ['unsupportedLimit'];
  const reasons = [...sourceReasons(metric), ...minimumReasons(asked, ask)];
  if (isCarried(asked)) reasons.push(totals(process.promote.evidence).treated.units > 0 ? 'carried' : 'noControl');
  if (splitBroken && !ask.everyone) reasons.push('splitBroken');
  if (process.promote.noEdge)
    reasons.push(ask.edge?.kind === 'frozen' && frozenMissing(metric) ? 'noFrozenEdge' : 'noEdge');
  reasons.push(...thinReasons(process, rule.spec.slices));
  if (promote.estimate === null && !reasons.includes('noData')) reasons.push('insufficientData');
  else if (!promote.proven) reasons.push('undecided');
  if (promote.dispersion.assumed) reasons.push('dispersionAssumed');
  return [...new Set(reasons)];
}

const frozenMissing = ({ calibration }: MetricState): boolean => calibration.frozen.quantileMs === null;

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
  if (unitsOf(asked, ask) < step.minUnits) reasons.push('minUnits', 'insufficientData');
  if (bakedMs(asked) < step.minMs) reasons.push('minBake');
  return reasons;
}

/** Candidate units of this step that count for the question. */
export function unitsOf({ metric, step }: Pick<Asked, 'metric' | 'step'>, ask: Ask): number {
  return ask.everyone || !step.randomised ? metric.units : metric.unitsByShare;
}

export function bakedMs({ metric, step }: Pick<Asked, 'metric' | 'step'>): number {
  return Math.max(0, metric.asOfMs - step.judgedFromMs);
}

/** Thin slices never pass in silence; `hold` and `escalate` say so in a code of their own. */
function thinReasons(process: Process, slices: SliceSpec | null): string[] {
  if (process.slice === null || slices === null) return [];
  if (totals(process.promote.evidence).treated.units >= slices.minUnits) return [];
  const code = { extend: null, hold: 'thinSliceHold', escalate: 'thinSliceEscalate' }[slices.onThin];
  return ['thinSlice', 'insufficientData', ...(code === null ? [] : [code])];
}

/** `other` is judged once something is in it. */
export function isIdle({ slice, rollback, promote }: Process): boolean {
  return slice === 'other' && rollback.evidence.length === 0 && promote.evidence.length === 0;
}
