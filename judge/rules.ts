/** A gate of the plan as the questions the judge asks. Pure, sandbox-safe. */
import type { GateSpec, MetricSpec, Plan, PromoteWhen, RollbackWhen } from '../workflows/contract/plan.js';
import { type Levels, gateLevels } from './budget.js';
import { type ParsedMargin, parseMargin } from './margin.js';

/** Which side of the limit is to be proven. */
export type Claim = 'above' | 'below';

/** For quantiles: the bucket edge above which a request counts as an event. `frozen`: relative to the control's quantile. */
export type Edge = { kind: 'at'; ms: number } | { kind: 'frozen'; factor: number; plusMs: number };

/**
 * `single`: the candidate's rate, all its users when `everyone`. `difference`: candidate minus baseline, positive is
 * harm. `ratio`: harm as a fraction of the baseline.
 */
export interface Ask {
  measure: 'single' | 'difference' | 'ratio';
  claim: Claim;
  limit: number;
  edge: Edge | null;
  everyone: boolean;
  /** A slow day slows both arms: then the candidate must also be provably worse than the baseline beside it. */
  besidesBaseline: boolean;
}

export interface GateRule {
  gate: string;
  metric: string;
  spec: MetricSpec;
  rollback: Ask | null;
  promote: Ask | null;
  fastRatio: number | null;
  levels: Levels;
  /** Windows after which a decision is expected. */
  planned: number;
}

const PLANNED_WINDOWS = 240;

/** Rules by gate name, in the plan's order. A limit no procedure exists for leaves its question null. */
export function rulesOf(plan: Plan): Map<string, GateRule> {
  const rules = new Map<string, GateRule>();
  for (const [gate, spec] of Object.entries(plan.gates)) {
    const metric = plan.metrics[spec.metric];
    if (!metric) continue;
    rules.set(gate, {
      gate,
      metric: spec.metric,
      spec: metric,
      rollback: spec.rollbackWhen && askOf(metric, spec.rollbackWhen),
      promote: askOf(metric, spec.promoteWhen),
      fastRatio: metric.kind === 'rate' ? (spec.fastLane?.ratio ?? null) : null,
      levels: gateLevels(plan, gate),
      planned: plannedWindows(plan, gate, spec),
    });
  }
  return rules;
}

function plannedWindows(plan: Plan, gate: string, spec: GateSpec): number {
  const source = plan.sources[plan.metrics[spec.metric]?.from ?? ''];
  const longest = Math.max(0, ...plan.stages.filter(({ gates }) => gates.includes(gate)).map(({ bake }) => bake.maxMs));
  if (!source || source.windowMs <= 0 || longest <= 0) return PLANNED_WINDOWS;
  return Math.max(60, Math.round(longest / source.windowMs));
}

type When = RollbackWhen | PromoteWhen;

function askOf(metric: MetricSpec, when: When): Ask | null {
  const [word, text] = Object.entries(when)[0] ?? [];
  const margin = text === undefined ? null : parseMargin(text);
  if (!margin) return null;
  const single = word === 'provenAbove' || word === 'provenBelow';
  if (single) return alone(metric, margin, word === 'provenAbove' ? 'above' : 'below');
  const signed = word === 'provenBetterBy' ? 0 - margin.value : margin.value;
  const claim: Claim = word === 'provenWorseBy' ? 'above' : 'below';
  return metric.kind === 'rate' ? compared(margin, signed, claim) : quantileCompared(metric, margin, signed, claim);
}

function alone(metric: MetricSpec, { kind, value }: ParsedMargin, claim: Claim): Ask | null {
  const common = { measure: 'single', claim, everyone: true, besidesBaseline: false } as const;
  if (metric.kind === 'rate') return kind === 'ms' ? null : { ...common, limit: value, edge: null };
  return kind === 'ms' ? { ...common, limit: 1 - metric.q, edge: { kind: 'at', ms: value } } : null;
}

function compared({ kind }: ParsedMargin, limit: number, claim: Claim): Ask | null {
  if (kind === 'ms') return null;
  const measure = kind === 'relative' ? 'ratio' : 'difference';
  return { measure, claim, limit, edge: null, everyone: false, besidesBaseline: false };
}

/** Harm lies above the control's quantile where lower is better, below it where higher is. */
function quantileCompared(
  metric: Extract<MetricSpec, { kind: 'quantile' }>,
  { kind }: ParsedMargin,
  signed: number,
  claim: Claim,
): Ask | null {
  if (kind !== 'relative' && kind !== 'ms') return null;
  const up = metric.better === 'lower' ? signed : 0 - signed;
  const edge: Edge =
    kind === 'ms' ? { kind: 'frozen', factor: 1, plusMs: up } : { kind: 'frozen', factor: 1 + up, plusMs: 0 };
  const opposite: Claim = claim === 'above' ? 'below' : 'above';
  const worded = metric.better === 'lower' ? claim : opposite;
  const besidesBaseline = claim === 'above';
  return { measure: 'single', claim: worded, limit: 1 - metric.q, edge, everyone: false, besidesBaseline };
}
