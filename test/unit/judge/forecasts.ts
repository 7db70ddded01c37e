/** Levels and plans for tests of the forecast. */
import { forecast } from '../../../judge/forecast/forecast.js';
import type { Group, Level } from '../../../judge/forecast/level.js';
import type { Catch, Forecast, GateForecast } from '../../../judge/forecast/types.js';
import type { GateSpec, MetricSpec, Plan, StageSpec } from '../../../workflows/contract/plan.js';
import { STAGE, aPlan } from '../../support/plans.js';
import { gate, rate } from './world.js';

export const MINUTE_MS = 60_000;

export const group = (change: Partial<Group> = {}): Group => ({
  slice: null,
  part: 1,
  mean: 0.01,
  sd: null,
  shape: null,
  ...change,
});

export const level = (perMinute: number, whole: Partial<Group> = {}, change: Partial<Level> = {}): Level => ({
  perMinute,
  whole: group(whole),
  slices: [],
  scatter: 1,
  origin: { kind: 'past', windows: 60, spanMs: 60 * MINUTE_MS, units: 60 * perMinute, events: null },
  ...change,
});

interface OneStage {
  share?: number;
  maxMs?: number;
  minMs?: number;
  minUnits?: number;
  windowMs?: number;
}

/** One gate named `g` on a metric named `m`, asked in one step. */
export function planOf(spec: Partial<GateSpec>, metric: MetricSpec = rate(), at: OneStage = {}): Plan {
  const { share = 0.5, maxMs = 180 * MINUTE_MS, minMs = 0, minUnits = 0, windowMs = MINUTE_MS } = at;
  const beta = STAGE.beta();
  const stage: StageSpec = {
    ...beta,
    gates: ['g'],
    steps: [{ share, cohorts: [] }],
    bake: { ...beta.bake, maxMs, minMs, minUnits },
  };
  return aPlan({
    sources: { traffic: { kind: 'scrape', connection: 'x', windowMs, settleMs: 0 } },
    metrics: { m: metric },
    gates: { g: gate({ metric: 'm', ...spec }) },
    stages: [stage],
  });
}

export function rowOf(found: Forecast, name = 'g', step = 0): GateForecast {
  const row = found.steps[step]?.gates.find((one) => one.gate === name);
  if (!row) throw new Error(`no row of ${name} in step ${step}: ${JSON.stringify(found.steps)}`);
  return row;
}

export const forecastOf = (plan: Plan, of: Level | null): GateForecast => rowOf(forecast(plan, { m: of }));

export function caughtAt(row: Pick<GateForecast, 'catches'>, factor: number): Catch {
  const found = row.catches.find((one) => one.factor === factor);
  if (!found) throw new Error(`nothing of ${factor}x in ${JSON.stringify(row.catches)}`);
  return found;
}
