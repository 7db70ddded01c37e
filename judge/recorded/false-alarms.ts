/**
 * How often gates roll back a model that is compared with itself: each history is split in two at random, again and
 * again, and judged as one long bake. Pure, sandbox-safe; seeded.
 */
import type { Window } from '../../workflows/contract/windows.js';
import type { Judge, JudgeState, StepContext } from '../types.js';
import { seededBits } from '../numerics/seeded.js';
import { type CounterRule, rolledBackBy } from './counter-rule.js';
import { splitInTwo } from './split.js';

/** The history of one metric: all of it in one arm. */
export interface MetricHistory {
  metric: string;
  /** Shown before the step opens, whole, as a stage finds the baseline before it. */
  calibration: readonly Window[];
  judged: readonly Window[];
}

export interface Alarm {
  /** Windows judged until then, the alarming one included. */
  windows: number;
  atMs: number;
}

/** What happened in one split; null: nothing was rolled back. */
export interface SplitOutcome {
  seed: number;
  gates: Record<string, Alarm | null>;
  /** By metric, for those the rule can be asked of. */
  counterRule: Record<string, Alarm | null>;
}

export interface Trial {
  judge: Judge;
  step: StepContext;
  histories: readonly MetricHistory[];
  /** Metrics the counter rule is asked of. */
  ruled: readonly string[];
  rule: CounterRule;
}

export function outcomeOfSplit({ judge, step, histories, ruled, rule }: Trial, seed: number): SplitOutcome {
  const bits = seededBits(seed);
  const split = new Map(histories.map(({ metric, judged }) => [metric, splitInTwo(judged, bits)]));
  const state = judge.create();
  for (const { calibration } of histories) for (const window of calibration) judge.update(state, window);
  judge.openStep(state, step);
  const windows = [...split.values()].flat().sort((a, b) => a.endMs - b.endMs);
  const began = Math.min(...windows.map(({ startMs }) => startMs));
  const alarm = (atMs: number): Alarm => ({ windows: distinctEnds(windows, atMs), atMs });
  const failed = failuresIn(judge, state, windows);
  const counterRule = ruled.map((metric) => {
    const window = rolledBackBy(split.get(metric) ?? [], rule);
    return [metric, window && alarm(window.endMs)] as const;
  });
  return {
    seed,
    gates: Object.fromEntries(
      step.gates.map((gate) => [gate, failed.has(gate) ? alarm(failed.get(gate) ?? began) : null]),
    ),
    counterRule: Object.fromEntries(counterRule),
  };
}

/** Metrics have windows of their own; what a person counts is how many times there was something new. */
function distinctEnds(windows: readonly Window[], untilMs: number): number {
  return new Set(windows.flatMap(({ endMs }) => (endMs <= untilMs ? [endMs] : []))).size;
}

/** Windows between two looks at who has failed; where somebody has, they are gone through again one by one. */
const BLOCK = 120;

/** When each gate failed first, by its window's end. */
function failuresIn(judge: Judge, state: JudgeState, windows: readonly Window[]): Map<string, number> {
  const failed = new Map<string, number>();
  for (let from = 0; from < windows.length; from += BLOCK) {
    const block = windows.slice(from, from + BLOCK);
    const before = structuredClone(state);
    for (const window of block) judge.update(state, window);
    const news = failing(judge, state).filter((gate) => !failed.has(gate));
    for (const gate of news) failed.set(gate, firstFailure(judge, structuredClone(before), block, gate));
  }
  return failed;
}

function failing(judge: Judge, state: JudgeState): string[] {
  if (judge.verdict(state) !== 'fail') return [];
  return judge.explain(state).gates.flatMap(({ gate, verdict }) => (verdict === 'fail' ? [gate] : []));
}

function firstFailure(judge: Judge, state: JudgeState, block: readonly Window[], gate: string): number {
  for (const window of block) {
    judge.update(state, window);
    if (failing(judge, state).includes(gate)) return window.endMs;
  }
  return block.at(-1)?.endMs ?? 0;
}
