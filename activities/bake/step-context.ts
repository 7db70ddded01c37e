/** What the judge must know of a step before it is shown the step's windows. Pure. */
import type { StepContext } from '../../judge/types.js';
import { requiredWithout } from '../../judge/waiver.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';

export interface Place {
  gates: string[];
  share: number;
  step: number;
  /** Start of judged time without the warm-up, unix milliseconds. */
  sinceMs: number;
  mode: StepContext['mode'];
  /** Gates of an emergency start that need not pass here. */
  waive: readonly string[];
}

export function contextAt(stage: StageSpec | undefined, place: Place): StepContext {
  const { gates, share, step, sinceMs, mode, waive } = place;
  // Only a bake can pass; whatever fails in guard or after rolls back.
  const passWhen = mode === 'bake' && stage ? requiredWithout(stage, waive) : undefined;
  return {
    stage: stage?.name ?? 'after',
    step,
    share,
    randomised: share > 0 && share < 1,
    gates,
    ...(passWhen !== undefined && { passWhen }),
    minUnits: stage?.bake.minUnits ?? 0,
    minMs: stage?.bake.minMs ?? 0,
    judgedFromMs: sinceMs + (stage?.bake.warmupMs ?? 0),
    mode,
  };
}

/** Of a step by its key `<stage>-<step>-<try>`, as it was judged before; null: the plan has no such step. */
export function contextOfKey(plan: Plan, key: string): StepContext | null {
  const [, name, step] = /^(.+)-(\d+)-\d+$/.exec(key) ?? [];
  const stage = plan.stages.find((candidate) => candidate.name === name);
  const exposure = stage?.steps[Number(step)];
  if (!stage || !exposure) return null;
  const { gates } = stage;
  return contextAt(stage, { gates, share: exposure.share, step: Number(step), sinceMs: 0, mode: 'bake', waive: [] });
}
