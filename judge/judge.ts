/**
 * Windows in, verdict out. `update` takes a window and latches proven harm at the window that proved it; `explain`
 * says where every gate stands, in numbers and plain sentences. Pure: no I/O, no clock; times come from windows.
 */
import type { Plan } from '../workflows/contract/plan.js';
import type { GateVerdict, StepVerdict, VerdictKind } from '../workflows/contract/verdicts.js';
import type { Window } from '../workflows/contract/windows.js';
import { freeze } from './calibration.js';
import { gateVerdict } from './gate-verdict.js';
import { startStage } from './process.js';
import { rulesOf } from './rules.js';
import { noSplit, splitMetric, splitVerdict } from './split-check.js';
import { type Asked, isIdle, standingOf } from './standing.js';
import { type Process, type State, opened } from './state.js';
import { stepSentence } from './step-sentence.js';
import { type Setting, levelsOf, newMetric, takeWindow, usersOf } from './take-window.js';
import type { Judge, JudgeState, StepContext } from './types.js';
import { unheard } from './unheard.js';

/** The judge of one plan. It holds nothing but the plan: everything learned is in the state. */
export function makeJudge(plan: Plan): Judge {
  const setting: Setting = { plan, rules: rulesOf(plan), splitMetric: splitMetric(plan) };
  return {
    create,
    openStep: (state, step) => openStep(setting, opened(state), step),
    update: (state, window) => update(setting, opened(state), window),
    explain: (state) => explain(setting, opened(state)),
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
    const { calibration, slices, seen } = metric;
    state.metrics[name] = { ...newMetric(), calibration, slices, seen };
  }
  for (const process of state.processes) {
    const rule = rules.get(process.gate);
    if (rule) startStage(process, rule, step);
    process.passing = false;
  }
  state.step = { ...step, gates: [...step.gates] };
  state.asOfMs = Math.max(state.asOfMs, step.judgedFromMs);
  state.held = null;
}

function update(setting: Setting, state: State, window: Window): void {
  const { step } = state;
  if (!takeWindow(setting, state, window) || step === null) return;
  // Adding zero turns minus zero, which JSON lacks, into zero.
  const atMs = Number.isFinite(window.endMs) ? window.endMs + 0 : state.asOfMs;
  for (const process of state.processes) {
    if (setting.rules.get(process.gate)?.metric !== window.metric) continue;
    const asked = askedOf(setting, state, process, true);
    if (!asked) continue;
    const standing = standingOf(asked);
    if (process.failed === null && standing.harm !== null) process.failed = { atMs, lane: standing.harm };
    process.passing = standing.verdict === 'pass';
  }
  const kind = kindOf(setting, state);
  if (state.held?.kind !== kind) state.held = { kind, sinceMs: atMs };
}

/** Null: the gate does not count in the open step, or has nothing in it. */
function askedOf(setting: Setting, state: State, process: Process, brief: boolean): Asked | null {
  const { step } = state;
  const rule = setting.rules.get(process.gate);
  const metric = rule && state.metrics[rule.metric];
  if (!step || !rule || !metric || !step.gates.includes(rule.gate) || isIdle(process)) return null;
  return {
    process,
    rule,
    metric,
    step,
    brief,
    levels: levelsOf(rule, metric, process),
    recorded: metric.calibration.frozen.factor,
    users: usersOf(state, rule, process),
    splitBroken: isSplitBroken(setting, state),
  };
}

function isSplitBroken({ plan }: Setting, { split }: State): boolean {
  return Math.exp(-split.lnE) < plan.splitCheck.level;
}

/** Any failed gate fails; all must pass, with users split as planned, in a bake. */
function kindOf(setting: Setting, state: State): VerdictKind {
  const { step } = state;
  if (!step) return 'inconclusive';
  const counting = state.processes.filter((process) => step.gates.includes(process.gate) && !isIdle(process));
  if (counting.some(({ failed }) => failed !== null)) return 'fail';
  const heard = step.gates.every((gate) => counting.some((process) => process.gate === gate));
  const passing = step.gates.length > 0 && heard && counting.every((process) => process.passing);
  return passing && step.mode === 'bake' && !isSplitBroken(setting, state) ? 'pass' : 'inconclusive';
}

function explain(setting: Setting, state: State): StepVerdict {
  const gates: GateVerdict[] = [];
  for (const gate of state.step?.gates ?? []) {
    const own = state.processes.filter((process) => process.gate === gate);
    const spoken = own.flatMap((process) => {
      const asked = askedOf(setting, state, process, false);
      return asked ? [gateVerdict(asked, standingOf(asked))] : [];
    });
    gates.push(...(spoken.length > 0 ? spoken : [unheard(setting, state, gate)]));
  }
  const verdict = kindOf(setting, state);
  const decidedBy = deciding(state, verdict, gates);
  const split = splitVerdict(state.split, setting.plan.splitCheck.level);
  return {
    verdict,
    decidedBy: decidedBy && { gate: decidedBy.gate, slice: decidedBy.slice },
    gates,
    split,
    asOfMs: state.asOfMs,
    sinceMs: sinceOf(state, verdict),
    sentence: stepSentence(verdict, decidedBy, split, gates, state.step),
  };
}

function sinceOf({ held, asOfMs, processes, step }: State, verdict: VerdictKind): number {
  if (verdict !== 'fail') return held?.kind === verdict ? held.sinceMs : asOfMs;
  const failures = processes.flatMap(({ gate, failed }) => (failed && step?.gates.includes(gate) ? [failed.atMs] : []));
  return Math.min(...failures);
}

/** What failed first, or what is waited for first. */
function deciding(state: State, verdict: VerdictKind, gates: GateVerdict[]): GateVerdict | null {
  if (verdict === 'pass') return null;
  const of = gates.filter((gate) => gate.verdict === verdict);
  if (verdict === 'inconclusive') return of[0] ?? null;
  const failedAt = ({ gate, slice }: GateVerdict) =>
    state.processes.find((process) => process.gate === gate && process.slice === slice)?.failed?.atMs ?? 0;
  return of.toSorted((a, b) => failedAt(a) - failedAt(b))[0] ?? null;
}
