/**
 * The stored windows shown to the judge again, in the order in which a worker without memory meets them: the recorded
 * past, the steps before with their guards, then what the other watch of this step kept.
 */
import { setImmediate } from 'node:timers/promises';
import type { Judge, JudgeState, StepContext } from '../../judge/types.js';
import type { BakeInput } from '../../workflows/contract/activities.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import type { RolloutEvidence } from '../store/adapter.js';
import { PAST } from '../store/evidence-names.js';
import { contextOfKey } from './step-context.js';

/** Where windows are read from. */
export interface Kept {
  plan: Plan;
  evidence: Pick<RolloutEvidence, 'windows'>;
}

/** Where the windows of this bake are kept. */
export function directoryOf({ mode, key }: Pick<BakeInput, 'mode' | 'key'>): string {
  return `${{ bake: 'windows', guard: 'guard', after: 'after' }[mode]}/${key}`;
}

export interface Opening {
  /** Keys of the steps judged before, oldest first. */
  earlier: readonly string[];
  key: string;
  /** Of the step itself, in the mode in which it is opened. */
  own: StepContext;
}

/** Opens the step with all that was seen before it; its own windows are the caller's to show. Answers those of its other watch. */
export async function openAfresh(
  kept: Kept,
  judge: Judge,
  { earlier, key, own }: Opening,
): Promise<{ state: JudgeState; windows: number }> {
  const state = judge.create();
  // Before any step is opened: that is when the judge takes its yardsticks.
  await feed(judge, state, await storedIn(kept, PAST));
  for (const before of earlier) {
    const step = contextOfKey(kept.plan, before);
    if (!step) continue;
    for (const mode of ['bake', 'guard'] as const) {
      await show(kept, judge, state, { ...step, mode }, directoryOf({ mode, key: before }));
    }
  }
  const other = own.mode === 'bake' ? 'guard' : 'bake';
  const windows = await show(kept, judge, state, { ...own, mode: other }, directoryOf({ mode: other, key }));
  judge.openStep(state, own);
  return { state, windows };
}

/** Opens a step and shows it the windows of a directory; answers how many. */
export async function show(
  kept: Kept,
  judge: Judge,
  state: JudgeState,
  step: StepContext,
  directory: string,
): Promise<number> {
  judge.openStep(state, step);
  const inOrder = await storedIn(kept, directory);
  await feed(judge, state, inOrder);
  return inOrder.length;
}

/** At most some milliseconds of judging at a time: leases and heartbeats of other rollouts go on in between. */
const AT_ONCE = 200;

/** `looked` is told after the last window of each end, which is when a bake would look. */
export async function feed(
  judge: Judge,
  state: JudgeState,
  windows: readonly Window[],
  looked: () => void = () => undefined,
): Promise<void> {
  for (const [index, window] of windows.entries()) {
    judge.update(state, window);
    if (windows[index + 1]?.endMs !== window.endMs) looked();
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
  }
}

/** Windows of every metric, in the order of time. */
export async function storedIn({ plan, evidence }: Kept, directory: string): Promise<Window[]> {
  const stored = await Promise.all(Object.keys(plan.metrics).map((metric) => evidence.windows(directory, metric)));
  return stored.flat().sort((a, b) => a.endMs - b.endMs || a.index - b.index);
}
