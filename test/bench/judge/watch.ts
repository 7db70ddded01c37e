/** One judge watching one stream, minute by minute, until it decides. */
import { makeJudge } from '../../../judge/judge.js';
import type { Judge, JudgeState, StepContext } from '../../../judge/types.js';
import type { GateSpec, MetricSpec, Plan } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import { STAGE, aPlan } from '../../support/plans.js';
import type { Kind } from './streams/kinds.js';
import type { StreamClass } from './streams/noise.js';
import { METRIC, MINUTE_MS, SHARE, type Stream } from './streams/stream.js';

/** Minutes of the baseline alone that calibrate the judge. */
export const RECORDED = 240;
/** Longest bake of the plan where nothing else is said: the judge's lanes are tuned for it. */
const BAKE_MINUTES = 240;
export const GATE = 'watched';
export const BUDGET = { rollback: 0.02, promote: 0.05 };

export interface Question {
  spec: MetricSpec;
  gate: GateSpec;
  bakeMinutes?: number;
  /** Gates asked of the metric; all the same. */
  gates?: readonly string[];
}

/** The gate under test for a kind, with what the plan knows of the stream's users. */
export function questionOf(kind: Kind, of: StreamClass, change: Partial<GateSpec> = {}): Question {
  return { spec: kind.spec(of), gate: { ...kind.gate, ...change } };
}

export function planOf({ spec, gate, bakeMinutes = BAKE_MINUTES, gates = [GATE] }: Question): Plan {
  const stage = STAGE.general();
  return aPlan({
    sources: { traffic: { kind: 'scrape', connection: 'bench', windowMs: MINUTE_MS, settleMs: 0 } },
    metrics: { [METRIC]: spec },
    gates: Object.fromEntries(gates.map((name) => [name, gate])),
    falseAlarms: BUDGET,
    stages: [{ ...stage, gates: [...gates], bake: { ...stage.bake, maxMs: bakeMinutes * MINUTE_MS } }],
  });
}

export type Mode = 'bake' | 'guard';

/** The judge of a question, made when it is first asked for. */
export function judgeOf(question: Question): () => Judge {
  let judge: Judge | null = null;
  return () => (judge ??= makeJudge(planOf(question)));
}

/** A fresh state that has seen the recorded minutes and stands at the opening of the stage. */
export function opened(judge: Judge, stream: Stream, mode: Mode, change: Partial<StepContext> = {}): JudgeState {
  const state = judge.create();
  for (let minute = 0; minute < RECORDED; minute += 1) judge.update(state, stream.before());
  judge.openStep(state, {
    stage: 'general',
    step: 0,
    share: SHARE,
    randomised: true,
    gates: [GATE],
    minUnits: 0,
    minMs: 0,
    judgedFromMs: RECORDED * MINUTE_MS,
    mode,
    ...change,
  });
  return state;
}

/** For rules that need no past: the stream then goes on as it does for our judge. */
export function skipRecorded(stream: Stream): void {
  for (let minute = 0; minute < RECORDED; minute += 1) stream.before();
}

/** The look at which the judge first says `until`; infinity: not within `looks`. */
export function looksUntil(judge: Judge, state: JudgeState, stream: Stream, until: VerdictKind, looks: number): number {
  for (let look = 1; look <= looks; look += 1) {
    judge.update(state, stream.next());
    if (judge.verdict(state) === until) return look;
  }
  return Number.POSITIVE_INFINITY;
}
