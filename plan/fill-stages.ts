/** Defaults of stages, bakes and approvals. Times follow the windows of the slowest source a stage waits for. Pure. */
import type { GateTree } from '../workflows/contract/plan.js';
import { gateNames } from './gate-list.js';
import { parseDuration, showDuration } from './quantities.js';
import type { WrittenGate, WrittenMetric, WrittenPlan, WrittenSource, WrittenStage } from './schema.js';

const DAY_MS = 86_400_000;
const FALLBACK_WINDOW_MS = 60_000;

export type FilledStage = ReturnType<typeof fillStage>;

interface Readings {
  gates: Record<string, WrittenGate>;
  metrics: Record<string, WrittenMetric>;
  sources: Record<string, WrittenSource & { window: string }>;
}

/** Longest window among the sources these gates read; a minute where a name leads nowhere. */
export function slowestWindowMs(asked: readonly GateTree[], { gates, metrics, sources }: Readings): number {
  const windows = gateNames(asked).map((gate) => {
    const metric = Object.hasOwn(gates, gate) ? (gates[gate]?.metric ?? gate) : '';
    const source = Object.hasOwn(metrics, metric) ? (metrics[metric]?.from ?? '') : '';
    const window = Object.hasOwn(sources, source) ? sources[source]?.window : undefined;
    return window === undefined ? null : parseDuration(window);
  });
  const known = windows.filter((window) => window !== null);
  return known.length === 0 ? FALLBACK_WINDOW_MS : Math.max(...known);
}

export function fillStage(stage: WrittenStage, windowMs: number) {
  const { share, cohorts, drop } = stage.exposure;
  return {
    name: stage.name,
    exposure: { cohorts: cohorts ?? [], share: share === undefined ? [] : [share].flat(), drop: drop ?? [] },
    approval: stage.approval && fillApproval(stage.approval),
    bake: fillBake(stage.bake ?? {}, windowMs),
    gates: stage.gates,
  };
}

function fillApproval(approval: NonNullable<WrittenStage['approval']>) {
  const timeout = approval.timeout ?? '3d';
  return {
    rules: approval.rules.map(({ role, min }) => ({ role, min: min ?? 1 })),
    exclude: approval.exclude ?? [],
    timeout,
    onTimeout: approval.onTimeout ?? ('hold' as const),
    onReject: approval.onReject ?? ('stay' as const),
    remindEvery: approval.remindEvery ?? showDuration(Math.min(DAY_MS, Math.floor((parseDuration(timeout) ?? 0) / 3))),
  };
}

function fillBake(bake: NonNullable<WrittenStage['bake']>, windowMs: number) {
  const windows = (count: number) => showDuration(Math.min(count * windowMs, 400 * DAY_MS));
  const warmup = bake.warmup ?? windows(1);
  const max = bake.max ?? windows(240);
  const leftMs = Math.max(0, (parseDuration(max) ?? 0) - (parseDuration(warmup) ?? 0));
  return {
    warmup,
    min: bake.min ?? showDuration(Math.min(10 * windowMs, Math.floor(leftMs / 2))),
    max,
    minUnits: bake.minUnits ?? 100,
    onTimeout: bake.onTimeout ?? ('hold' as const),
    onBlind: bake.onBlind ?? ('hold' as const),
    blindAfter: bake.blindAfter ?? windows(5),
    blindDeadline: bake.blindDeadline ?? windows(60),
  };
}

export function fillAfter(after: NonNullable<WrittenPlan['after']>, guardEvery: string) {
  return {
    for: after.for,
    every: after.every ?? guardEvery,
    holdBack: after.holdBack ?? '0%',
    gates: after.gates,
  };
}
