/** The steps of a past rollout as its evidence is laid out, and which gates a policy asks at each. Pure. */
import type { GateSpec, Plan } from '../../workflows/contract/plan.js';
import type { Asked, LoadedGates, Wanted } from './gates.js';

export interface PastStep {
  /** Directory of its windows: `windows/beta-0-1`, `guard/...`, `after/...`. */
  key: string;
  /** For people: `beta step 1`. */
  name: string;
  stage: string;
  step: number;
  attempt: number;
  mode: 'bake' | 'guard' | 'after';
}

const MODES: Record<string, PastStep['mode']> = { windows: 'bake', guard: 'guard', after: 'after' };
const ORDER: readonly PastStep['mode'][] = ['bake', 'guard', 'after'];

/** In the order in which they were: by stage of the plan, step, attempt; a bake before its guard; the phase after last. */
export function stepsIn(keys: readonly string[], plan: Plan): PastStep[] {
  const stages = plan.stages.map(({ name }) => name);
  const place = ({ stage, mode }: PastStep) =>
    mode === 'after' || !stages.includes(stage) ? stages.length : stages.indexOf(stage);
  return keys
    .flatMap((key) => stepOf(key, plan))
    .sort(
      (a, b) =>
        place(a) - place(b) ||
        a.step - b.step ||
        a.attempt - b.attempt ||
        ORDER.indexOf(a.mode) - ORDER.indexOf(b.mode),
    );
}

function stepOf(key: string, plan: Plan): PastStep[] {
  const [, phase = '', stage = '', step, attempt] = /^(\w+)\/(.+)-(\d+)-(\d+)$/.exec(key) ?? [];
  const mode = MODES[phase];
  if (mode === undefined) return [];
  const several = (plan.stages.find((each) => each.name === stage)?.steps.length ?? 1) > 1;
  const again = Number(attempt) > 1 ? `, attempt ${attempt}` : '';
  const where = mode === 'after' ? 'after promotion' : `${stage}${several ? ` step ${Number(step) + 1}` : ''}${again}`;
  const name = mode === 'guard' ? `${where}, guarded` : where;
  return [{ key, name, stage: mode === 'after' ? 'after' : stage, step: Number(step), attempt: Number(attempt), mode }];
}

export interface Policy {
  gates: LoadedGates;
  /** The plan the rollout went by. */
  past: Plan;
  wanted: Wanted;
}

/**
 * A whole plan asks at a stage what it says there. Gates alone are asked where the rollout asked gates of their names; a
 * new one wherever it can be judged. `comparable` says whether a comparison has, or had, a control.
 */
export function askedAt(
  { gates, past, wanted }: Policy,
  { stage, mode }: PastStep,
  comparable: (gate: string) => boolean,
): Omit<Asked, 'by'> {
  const { plan, whole } = gates;
  const [own, then] = [plan, past].map(({ stages }) => stages.find(({ name }) => name === stage));
  const pastGates = mode === 'after' ? (past.after?.gates ?? []) : (then?.gates ?? []);
  const ownGates = mode === 'after' ? plan.after?.gates : own?.gates;
  const isAsked = (gate: string) =>
    Object.hasOwn(past.gates, gate) ? pastGates.includes(gate) : !compares(plan.gates[gate]) || comparable(gate);
  const asked = whole ? (ownGates ?? []) : Object.keys(plan.gates).filter(isAsked);
  const chosen = wanted.gates.length > 0 ? asked.filter((gate) => wanted.gates.includes(gate)) : asked;
  const { minUnits, minMs } = (whole ? own : then)?.bake ?? { minUnits: 0, minMs: 0 };
  const tree = whole && wanted.gates.length === 0 && mode === 'bake' ? own?.passWhen : undefined;
  return {
    stage,
    gates: chosen,
    ...(tree === undefined ? {} : { passWhen: tree }),
    minUnits: wanted.minUnits ?? minUnits,
    minMs: wanted.minBakeMs ?? minMs,
  };
}

function compares(gate: GateSpec | undefined): boolean {
  return [gate?.promoteWhen, gate?.rollbackWhen].some(
    (when) => when && ('provenWithin' in when || 'provenBetterBy' in when || 'provenWorseBy' in when),
  );
}
