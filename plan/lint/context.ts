/** What a rule is: a filled-in plan in, findings out. Rules are pure and total, whatever names lead nowhere. */
import { parseMargin, type ParsedMargin } from '../../judge/margin.js';
import type { Exposure } from '../../workflows/contract/plan.js';
import { relativeExposure } from '../compile.js';
import { absoluteSteps } from '../exposures.js';
import type { FilledGate, FilledMetric, FilledPlan, FilledSource } from '../fill.js';
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

export function conditionOf(condition: object | 'never'): Condition | null {
  if (condition === 'never') return null;
  const [entry] = Object.entries(condition);
  const margin = entry ? parseMargin(String(entry[1])) : null;
  return entry && margin ? { key: entry[0], text: String(entry[1]), margin } : null;
}

const COMPARATIVE = new Set(['provenWithin', 'provenBetterBy', 'provenWorseBy']);

/** The gate needs a randomised control to say anything. */
export function comparative(gate: FilledGate): boolean {
  const keys = [gate.promoteWhen, gate.rollbackWhen].map((condition) => conditionOf(condition)?.key ?? '');
  return keys.some((key) => COMPARATIVE.has(key));
}

export function isComparative({ key }: Condition): boolean {
  return COMPARATIVE.has(key);
}

/** Milliseconds of a duration the schema has passed. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
