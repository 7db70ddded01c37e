/**
 * Recorded windows shown to the judge as they came: all windows of an index, then a look. Pure, sandbox-safe; never
 * throws on well-typed windows.
 */
import type { StepVerdict, VerdictKind } from '../../workflows/contract/verdicts.js';
import type { Window } from '../../workflows/contract/windows.js';
import type { Judge, JudgeState, StepContext } from '../types.js';
import type { Recorded } from './read.js';

/** What the judge says after the windows of one index. */
export interface Look {
  window: number;
  startMs: number;
  endMs: number;
  verdict: StepVerdict;
}

/** The first look that decides; gate and slice are those that failed, null for a pass. */
export interface Decision {
  window: number;
  verdict: Exclude<VerdictKind, 'inconclusive'>;
  gate: string | null;
  slice: string | null;
}

/** Baseline windows calibrate, the step opens, then one look for each index from the first on. */
export function* replay(judge: Judge, recorded: Recorded, step: StepContext): Generator<Look> {
  const state = judge.create();
  for (const { baseline } of recorded.metrics) for (const window of baseline) judge.update(state, window);
  judge.openStep(state, step);
  yield* looksAt(
    judge,
    state,
    recorded.metrics.flatMap(({ judged }) => judged),
  );
}

/**
 * Looks of a step that is open: one for each index, in order of time. Metrics of different sources may count their
 * windows differently (a scrape from 0, a query from the epoch), so time decides, not the index.
 */
export function* looksAt(judge: Judge, state: JudgeState, windows: readonly Window[]): Generator<Look> {
  for (const { window, startMs, endMs, together } of inOrder(windows)) {
    for (const each of together) judge.update(state, each);
    yield { window, startMs, endMs, verdict: judge.explain(state) };
  }
}

type Together = Omit<Look, 'verdict'> & { together: Window[] };

function inOrder(windows: readonly Window[]): Together[] {
  const byIndex = new Map<number, Together>();
  for (const each of windows) {
    const { index, startMs, endMs } = each;
    const known = byIndex.get(index) ?? { window: index, startMs, endMs, together: [] };
    known.startMs = Math.min(known.startMs, startMs);
    known.endMs = Math.max(known.endMs, endMs);
    known.together.push(each);
    byIndex.set(index, known);
  }
  return [...byIndex.values()].sort((a, b) => a.endMs - b.endMs || a.window - b.window);
}

export function decisionAt({ window, verdict }: Look): Decision | null {
  if (verdict.verdict === 'inconclusive') return null;
  const { gate, slice } = (verdict.verdict === 'fail' ? verdict.decidedBy : null) ?? { gate: null, slice: null };
  return { window, verdict: verdict.verdict, gate, slice };
}

/** When judged time begins: with the first window that is judged. */
export function judgedFrom(recorded: Recorded): number {
  const starts = recorded.metrics.flatMap(({ judged }) => (judged[0] ? [judged[0].startMs] : []));
  return starts.length > 0 ? Math.min(...starts) : 0;
}
