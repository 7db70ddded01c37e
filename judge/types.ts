/** What the judge takes and gives beside windows and verdicts. Pure: no I/O, no clock. */
import type { GateTree, Plan } from '../workflows/contract/plan.js';
import type { StepVerdict, VerdictKind } from '../workflows/contract/verdicts.js';
import type { Window } from '../workflows/contract/windows.js';

/** Where in the rollout the judge stands: which gates count, which process starts afresh. */
export interface StepContext {
  stage: string;
  step: number;
  /** Share in force; 0 with cohorts only, and comparative gates are then carried. */
  share: number;
  /** True when a randomised control exists in this step: 0 < share < 1. */
  randomised: boolean;
  gates: string[];
  /** Which of them must pass; absent: all. */
  passWhen?: GateTree;
  minUnits: number;
  minMs: number;
  /** Start of judged time: bake start plus warm-up. */
  judgedFromMs: number;
  mode: 'bake' | 'guard' | 'after';
}

/** Compact, JSON-safe, at most 1 KB per gate and slice. */
export interface JudgeState {
  version: 1;
  [key: string]: unknown;
}

export interface Judge {
  /** Fresh state at the beginning of a rollout. */
  create(): JudgeState;
  /** Opens a step: rollback processes go on, promotion processes start afresh with each stage, minimum bake and units with each step. */
  openStep(state: JudgeState, step: StepContext): void;
  /** Adds one window; the same index again, or an older one, changes nothing. Never throws on a well-typed window. */
  update(state: JudgeState, window: Window): void;
  /** What the last look came to; cheap, for those who look at every window. */
  verdict(state: JudgeState): VerdictKind;
  /** Verdict on everything seen so far. Pure of clock: times come from windows. */
  explain(state: JudgeState): StepVerdict;
}

export type MakeJudge = (plan: Plan) => Judge;
