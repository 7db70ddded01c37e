/**
 * Every default, in the words of the plan language: what this returns is itself a legal plan that means the same.
 * Total: names that lead nowhere are lint's to report, not a reason to stop. Pure.
 */
import { parseMargin } from '../judge/margin.js';
import type { MetricKind, PromoteWhen } from '../workflows/contract/plan.js';
import { fillAfter, fillStage, slowestWindowMs } from './fill-stages.js';
import { rulesOf } from './metric-kinds.js';
import { parseDuration, showDuration } from './quantities.js';
import type { WrittenGate, WrittenMetric, WrittenPlan, WrittenSource, WrittenStage } from './schema.js';
import { standardAfter, standardGates, standardStages } from './standard.js';

export const DEFAULT_WINDOW = '1m';
const GUARD_EVERY_MS = 300_000;
/** Rollback margin where only a promote margin is written: far enough from it that the two never race. */
const ROLLBACK_SHARE = 0.4;

export type FilledPlan = ReturnType<typeof fillPlan>;
export type FilledMetric = ReturnType<typeof fillMetric>;
export type FilledGate = ReturnType<typeof fillGate>;
export type FilledSource = ReturnType<typeof fillSource>;
export type { FilledStage } from './fill-stages.js';

export function fillPlan(written: WrittenPlan) {
  const standard = written.preset === 'standard';
  const risk = written.risk ?? 'medium';
  const gates = standard ? standardGates(written.metrics, written.gates ?? {}) : (written.gates ?? {});
  // By name: the order of keys in the file may not change what is meant, nor its digest.
  const names = Object.keys(gates).sort();
  const stages = written.stages ?? (standard ? standardStages(risk, names) : []);
  const after = written.after ?? (standard ? standardAfter(risk, names) : undefined);
  const sources = mapValues(written.sources, fillSource);
  const pace = (asked: WrittenStage['gates']) => slowestWindowMs(asked, { gates, metrics: written.metrics, sources });
  const lease = { for: written.lease?.for ?? '15m', onSilence: written.lease?.onSilence ?? ('baseline' as const) };
  const guardEvery = written.guardEvery ?? defaultGuardEvery(lease.for);
  return {
    version: 1 as const,
    model: written.model,
    tenant: written.tenant,
    owner: written.owner,
    intent: written.intent ?? `replace the serving version of ${written.model}`,
    risk,
    runbook: written.runbook,
    candidate: written.candidate,
    target: { ...written.target, cohortAttribute: written.target.cohortAttribute ?? 'cohort' },
    arms: written.arms ?? firstScrape(written.sources),
    sources,
    metrics: mapValues(written.metrics, fillMetric),
    gates: mapValues(gates, (gate, name) => fillGate(gate, name, written.metrics)),
    falseAlarms: { rollback: written.falseAlarms?.rollback ?? 0.02, promote: written.falseAlarms?.promote ?? 0.05 },
    lease,
    guardEvery,
    splitCheck: { level: written.splitCheck?.level ?? 0.001 },
    stages: stages.map((stage) => fillStage(stage, pace(stage.gates))),
    after: after && fillAfter(after, guardEvery),
    notify: written.notify ?? [],
  };
}

function mapValues<In, Out>(all: Record<string, In>, make: (value: In, key: string) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, make(value, key)]));
}

function defaultGuardEvery(leaseFor: string): string {
  return showDuration(Math.min(GUARD_EVERY_MS, Math.floor((parseDuration(leaseFor) ?? 0) / 3)));
}

function firstScrape(sources: Record<string, WrittenSource>): string | undefined {
  const byName = Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.find(([, { scrape }]) => scrape !== undefined)?.[1].scrape;
}

function fillSource(source: WrittenSource) {
  return { ...source, window: source.window ?? DEFAULT_WINDOW, settle: source.settle ?? '0s' };
}

function fillMetric(metric: WrittenMetric) {
  const { unit, users, slices, ...rest } = metric;
  return {
    ...rest,
    better: metric.better ?? rulesOf(metric)?.better ?? undefined,
    against: metric.against ?? (metric.kind === 'drift' ? (['reference', 'control'] as const) : undefined),
    ...unitOf(unit, users),
    slices: slices && { ...slices, minUnits: slices.minUnits ?? 200, onThin: slices.onThin ?? ('extend' as const) },
  };
}

function unitOf(
  unit: WrittenMetric['unit'],
  users: number | undefined,
): { unit: 'request' | 'user'; users: number | undefined } {
  if (typeof unit !== 'object') return { unit: unit ?? 'request', users };
  const about = typeof unit.user === 'number' ? unit.user : Number(unit.user.slice('about '.length));
  return { unit: 'user', users: about };
}

function fillGate(gate: WrittenGate, name: string, metrics: Record<string, WrittenMetric>) {
  const metric = gate.metric ?? name;
  const measured = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  const promoteWhen = gate.promoteWhen ?? (measured && rulesOf(measured)?.promoteWhen) ?? undefined;
  return {
    metric,
    role: gate.role ?? ('guardrail' as const),
    rollbackWhen: gate.rollbackWhen ?? defaultRollback(promoteWhen, measured?.kind),
    promoteWhen,
    fastLane: gate.fastLane && { ratio: gate.fastLane.ratio, share: gate.fastLane.share ?? 0.25 },
  };
}

/**
 * Not being better is no harm: a gate that asks for an improvement withholds its pass and leaves users where they are.
 * Nor is drift: inputs that changed say nothing of what became of them.
 */
export function defaultRollback(
  promote: PromoteWhen | undefined,
  kind: MetricKind | undefined,
): NonNullable<WrittenGate['rollbackWhen']> {
  if (promote === undefined || kind === 'drift') return 'never';
  if ('provenWithin' in promote) return { provenWorseBy: scaled(promote.provenWithin, ROLLBACK_SHARE) };
  if ('provenBelow' in promote) return { provenAbove: promote.provenBelow };
  if ('provenAbove' in promote) return { provenBelow: promote.provenAbove };
  return 'never';
}

/** A margin times a factor, in the unit it was written in: `0.5pp` -> `0.2pp`. */
function scaled(margin: string, factor: number): string {
  if (parseMargin(margin) === null) return margin;
  const written = Number.parseFloat(margin);
  const unit = margin.replace(/^[\d.]+/, '');
  return `${Number((written * factor).toFixed(9))}${unit}`;
}
