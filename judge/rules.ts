/** A gate of the plan as the questions the judge asks. Pure, sandbox-safe. */
import type { GateSpec, MetricSpec, Plan, PromoteWhen, RollbackWhen } from '../workflows/contract/plan.js';
import { type Levels, gateLevels } from './budget.js';
import type { Ask, Kind, LimitWord } from './kind.js';
import { kindOf } from './kinds.js';
import { parseMargin } from './margin.js';

export interface GateRule {
  gate: string;
  metric: string;
  spec: MetricSpec;
  kind: Kind;
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
    const kind = kindOf(metric);
    rules.set(gate, {
      gate,
      metric: spec.metric,
      spec: metric,
      kind,
      rollback: spec.rollbackWhen && askOf(kind, metric, spec.rollbackWhen),
      promote: askOf(kind, metric, spec.promoteWhen),
      fastRatio: metric.kind === 'rate' || metric.kind === 'count' ? (spec.fastLane?.ratio ?? null) : null,
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

function askOf(kind: Kind, metric: MetricSpec, when: RollbackWhen | PromoteWhen): Ask | null {
  const [word, text] = Object.entries(when)[0] ?? [];
  const margin = text === undefined ? null : parseMargin(text);
  return margin && kind.ask(metric, word as LimitWord, margin);
}
