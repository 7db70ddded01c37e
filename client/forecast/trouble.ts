/** What a forecast finds wrong with a plan: gates that cannot decide in time, limits the baseline itself does not meet. Pure. */
import { satisfied } from '../../judge/decision/gate-tree.js';
import { remedyFor } from '../../judge/forecast/shortfall.js';
import type { Forecast, GateForecast, StepForecast } from '../../judge/forecast/types.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';
import { percent, ruleText } from '../render/numbers.js';
import { duration } from '../render/text.js';

export interface Trouble {
  code: 'cannotDecide' | 'cannotPass';
  stage: string;
  step: number;
  gate: string;
  /** The plan itself expects so; else it is only what was seen lately, and a warning. */
  refuses: boolean;
  message: string;
  remedy: string;
}

/** By stage and gate, at the first step where it stands; none of gates a stage can pass without. */
export function troublesOf(plan: Plan, forecast: Forecast): Trouble[] {
  return plan.stages.flatMap((stage) => {
    const steps = forecast.steps.filter((step) => step.stage === stage.name);
    const found = stage.gates.flatMap((gate) => firstTrouble(plan, forecast, steps, gate));
    return passesWithout(stage, new Set(found.map(({ gate }) => gate))) ? [] : found;
  });
}

function passesWithout({ gates, passWhen }: StageSpec, failing: ReadonlySet<string>): boolean {
  return satisfied(passWhen ?? { all: gates }, (gate) => !failing.has(gate));
}

function firstTrouble(plan: Plan, forecast: Forecast, steps: readonly StepForecast[], gate: string): Trouble[] {
  for (const step of steps) {
    const own = step.gates.find((one) => one.gate === gate);
    const trouble = own && troubleAt(plan, step, own);
    if (!trouble) continue;
    const refuses = forecast.levels[own.metric]?.origin.kind === 'expect';
    return [{ stage: step.stage, step: step.step, gate, refuses, ...trouble }];
  }
  return [];
}

function troubleAt(
  plan: Plan,
  step: StepForecast,
  own: GateForecast,
): Pick<Trouble, 'code' | 'message' | 'remedy'> | null {
  const spec = plan.gates[own.gate];
  if (!spec) return null;
  const rule = ruleText(spec.promoteWhen);
  if (own.basis === 'neverPasses') {
    const better = 'provenBetterBy' in spec.promoteWhen;
    const who = better ? 'not even a candidate four times better can' : 'a candidate equal to the baseline cannot';
    return {
      code: 'cannotPass',
      message: `gate ${own.gate} cannot pass in ${step.stage}: ${who} be \`${rule}\``,
      remedy: better ? 'ask for a smaller improvement' : 'write a limit that the baseline itself meets',
    };
  }
  if (!own.cannotDecide) return null;
  const { slice, needsMaxMs, margin } = own.cannotDecide;
  const where = slice === null ? '' : ` on ${slice}`;
  const often = oftenText(own);
  return {
    code: 'cannotDecide',
    message: `gate ${own.gate} cannot decide in ${step.stage} within ${duration(step.maxMs)}: ${candidateText(own)} is ${often} proven \`${rule}\`${where} in that time`,
    remedy: remedyFor(needsMaxMs, margin, Object.keys(spec.promoteWhen)[0] ?? ''),
  };
}

function oftenText({ passes }: GateForecast): string {
  if (!passes || passes.runs === 0) return 'not expected to be';
  return passes.share > 0 ? `only ${percent(passes.share)} of the simulated times` : 'never';
}

export function candidateText({ better }: Pick<GateForecast, 'better'>): string {
  return better === 1 ? 'an equal candidate' : `a candidate ${better} times better`;
}
