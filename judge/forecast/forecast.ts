/**
 * What a rollout under this plan will be like: how long each gate and step takes to decide, how long regressions stay
 * unnoticed, how often a healthy candidate is rolled back. Simulated with the product's own judge on drawn windows
 * (`stream.ts` says what they assume); the same plan and levels always give the same forecast. Pure, sandbox-safe.
 */
import type { Plan } from '../../workflows/contract/plan.js';
import type { Setting } from './case.js';
import type { Site } from './bake.js';
import { addCatches } from './catching.js';
import { type GateRows, forecastGate } from './gate.js';
import { healthyRollouts } from './healthy.js';
import { sitesOf } from './journey.js';
import { judgesOf } from './judges.js';
import { type Level, expectedLevel } from './level.js';
import { type Forecast, type GateForecast, REGRESSIONS, type StepForecast } from './types.js';
import { prepared } from './shapes.js';
import { workOf } from './work.js';

/** Looks at a metric without slices: about two seconds of one core for a plan of a few gates. */
const LOOKS = 40_000;

/** `observed`: levels of metrics of which the plan expects nothing, by name. */
export function forecast(plan: Plan, observed: Record<string, Level | null>): Forecast {
  const levels = levelsOf(plan, observed);
  const asked = [...new Set(plan.stages.flatMap(({ gates }) => gates))];
  const steps = plan.stages.reduce((sum, stage) => sum + stage.steps.length * stage.gates.length, 0);
  const setting: Setting = {
    plan,
    judgeFor: judgesOf(plan),
    levels,
    work: workOf(LOOKS, asked.length + steps * REGRESSIONS.length + 1),
  };
  // The cheap ones first: a plan too large for all of them still has most of them tried.
  const cheapFirst = asked.toSorted((a, b) => slicesOf(setting, a) - slicesOf(setting, b));
  const gates = new Map(cheapFirst.map((gate) => [gate, forecastGate(setting, gate)]));
  const healthy = healthyRollouts(setting, gates);
  const sites = sitesOf(plan, new Set(asked));
  addCatches([...gates.values()], sites);
  return {
    steps: sites.map((site, i) => ({ ...stepOf(site, rowsAt(gates, site, i)), decides: healthy.decides[i] ?? null })),
    levels,
    healthy: healthy.rollouts,
  };
}

function rowsAt(gates: ReadonlyMap<string, GateRows>, { stage }: Site, index: number): GateForecast[] {
  return stage.gates.flatMap((gate) => gates.get(gate)?.rows[index] ?? []);
}

function stepOf({ stage, index, share }: Site, gates: GateForecast[]): Omit<StepForecast, 'decides'> {
  return {
    stage: stage.name,
    step: index,
    share,
    cohorts: stage.steps[index]?.cohorts ?? [],
    maxMs: stage.bake.maxMs,
    without: gates.filter(({ basis }) => basis !== 'simulated').map(({ gate }) => gate),
    gates,
  };
}

function slicesOf({ plan, levels }: Setting, gate: string): number {
  return levels[plan.gates[gate]?.metric ?? '']?.slices.length ?? 0;
}

function levelsOf(plan: Plan, observed: Record<string, Level | null>): Forecast['levels'] {
  const levels = Object.entries(plan.metrics).map(([name, metric]): [string, Level | null] => {
    const expected = metric.expect ? expectedLevel(metric.kind, metric.expect) : null;
    return [name, prepared(plan, name, expected, observed[name] ?? null)];
  });
  return Object.fromEntries(levels);
}
