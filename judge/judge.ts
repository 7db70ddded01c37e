/**
 * Windows in, verdict out. `update` takes a window and latches proven harm at the window that proved it; `explain`
 * says where every gate stands, in numbers and plain sentences. Pure: no I/O, no clock; times come from windows.
 */
import type { Plan } from '../workflows/contract/plan.js';
import type { StepVerdict } from '../workflows/contract/verdicts.js';
import type { Window } from '../workflows/contract/windows.js';
import { freeze } from './calibration.js';
import { askedOf } from './asked.js';
import { explain } from './explain.js';
import { kindOf } from './look.js';
import { type GateRule, rulesOf } from './rules.js';
import { isReversed } from './reversal.js';
import { noSplit, splitMetric } from './split-check.js';
import { harmOf, standingOf } from './standing.js';
import { type Process, type State, opened } from './state.js';
import { type Setting, newMetric, takeWindow } from './take-window.js';
import type { Judge, JudgeState, StepContext } from './types.js';

/** The judge of one plan. It holds nothing but the plan: everything learned is in the state. */
export function makeJudge(plan: Plan): Judge {
  const setting: Setting = { plan, rules: rulesOf(plan), splitMetric: splitMetric(plan) };
  return {
    create,
    openStep: (state, step) => openStep(setting, opened(state), step),
    update: (state, window) => update(setting, opened(state), window),
    verdict: (state) => opened(state).held?.kind ?? 'inconclusive',
    explain: (state): StepVerdict => explain(setting, opened(state)),
  };
}

function create(): JudgeState {
  const fresh: State = {
    version: 1,
    step: null,
    metrics: {},
    processes: [],
    split: noSplit(),
    asOfMs: 0,
    held: null,
  };
  return { ...fresh };
}

/** Each opening begins a directory of windows: their indexes count from there, and so do minimum bake and units. */
function openStep({ plan, rules }: Setting, state: State, step: StepContext): void {
  const newStage = state.step?.stage !== step.stage;
  for (const [name, spec] of Object.entries(plan.metrics)) {
    const metric = (state.metrics[name] ??= newMetric());
    if (newStage) freeze(metric.calibration, spec);
    const { calibration, labels, slices, seen } = metric;
    state.metrics[name] = { ...newMetric(), calibration, labels, slices, seen };
  }
  for (const process of state.processes) startStage(rules.get(process.gate), process, step);
  state.step = { ...step, gates: [...step.gates] };
  state.asOfMs = Math.max(state.asOfMs, step.judgedFromMs);
  state.held = null;
}

/** Promotion evidence is of one stage. Where there is no control, comparisons keep what the last control showed. */
function startStage(rule: GateRule | undefined, process: Process, step: StepContext): void {
  process.passing = false;
  if (!rule || process.stage === step.stage || step.mode !== 'bake') return;
  if (rule.promote && !rule.promote.everyone && !step.randomised) return;
  rule.kind.restart(process.body, rule);
  process.stage = step.stage;
}

function update(setting: Setting, state: State, window: Window): void {
  const { step } = state;
  if (!takeWindow(setting, state, window) || step === null) return;
  // Adding zero turns minus zero, which JSON lacks, into zero.
  const atMs = Number.isFinite(window.endMs) ? window.endMs + 0 : state.asOfMs;
  for (const process of state.processes) {
    if (setting.rules.get(process.gate)?.metric !== window.metric) continue;
    look(setting, state, process, { atMs, bake: step.mode === 'bake' });
  }
  const kind = kindOf(setting, state);
  if (state.held?.kind !== kind) state.held = { kind, sinceMs: atMs };
}

/** Only a bake can pass, so elsewhere only harm is looked for. */
function look(setting: Setting, state: State, process: Process, { atMs, bake }: { atMs: number; bake: boolean }): void {
  const asked = askedOf(setting, state, process, true);
  if (!asked) return;
  const standing = bake ? standingOf(asked, process) : null;
  const harm = standing ? standing.harm : harmOf(asked);
  if (process.failed === null && harm !== null) process.failed = { atMs, lane: harm };
  process.passing = standing?.verdict === 'pass' && !isReversed(state, asked.rule, process);
}
