/** From where every gate stands to the verdict on the step. Pure, sandbox-safe. */
import type { VerdictKind } from '../workflows/contract/verdicts.js';
import { satisfied } from './decision/gate-tree.js';
import { isSplitBroken } from './split-check.js';
import type { State } from './state.js';
import { type Setting, isIdle } from './take-window.js';

/** Any failed gate fails; those that must pass all pass, with users split as planned, in a bake. */
export function kindOf(setting: Setting, state: State): VerdictKind {
  const { step } = state;
  if (!step) return 'inconclusive';
  for (const process of state.processes)
    if (process.failed !== null && step.gates.includes(process.gate)) return 'fail';
  if (step.mode !== 'bake' || step.gates.length === 0) return 'inconclusive';
  const passed = satisfied(step.passWhen ?? { all: step.gates }, (gate) => passes(setting, state, gate));
  return passed && !isSplitBroken(state.split, setting.plan.splitCheck.level) ? 'pass' : 'inconclusive';
}

/** On the whole and on every slice; a gate nothing was heard of does not pass. */
function passes({ rules }: Setting, { processes }: State, gate: string): boolean {
  const rule = rules.get(gate);
  if (!rule) return false;
  const counting = processes.filter((process) => process.gate === gate && !isIdle(rule, process));
  return counting.length > 0 && counting.every(({ passing }) => passing);
}
