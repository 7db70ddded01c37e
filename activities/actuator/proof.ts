/** Has a step passed? Found out anew, from the windows that bakes wrote: what the workflow says of it is not asked. */
import { type Place, placesOf } from '../../evidence/walk.js';
import { makeJudge } from '../../judge/judge.js';
import type { StepContext } from '../../judge/types.js';
import { stepKey } from '../../workflows/contract/ids.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { TOO_EARLY, WARMING_UP } from '../bake/collect.js';
import { directoryOf, feed, openAfresh, show, storedIn } from '../bake/showing.js';
import { contextAt } from '../bake/step-context.js';
import type { ActivityDeps } from '../deps.js';
import { failure } from '../failures.js';
import { acrossAttempts } from './across-attempts.js';
import type { Pinned } from './pinned.js';

/**
 * Throws notProven unless some try of the step passed at some look, and nothing it kept since proves harm. `next` is what
 * would follow: while people decide on it, the guard keeps its windows under that name.
 */
export async function checkProof(deps: ActivityDeps, pinned: Pinned, step: Place, next: Place | null): Promise<void> {
  const { rolloutId } = pinned.admission.target;
  const work = `the proof of ${stepKey(step.stage, step.step, 0)} of ${rolloutId}`;
  const found = await acrossAttempts(deps, work, () => findProof(pinned, step, next));
  if (found === 'harm') throw notProven(step, 'the windows kept since its pass prove harm');
  if (found === 'undecided') throw notProven(step, 'its windows do not prove a pass');
}

type Found = 'passed' | 'harm' | 'undecided';

/** The newest try first: it is the one that led here. */
async function findProof(pinned: Pinned, step: Place, next: Place | null): Promise<Found> {
  const tries = await triesUpTo(pinned, step);
  for (const [index, own] of [...tries.entries()].reverse()) {
    if (own.place.index !== step.index) break;
    const earlier = tries.slice(0, index).map(({ key }) => key);
    const found = await judgeAgain(pinned, { step, next, key: own.key, earlier });
    if (found !== 'undecided') return found;
  }
  return 'undecided';
}

interface Try {
  place: Place;
  key: string;
  nth: number;
}

/** Every try of this step and of those before it, in order. */
async function triesUpTo({ plan, evidence }: Pinned, step: Place): Promise<Try[]> {
  const places = placesOf(plan).filter(({ index }) => index <= step.index);
  const tries = (await evidence.bakeKeys()).flatMap((path): Try[] => {
    const [, stage, number, nth] = /^windows\/(.+)-(\d+)-(\d+)$/.exec(path) ?? [];
    const place = places.find((each) => each.stage === stage && each.step === Number(number));
    return place ? [{ place, nth: Number(nth), key: stepKey(place.stage, place.step, Number(nth)) }] : [];
  });
  return tries.sort((a, b) => a.place.index - b.place.index || a.nth - b.nth);
}

interface Again {
  step: Place;
  next: Place | null;
  key: string;
  earlier: string[];
}

async function judgeAgain(pinned: Pinned, { step, next, key, earlier }: Again): Promise<Found> {
  const windows = await storedIn(pinned, directoryOf({ mode: 'bake', key }));
  if (windows.length === 0) return 'undecided';
  const judge = makeJudge(pinned.plan);
  const own = contextOf(pinned, step, windows);
  const { state } = await openAfresh(pinned, judge, { earlier, key, own });
  let hasPassed = false;
  await feed(judge, state, windows, () => {
    hasPassed ||= judge.verdict(state) === 'pass';
  });
  if (!hasPassed) return 'undecided';
  if (judge.verdict(state) === 'fail') return 'harm';
  const guarded = directoryOf({ mode: 'guard', key: next ? stepKey(next.stage, next.step, 0) : AFTER });
  await show(pinned, judge, state, { ...own, mode: 'guard' }, guarded);
  return judge.explain(state).verdict === 'fail' ? 'harm' : 'passed';
}

/** Where the guard before promotion keeps its windows. */
const AFTER = stepKey('after', 0, 0);

function contextOf(
  { plan, admission }: Pinned,
  { stage: name, step, exposure }: Place,
  windows: Window[],
): StepContext {
  const stage = plan.stages.find((candidate) => candidate.name === name);
  const { breakGlass } = admission;
  const waive = breakGlass && exposure.share <= breakGlass.cap ? breakGlass.waive : [];
  const place = { gates: stage?.gates ?? [], share: exposure.share, step, sinceMs: 0, mode: 'bake', waive } as const;
  return { ...contextAt(stage, place), judgedFromMs: judgedFrom(plan, windows) };
}

/**
 * When judged time began, as the windows tell: after the last that came too early. The bake knew it to the millisecond;
 * this is at most one window before.
 */
function judgedFrom(plan: Plan, windows: readonly Window[]): number {
  const isEarly = ({ discarded }: Window): boolean => discarded === TOO_EARLY || discarded === WARMING_UP;
  const starts = (of: readonly Window[]): number[] => of.map(({ startMs }) => startMs).sort((a, b) => a - b);
  const first = starts(windows.filter((window) => !isEarly(window)))[0] ?? Number.MAX_SAFE_INTEGER;
  const early = starts(windows.filter((window) => isEarly(window) && window.startMs < first)).at(-1);
  if (early !== undefined) return early + 1;
  return first - Math.max(...Object.values(plan.sources).map(({ windowMs }) => windowMs));
}

function notProven({ stage, step }: Place, why: string): Error {
  return failure('notProven', `Stage ${stage} step ${step + 1} is not proven to have passed: ${why}.`);
}
