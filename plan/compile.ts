/** From a filled-in, lint-clean plan to its canonical form: milliseconds, fractions, absolute steps, embedded texts. Pure. */
import { parseMargin } from '../judge/margin.js';
import type {
  ApprovalSpec,
  Expect,
  GateSpec,
  MetricSpec,
  Plan,
  Reading,
  SourceKind,
  SourceSpec,
  StageSpec,
} from '../workflows/contract/plan.js';
import { absoluteSteps, type RelativeExposure } from './exposures.js';
import type { FilledGate, FilledMetric, FilledPlan, FilledSource, FilledStage } from './fill.js';
import { compileGates } from './gate-list.js';
import { parseDuration, parseShare } from './quantities.js';

/** SQL text of each metric that has one, by metric. */
export type Queries = ReadonlyMap<string, { text: string; file: string | null }>;

/** Throws only on a plan that lint has not passed. */
export function compilePlan(filled: FilledPlan, queries: Queries): Plan {
  const { sources, metrics, gates, lease, after, stages, candidate } = filled;
  const steps = absoluteSteps(stages.map(relativeExposure), after ? fraction(after.holdBack) : 0);
  return {
    version: 1,
    model: filled.model,
    tenant: filled.tenant,
    owner: filled.owner,
    intent: filled.intent,
    risk: filled.risk,
    runbook: filled.runbook ?? null,
    candidate: { registry: candidate.registry, version: candidate.version },
    target: filled.target,
    arms: filled.arms ?? null,
    sources: mapValues(sources, compileSource),
    metrics: mapValues(metrics, (metric, name) => compileMetric(metric, name, sources, queries)),
    gates: mapValues(gates, compileGate),
    falseAlarms: filled.falseAlarms,
    lease: { forMs: milliseconds(lease.for), onSilence: lease.onSilence },
    guardEveryMs: milliseconds(filled.guardEvery),
    splitCheck: filled.splitCheck,
    stages: stages.map((stage, index) => ({ ...compileStage(stage), steps: steps[index] ?? [] })),
    after: after
      ? {
          forMs: milliseconds(after.for),
          everyMs: milliseconds(after.every),
          holdBack: fraction(after.holdBack),
          gates: after.gates,
        }
      : null,
    notify: filled.notify,
  };
}

export function relativeExposure({ exposure: { cohorts, share, drop } }: FilledStage): RelativeExposure {
  return { cohorts, shares: share.map(fraction), drop };
}

/** Kind and connection of a source: the one of the three keys that is written. */
export function sourceKind(source: FilledSource): { kind: SourceKind; connection: string } | null {
  const kinds: SourceKind[] = ['scrape', 'sql', 'prometheus'];
  const written = kinds.filter((kind) => source[kind] !== undefined);
  const [kind] = written;
  const connection = kind && source[kind];
  return kind && connection !== undefined && written.length === 1 ? { kind, connection } : null;
}

function compileSource(source: FilledSource): SourceSpec {
  const { kind, connection } = present(sourceKind(source));
  return { kind, connection, windowMs: milliseconds(source.window), settleMs: milliseconds(source.settle) };
}

function compileMetric(
  metric: FilledMetric,
  name: string,
  sources: FilledPlan['sources'],
  queries: Queries,
): MetricSpec {
  const { kind } = present(sourceKind(present(sources[metric.from])));
  const base = {
    from: metric.from,
    better: present(metric.better),
    unit: metric.unit,
    users: metric.users ?? null,
    reading: compileReading(kind, metric, queries.get(name)),
    slices: metric.slices ?? null,
    ...(metric.expect && { expect: compileExpect(metric.expect) }),
  };
  return { ...base, ...ownFields(metric) };
}

/** Kind and what belongs to it alone. */
function ownFields(metric: FilledMetric) {
  const { kind } = metric;
  switch (kind) {
    case 'rate':
    case 'count':
    case 'ratio':
      return { kind };
    case 'quantile':
      return { kind, q: present(metric.q) };
    case 'score': {
      const [lowest, highest] = present(metric.range);
      return { kind, range: [present(lowest), present(highest)] as [number, number] };
    }
    case 'slo':
      return { kind, objective: fraction(present(metric.objective)), periodMs: milliseconds(present(metric.period)) };
    case 'drift':
      // In one order, so that the order in the file says nothing.
      return { kind, against: (['reference', 'control'] as const).filter((one) => metric.against?.includes(one)) };
    case 'fairness':
      return { kind, measure: present(metric.measure) };
  }
}

function compileExpect({ perMinute, rate, mean, sd, cv }: NonNullable<FilledMetric['expect']>): Expect {
  return {
    perMinute,
    ...(rate !== undefined && { rate: expectedRate(rate) }),
    ...(mean !== undefined && { mean }),
    ...(sd !== undefined && { sd }),
    ...(cv !== undefined && { cv }),
  };
}

/** Share of units as a fraction (`1%`), or events per exposure as written. */
export function expectedRate(rate: string | number): number {
  return typeof rate === 'number' ? rate : present(parseMargin(rate)).value;
}

function compileReading(
  source: SourceKind,
  metric: FilledMetric,
  query: { text: string; file: string | null } | undefined,
): Reading {
  if (source === 'sql') {
    const { text, file } = present(query);
    return { kind: source, query: text, file };
  }
  const scrape = source === 'scrape';
  if (metric.kind === 'quantile' || metric.kind === 'drift') {
    return { kind: scrape ? 'scrapeHistogram' : 'prometheusHistogram', histogram: present(metric.histogram) };
  }
  const events = present(metric.events);
  if (metric.kind === 'count') {
    return { kind: scrape ? 'scrapeCount' : 'prometheusCount', events, exposure: present(metric.exposure) };
  }
  return { kind: source, units: present(metric.units), events };
}

function compileGate({ metric, role, rollbackWhen, promoteWhen, fastLane }: FilledGate): GateSpec {
  return {
    metric,
    role,
    rollbackWhen: rollbackWhen === 'never' ? null : rollbackWhen,
    promoteWhen: present(promoteWhen),
    fastLane: fastLane ?? null,
  };
}

function compileStage({ name, approval, bake, gates }: FilledStage): Omit<StageSpec, 'steps'> {
  return {
    name,
    approval: approval ? compileApproval(approval) : null,
    bake: {
      warmupMs: milliseconds(bake.warmup),
      minMs: milliseconds(bake.min),
      maxMs: milliseconds(bake.max),
      minUnits: bake.minUnits,
      onTimeout: bake.onTimeout,
      onBlind: bake.onBlind,
      blindAfterMs: milliseconds(bake.blindAfter),
      blindDeadlineMs: milliseconds(bake.blindDeadline),
    },
    ...compileGates(gates),
  };
}

function compileApproval(approval: NonNullable<FilledStage['approval']>): ApprovalSpec {
  const { timeout, remindEvery, ...rest } = approval;
  return { ...rest, timeoutMs: milliseconds(timeout), remindEveryMs: milliseconds(remindEvery) };
}

export function milliseconds(text: string): number {
  return present(parseDuration(text));
}

export function fraction(text: string): number {
  return present(parseShare(text));
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('a plan was compiled that lint had not passed');
  return value;
}

function mapValues<In, Out>(all: Record<string, In>, make: (value: In, key: string) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, make(value, key)]));
}
