/**
 * What a look remembers of those before. The heartbeat is a cache: lost, stale or another bake's, everything is rebuilt
 * by showing the judge the stored windows again, in order: the recorded past first.
 */
import type { Judge, JudgeState, StepContext } from '../../judge/types.js';
import type { BakeHeartbeat, BakeInput } from '../../workflows/contract/activities.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import type { Look } from './bake.js';
import { setAside } from './heartbeat.js';
import { directoryOf, feed, openAfresh, storedIn } from './showing.js';
import { contextAt } from './step-context.js';

export interface Memory {
  judge: JudgeState;
  heartbeat: BakeHeartbeat;
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
  const { earlier, key } = input;
  const { state, windows: besides } = await openAfresh(look, judge, { earlier, key, own: contextOf(input, plan) });
  const own = await storedIn(look, directoryOf(input));
  await feed(judge, state, own);
  return { judge: state, heartbeat: blank(input, of, await cursors(look), besides + own.length) };
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
    const last = newest.flat().reduce((most, { index }: Window) => Math.max(most, index), -1);
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
function contextOf({ mode, stage: name, step, exposure, sinceMs, waive }: BakeInput, plan: Plan): StepContext {
  const stage = plan.stages.find((candidate) => candidate.name === name);
  const gates = mode === 'after' ? (plan.after?.gates ?? []) : (stage?.gates ?? []);
  return contextAt(stage, { gates, share: exposure.share, step, sinceMs, mode, waive });
}
