/** The forecast of a plan as it would be started here and now: from what the plan expects, else from what its sources have counted. */
import { forecast } from '../../judge/forecast/forecast.js';
import type { Forecast } from '../../judge/forecast/types.js';
import type { Platform } from '../../plan/platform-types.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { observedPast, type Past } from './past.js';
import { type Trouble, troublesOf } from './trouble.js';

export interface PlanForecast extends Forecast {
  /** Sources and metrics that could not be asked about the past. */
  notes: string[];
  troubles: Trouble[];
}

/** `platform` null: nobody can be asked. */
export async function askForecast(platform: Platform | null, plan: Plan): Promise<PlanForecast> {
  const past: Past = platform ? await observedPast(platform, plan) : { levels: {}, notes: [] };
  const found = forecast(plan, past.levels);
  return { ...found, notes: past.notes, troubles: troublesOf(plan, found) };
}
