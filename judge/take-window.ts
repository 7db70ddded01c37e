/** One window into the memory: what it is worth, what it calibrates, which processes it feeds. Pure, never throws. */
import type { Plan } from '../workflows/contract/plan.js';
import type { Cell, Window } from '../workflows/contract/windows.js';
import { type Levels, judgedBySlice, processLevels } from './budget.js';
import { calibrate, noCalibration } from './calibration.js';
import { addLabels, noLabels } from './labels.js';
import { unitsOf } from './payload.js';
import { type Unusable, readWindow } from './read-window.js';
import type { GateRule } from './rules.js';
import { OTHER, sharedUnits } from './selection.js';
import { eventIsRule, fixSlices, noteSlices, partsOf } from './slices.js';
import { addToSplit } from './split-check.js';
import type { MetricState, Process, State } from './state.js';
import type { StepContext } from './types.js';

/** What never changes during a rollout. */
export interface Setting {
  plan: Plan;
  rules: Map<string, GateRule>;
  splitMetric: string | null;
}

export function newMetric(): MetricState {
  return {
    last: -1,
    windows: 0,
    unusable: { discarded: 0, noData: 0, sourceError: 0, badNumbers: 0 },
    trouble: null,
    asOfMs: 0,
    units: 0,
    unitsByShare: 0,
    calibration: noCalibration(),
    labels: noLabels(),
    slices: null,
    seen: [],
  };
}

/** True when the window changed what the judge knows of the open step. */
export function takeWindow(setting: Setting, state: State, window: Window): boolean {
  const spec = Object.hasOwn(setting.plan.metrics, window.metric) ? setting.plan.metrics[window.metric] : undefined;
  if (!spec) return false;
  const metric = (state.metrics[window.metric] ??= newMetric());
  if (!Number.isSafeInteger(window.index) || window.index < 0)
    return refuse(metric, window, 'badNumbers', 'its index is no whole number from 0 on');
  if (window.index <= metric.last) return false;
  metric.last = window.index;
  const { step } = state;
  const reading = readWindow(spec, window);
  if (reading.kind !== 'usable') return refuse(metric, window, reading.kind, reading.why);
  if (window.phase !== 'baseline' && window.startMs < metric.asOfMs)
    return refuse(metric, window, 'badNumbers', 'its startMs lies before the end of the window before it');
  if (step !== null && isTooEarly(step, window)) {
    metric.unusable.discarded += 1;
    return false;
  }
  calibrate(metric.calibration, spec, reading.cells);
  noteSlices(metric, reading.cells);
  if (step === null || window.phase === 'baseline') return false;
  metric.trouble = null;
  countStep(metric, window, reading.cells);
  state.asOfMs = Math.max(state.asOfMs, window.endMs);
  const users = spec.unit === 'user' ? spec.users : null;
  if (window.metric === setting.splitMetric) addToSplit(state.split, window.share, reading.cells, users);
  addLabels(metric.labels, window.share, reading.cells, users);
  feed(setting, state, step, metric, window, reading.cells);
  return true;
}

/** Counted, and said while it is the newest; nothing of it is evidence. */
function refuse(metric: MetricState, { phase }: Window, kind: Unusable, why: string): boolean {
  metric.unusable[kind] += 1;
  if (phase === 'baseline') return false;
  metric.trouble = { kind, why: why.slice(0, 160) };
  return true;
}

/** Windows that began in the warm-up are kept as evidence but never judged. */
function isTooEarly(step: StepContext, { phase, startMs }: Window): boolean {
  return step.mode === 'bake' && phase === 'bake' && startMs < step.judgedFromMs;
}

function countStep(metric: MetricState, window: Window, cells: readonly Cell[]): void {
  metric.windows += 1;
  metric.asOfMs = Math.max(metric.asOfMs, window.endMs);
  if (window.phase !== 'bake') return;
  metric.unitsByShare += sharedUnits(cells, 'candidate').units;
  for (const { arm, via, slice, payload } of cells)
    if (arm === 'candidate' && via !== 'none' && slice === null) metric.units += unitsOf(payload);
}

function feed(
  setting: Setting,
  state: State,
  step: StepContext,
  metric: MetricState,
  window: Window,
  cells: readonly Cell[],
): void {
  for (const gate of step.gates) {
    const rule = setting.rules.get(gate);
    if (!rule || rule.metric !== window.metric) continue;
    if (!state.processes.some((process) => process.gate === gate)) begin(state, rule, metric, step);
    for (const process of state.processes) {
      if (process.gate !== gate) continue;
      rule.kind.add(process.body, rule, {
        window,
        cells,
        slice: process.slice,
        named: metric.slices ?? [],
        calibration: metric.calibration,
        users: usersOf(state, rule, process),
        levels: levelsOf(rule, metric, process.slice),
      });
    }
  }
}

/** The processes of a gate are made when its first window is judged, for then the slices are known. */
function begin(state: State, rule: GateRule, metric: MetricState, step: StepContext): void {
  const bySlice = judgedBySlice(rule.spec);
  const slices = fixSlices(metric, rule.spec.slices !== null);
  const { merge } = metric.calibration.frozen;
  for (const slice of partsOf(slices, bySlice)) {
    const beginning = { slice, slices, merge, eventIsRule: eventIsRule(metric, slice) };
    const body = rule.kind.begin(rule, beginning);
    state.processes.push({ gate: rule.gate, slice, stage: step.stage, failed: null, passing: false, body });
  }
}

export function levelsOf(rule: GateRule, metric: MetricState, slice: string | null): Levels {
  return judgedBySlice(rule.spec) ? processLevels(rule.levels, slice, metric.slices ?? []) : rule.levels;
}

/** Users of a slice, by its part of the units; null where units are independent of one another. */
export function usersOf(state: State, rule: GateRule, { slice, body }: Process): number | null {
  if (rule.spec.unit !== 'user' || rule.spec.users === null) return null;
  if (slice === null) return rule.spec.users;
  const units = (of: object) => {
    const { baseline, candidate } = rule.kind.counted(of, 'rollback').units;
    return baseline + candidate;
  };
  const whole = state.processes.find((process) => process.gate === rule.gate && process.slice === null);
  const all = whole ? units(whole.body) : 0;
  return all > 0 ? Math.max(1, rule.spec.users * Math.min(1, units(body) / all)) : rule.spec.users;
}

/** `other` is judged once something is in it. */
export function isIdle(rule: GateRule, { slice, body }: Process): boolean {
  return slice === OTHER && rule.kind.counted(body, 'rollback').windows === 0;
}
