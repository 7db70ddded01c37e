/**
 * A recorded verdict judged again from the recorded windows, shown to the judge in the order in which a worker that had
 * lost its memory would show them: the past, earlier steps with their guards, then this step. Pure.
 */
import { makeJudge } from '../judge/judge.js';
import type { StepContext } from '../judge/types.js';
import { requiredWithout } from '../judge/waiver.js';
import type { Json } from '../workflows/contract/journal.js';
import type { Plan, StageSpec } from '../workflows/contract/plan.js';
import type { StepVerdict } from '../workflows/contract/verdicts.js';
import type { Window } from '../workflows/contract/windows.js';
import { type Dossier, windowDirectories, windowsIn } from './dossier.js';
import { type Passage, type Place, placesOf } from './walk.js';

/** Where the windows of one bake or guard lie. */
interface Directory {
  path: string;
  phase: 'windows' | 'guard' | 'after';
  stage: string;
  step: number;
  attempt: number;
}

export type Rejudged =
  | { kind: 'same'; verdict: StepVerdict }
  | { kind: 'differs'; verdict: StepVerdict }
  /** The windows it stood on are not there. */
  | { kind: 'missing' };

/** `entry` is a verdict that passed or failed. Windows that came after it are left out where that can be told. */
export function rejudge(dossier: Dossier, plan: Plan, passage: Passage, sinceMs: number): Rejudged {
  let last: Rejudged = { kind: 'missing' };
  for (const directory of directoriesFor(dossier, plan, passage)) {
    for (const untilMs of [Number.MAX_SAFE_INTEGER, passage.entry.atMs]) {
      const verdict = judgeAgain(dossier, plan, passage, { directory, sinceMs, untilMs });
      if (agrees(verdict, passage.entry.details)) return { kind: 'same', verdict };
      last = { kind: 'differs', verdict };
    }
  }
  return last;
}

/** The same answer for the same reason. */
function agrees({ verdict, decidedBy }: StepVerdict, details: { [key: string]: Json }): boolean {
  if (verdict !== details['verdict']) return false;
  if (verdict !== 'fail') return true;
  return (decidedBy?.gate ?? null) === details['gate'] && (decidedBy?.slice ?? null) === details['slice'];
}

/** Those that hold the last window the verdict speaks of, newest first; where none does, all that could be meant. */
function directoriesFor(dossier: Dossier, plan: Plan, { at, isPromoted, entry }: Passage): Directory[] {
  if (!at) return [];
  const places = placesOf(plan);
  const next = places[at.index + 1];
  const isPass = entry.details['verdict'] === 'pass';
  const isMeant = (directory: Directory): boolean => {
    if (directory.phase === 'after') return isPromoted && !isPass;
    if (directory.stage === at.stage && directory.step === at.step) return !isPass || directory.phase === 'windows';
    // While people decide on the next step, the guard keeps its windows under that step's name.
    return !isPass && directory.phase === 'guard' && directory.stage === next?.stage && directory.attempt === 0;
  };
  const meant = directoriesIn(dossier).filter(isMeant).reverse();
  const asOfMs = entry.details['asOfMs'];
  const exact = meant.filter(({ path }) => windowsIn(dossier, path).some(({ endMs }) => endMs === asOfMs));
  return exact.length > 0 ? exact : meant;
}

function directoriesIn(dossier: Dossier): Directory[] {
  const read = windowDirectories(dossier).map((path) => {
    const [, phase, stage = '', step, attempt] = /^(\w+)\/(.+)-(\d+)-(\d+)$/.exec(path) ?? [];
    return { path, phase: phase as Directory['phase'], stage, step: Number(step), attempt: Number(attempt) };
  });
  return read.filter(({ stage }) => stage !== '').sort((a, b) => a.attempt - b.attempt);
}

interface Cut {
  directory: Directory;
  /** When the exposure came into force. */
  sinceMs: number;
  /** Windows that closed after this are not shown. */
  untilMs: number;
}

function judgeAgain(dossier: Dossier, plan: Plan, passage: Passage, cut: Cut): StepVerdict {
  const judge = makeJudge(plan);
  const state = judge.create();
  const feed = (windows: readonly Window[]): void => {
    for (const window of windows) judge.update(state, window);
  };
  feed(windowsIn(dossier, 'past'));
  for (const { context, directory } of earlierOf(dossier, plan, passage, cut.directory)) {
    judge.openStep(state, context);
    feed(windowsIn(dossier, directory));
  }
  const own = contextOf(dossier, plan, passage, cut);
  const { stage, step, attempt, phase } = cut.directory;
  const beside = phase === 'windows' ? 'guard' : 'windows';
  judge.openStep(state, { ...own, mode: phase === 'windows' ? 'guard' : 'bake' });
  feed(closedBy(plan, windowsIn(dossier, `${beside}/${stage}-${step}-${attempt}`), cut.untilMs));
  judge.openStep(state, own);
  feed(closedBy(plan, windowsIn(dossier, cut.directory.path), cut.untilMs));
  return judge.explain(state);
}

/** A window closes when its outcomes have settled. */
function closedBy(plan: Plan, windows: readonly Window[], untilMs: number): Window[] {
  return windows.filter(({ metric, endMs }) => {
    const source = plan.sources[plan.metrics[metric]?.from ?? ''];
    return endMs + (source?.settleMs ?? 0) <= untilMs;
  });
}

/** Steps judged before, oldest first: each bake, then its guard. */
function earlierOf(
  dossier: Dossier,
  plan: Plan,
  { at }: Passage,
  own: Directory,
): { context: StepContext; directory: string }[] {
  const places = placesOf(plan);
  const placeOf = ({ stage, step }: Directory): number =>
    places.find((place) => place.stage === stage && place.step === step)?.index ?? places.length;
  const isOwn = ({ stage, step }: Directory): boolean => stage === at?.stage && step === at.step;
  const isBefore = (directory: Directory): boolean => {
    if (directory.phase !== 'windows') return false;
    if (isOwn(directory) && isOwn(own)) return directory.attempt < own.attempt;
    return placeOf(directory) <= (at?.index ?? -1);
  };
  const before = directoriesIn(dossier).filter(isBefore);
  before.sort((a, b) => placeOf(a) - placeOf(b) || a.attempt - b.attempt);
  return before.flatMap(({ stage, step, attempt }) => {
    const place = places.find((each) => each.stage === stage && each.step === step);
    if (!place) return [];
    return (['bake', 'guard'] as const).map((mode) => ({
      context: contextAt(plan, place, { mode, sinceMs: 0 }),
      directory: `${mode === 'bake' ? 'windows' : 'guard'}/${stage}-${step}-${attempt}`,
    }));
  });
}

function contextOf(dossier: Dossier, plan: Plan, { at }: Passage, { directory, sinceMs }: Cut): StepContext {
  const mode = ({ windows: 'bake', guard: 'guard', after: 'after' } as const)[directory.phase];
  const place = at ?? { stage: '', step: 0, index: 0, exposure: { share: 0, cohorts: [] } };
  const context = contextAt(plan, place, { mode, sinceMs });
  if (mode === 'after') return { ...context, gates: plan.after?.gates ?? [] };
  const emergency = dossier.admission?.breakGlass ?? null;
  const waive = emergency && place.exposure.share <= emergency.cap ? emergency.waive : [];
  const stage = stageOf(plan, place);
  const passWhen = mode === 'bake' && stage ? requiredWithout(stage, waive) : undefined;
  return passWhen === undefined ? context : { ...context, passWhen };
}

function stageOf(plan: Plan, { stage }: Place): StageSpec | undefined {
  return plan.stages.find(({ name }) => name === stage);
}

function contextAt(plan: Plan, place: Place, { mode, sinceMs }: Pick<StepContext, 'mode'> & { sinceMs: number }) {
  const stage = stageOf(plan, place);
  const { share } = place.exposure;
  return {
    stage: place.stage,
    step: place.step,
    share,
    randomised: share > 0 && share < 1,
    gates: stage?.gates ?? [],
    ...(mode === 'bake' && stage?.passWhen !== undefined && { passWhen: stage.passWhen }),
    minUnits: stage?.bake.minUnits ?? 0,
    minMs: stage?.bake.minMs ?? 0,
    judgedFromMs: sinceMs + (stage?.bake.warmupMs ?? 0),
    mode,
  } satisfies StepContext;
}
