/**
 * What a look remembers of those before. The heartbeat is a cache: lost, stale or another bake's, everything is rebuilt
 * by showing the judge the stored windows again, in order: the recorded past first.
 */
import type { Judge, JudgeState, StepContext } from '../../judge/types.js';
import type { BakeHeartbeat, BakeInput } from '../../workflows/contract/activities.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { PAST } from '../store/evidence-names.js';
import type { Look } from './bake.js';
import { setAside } from './heartbeat.js';

export interface Memory {
  judge: JudgeState;
  heartbeat: BakeHeartbeat;
}

/** Where the windows of this bake are kept. */
export function directoryOf(input: Pick<BakeInput, 'mode' | 'key'>): string {
  return `${{ bake: 'windows', guard: 'guard', after: 'after' }[input.mode]}/${input.key}`;
}

/** Raw pages of bake and guard follow one another, so that no traffic counts twice when a bake is parked and resumed. */
export function pagesOf(input: Pick<BakeInput, 'key'>): string {
  return `windows/${input.key}`;
}

export async function memoryOf(look: Look, judge: Judge, remembered: unknown): Promise<Memory> {
  const of = identity(look.input);
  const kept = remembered as BakeHeartbeat | undefined;
  const state = kept?.version === 1 && kept.of === of ? (kept.judge ?? (await setAside(look, kept))) : null;
  return kept && state ? { judge: state as JudgeState, heartbeat: kept } : rebuild(look, judge, of);
}

function identity(input: BakeInput): string {
  return `${input.planDigest}/${input.mode}/${input.key}/${input.sinceMs}`;
}

async function rebuild(look: Look, judge: Judge, of: string): Promise<Memory> {
  const { input, plan } = look;
  const state = judge.create();
  // Before any step is opened: that is when the judge takes its yardsticks.
  for (const window of await storedIn(look, PAST)) judge.update(state, window);
  for (const key of input.earlier) {
    const step = stepOf(plan, key);
    if (!step) continue;
    for (const mode of ['bake', 'guard'] as const) await replay(look, judge, state, { ...step, mode }, { mode, key });
  }
  const own = contextOf(input, plan);
  let windows = 0;
  const other = input.mode === 'bake' ? 'guard' : 'bake';
  windows += await replay(look, judge, state, { ...own, mode: other }, { mode: other, key: input.key });
  windows += await replay(look, judge, state, own, input);
  return { judge: state, heartbeat: blank(input, of, await cursors(look), windows) };
}

async function replay(
  look: Look,
  judge: Judge,
  state: JudgeState,
  step: StepContext,
  from: Pick<BakeInput, 'mode' | 'key'>,
): Promise<number> {
  judge.openStep(state, step);
  const inOrder = await storedIn(look, directoryOf(from));
  for (const window of inOrder) judge.update(state, window);
  return inOrder.length;
}

/** Windows of every metric, in the order of time. */
async function storedIn({ plan, evidence }: Look, directory: string): Promise<Window[]> {
  const stored = await Promise.all(Object.keys(plan.metrics).map((metric) => evidence.windows(directory, metric)));
  return stored.flat().sort((a, b) => a.endMs - b.endMs || a.index - b.index);
}

/** The next window of a source is the one after the newest stored, by whichever mode. */
async function cursors(look: Look): Promise<Record<string, number>> {
  const cursor: Record<string, number> = {};
  for (const [name] of Object.entries(look.plan.sources)) {
    const metrics = Object.entries(look.plan.metrics).filter(([, metric]) => metric.from === name);
    const newest = await Promise.all(
      metrics.flatMap(([metric]) =>
        (['bake', 'guard', 'after'] as const).map((mode) =>
          look.evidence.windows(directoryOf({ mode, key: look.input.key }), metric),
        ),
      ),
    );
    const last = Math.max(-1, ...newest.flat().map((window: Window) => window.index));
    if (last >= 0) cursor[name] = last + 1;
  }
  return cursor;
}

function blank(input: BakeInput, of: string, cursor: Record<string, number>, windows: number): BakeHeartbeat {
  return {
    version: 1,
    of,
    cursor,
    silentSinceMs: {},
    suspect: input.known.armWrong,
    windows,
    judge: null,
    verdict: null,
    conditions: input.known,
    observed: null,
    leaseUntilMs: null,
    atMs: 0,
  };
}

/** What the judge must know of the step being looked at. */
function contextOf(input: BakeInput, plan: Plan): StepContext {
  const stage = plan.stages.find((candidate) => candidate.name === input.stage);
  const gates = input.mode === 'after' ? (plan.after?.gates ?? []) : (stage?.gates ?? []);
  return context(stage, {
    gates,
    share: input.exposure.share,
    step: input.step,
    sinceMs: input.sinceMs,
    mode: input.mode,
  });
}

function stepOf(plan: Plan, key: string): StepContext | null {
  const [, name, step] = /^(.+)-(\d+)-\d+$/.exec(key) ?? [];
  const stage = plan.stages.find((candidate) => candidate.name === name);
  const exposure = stage?.steps[Number(step)];
  if (!stage || !exposure) return null;
  return context(stage, { gates: stage.gates, share: exposure.share, step: Number(step), sinceMs: 0, mode: 'bake' });
}

type Place = { gates: string[]; share: number; step: number; sinceMs: number; mode: StepContext['mode'] };

function context(stage: StageSpec | undefined, place: Place): StepContext {
  const { gates, share, step, sinceMs, mode } = place;
  return {
    stage: stage?.name ?? 'after',
    step,
    share,
    randomised: share > 0 && share < 1,
    gates,
    // Only a bake can pass; whatever fails in guard or after rolls back.
    ...(mode === 'bake' && stage?.passWhen !== undefined && { passWhen: stage.passWhen }),
    minUnits: stage?.bake.minUnits ?? 0,
    minMs: stage?.bake.minMs ?? 0,
    judgedFromMs: sinceMs + (stage?.bake.warmupMs ?? 0),
    mode,
  };
}
