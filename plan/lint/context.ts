/** What a rule is: a filled-in plan in, findings out. Rules are pure and total, whatever names lead nowhere. */
import { parseMargin, type ParsedMargin } from '../../judge/margin.js';
import type { Exposure } from '../../workflows/contract/plan.js';
import { relativeExposure } from '../compile.js';
import { absoluteSteps } from '../exposures.js';
import { defaultRollback, type FilledGate, type FilledMetric, type FilledPlan, type FilledSource } from '../fill.js';
import type { Finding } from '../problem.js';
import { parseDuration, parseShare } from '../quantities.js';

export type Mode = 'development' | 'production';

export interface LintContext {
  plan: FilledPlan;
  mode: Mode;
  /** Reads a query file beside the plan; null: there is none. */
  readQuery: (path: string) => string | null;
}

export type Rule = (context: LintContext) => Finding[];

export function own<T>(all: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(all, key) ? all[key] : undefined;
}

export function gateMetric(plan: FilledPlan, gate: FilledGate): FilledMetric | undefined {
  return own(plan.metrics, gate.metric);
}

export function metricSource(plan: FilledPlan, metric: FilledMetric): FilledSource | undefined {
  return own(plan.sources, metric.from);
}

/** Absolute steps of every stage. */
export function stepsOf(plan: FilledPlan): Exposure[][] {
  return absoluteSteps(plan.stages.map(relativeExposure), holdBackOf(plan));
}

export function holdBackOf({ after }: FilledPlan): number {
  return after ? (parseShare(after.holdBack) ?? 0) : 0;
}

/** A condition taken apart: its one key, its margin as written and parsed. */
export interface Condition {
  key: string;
  text: string;
  margin: ParsedMargin;
}

export function conditionOf(condition: object | 'never' | undefined): Condition | null {
  if (condition === 'never' || condition === undefined) return null;
  const [entry] = Object.entries(condition);
  const margin = entry ? parseMargin(String(entry[1])) : null;
  return entry && margin ? { key: entry[0], text: String(entry[1]), margin } : null;
}

const COMPARATIVE = new Set(['provenWithin', 'provenBetterBy', 'provenWorseBy']);

/** The gate asks for a margin over the baseline, so that it needs a randomised control to say anything. */
export function compares(gate: FilledGate): boolean {
  const conditions = [conditionOf(gate.promoteWhen), conditionOf(gate.rollbackWhen)];
  return conditions.some((condition) => condition !== null && isComparative(condition));
}

export function isComparative({ key }: Condition): boolean {
  return COMPARATIVE.has(key);
}

export type Side = 'rollbackWhen' | 'promoteWhen';

/**
 * Both conditions of a gate, but not a rollback condition derived from the other: what is wrong with it is wrong there.
 * Nor one of a drift, which may have none.
 */
export function conditionsOf(plan: FilledPlan, gate: FilledGate): { side: Side; condition: Condition }[] {
  const kind = gateMetric(plan, gate)?.kind;
  const derived = JSON.stringify(gate.rollbackWhen) === JSON.stringify(defaultRollback(gate.promoteWhen, kind));
  const sides: Side[] = derived || kind === 'drift' ? ['promoteWhen'] : ['rollbackWhen', 'promoteWhen'];
  return sides.flatMap((side) => {
    const condition = conditionOf(gate[side]);
    return condition ? [{ side, condition }] : [];
  });
}

/** Milliseconds of a duration the schema has passed. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
