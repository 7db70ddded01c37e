/** What is known when a gate and slice is asked where it stands. Pure, sandbox-safe. */
import type { Asked } from './kind.js';
import { isSplitBroken } from './split-check.js';
import type { Process, State } from './state.js';
import { type Setting, isIdle, levelsOf, usersOf } from './take-window.js';

/** Null: the gate does not count in the open step, or has nothing in it. */
export function askedOf(setting: Setting, state: State, process: Process, brief: boolean): Asked | null {
  const { step } = state;
  const rule = setting.rules.get(process.gate);
  const metric = rule && state.metrics[rule.metric];
  if (!step || !rule || !metric || !step.gates.includes(rule.gate) || isIdle(rule, process)) return null;
  const { level } = setting.plan.splitCheck;
  return {
    body: process.body,
    rule,
    slice: process.slice,
    stage: process.stage,
    metric,
    step,
    levels: levelsOf(rule, metric, process.slice),
    users: usersOf(state, rule, process),
    splitBroken: isSplitBroken(state.split, level),
    labelLevel: level,
    brief,
  };
}
