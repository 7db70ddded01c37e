/**
 * One step of a rollout, simulated: drawn windows shown to the product's own judge until it decides or `max` is over.
 * Pure, sandbox-safe.
 */
import type { MetricSpec, SourceSpec, StageSpec } from '../../workflows/contract/plan.js';
import type { Judge, JudgeState } from '../types.js';
import type { Random } from '../numerics/seeded.js';
import { type Arms, drawWindow } from './stream.js';

/** One step and the gates asked in it. */
export interface Site {
  stage: StageSpec;
  index: number;
  share: number;
  gates: string[];
}

/** One metric's windows; `merge` of them are shown as one, so that long bakes stay cheap. */
export interface Feed {
  name: string;
  metric: MetricSpec;
  source: SourceSpec;
  arms: Arms;
  merge: number;
}

export interface Baked {
  /** After the start of the bake; null: not within `max`. */
  passedMs: number | null;
  failedMs: number | null;
  looks: number;
}

/** `decision`: the bake is over with the first verdict. `fail`: it is watched on after a pass, as guards do. */
export type Until = 'decision' | 'fail';

/** Looks of one metric that are of one length; from then on it doubles again and again. */
const EVEN_LOOKS = 200;
const LOOKS_TO_DOUBLE = 50;
/** Windows of earlier stages that are kept to calibrate a later one; more would tell no more. */
const MOST_PRIOR = 120;

export function siteOf(stage: StageSpec, index: number, gates: string[]): Site {
  return { stage, index, share: stage.steps[index]?.share ?? 0, gates };
}

/** Time a step has for windows: whole ones that begin after the warm-up and have settled before `max` is over. */
export function windowsWithin({ bake }: StageSpec, { windowMs, settleMs }: SourceSpec): number {
  const first = Math.ceil(bake.warmupMs / windowMs) * windowMs;
  return Math.max(0, Math.floor((bake.maxMs - settleMs - first) / windowMs));
}

/** `atMs`: when the bake begins on the clock of the state. */
export function bake(
  judge: Judge,
  state: JudgeState,
  site: Site,
  feeds: readonly Feed[],
  random: Random,
  { atMs, until }: { atMs: number; until: Until },
): Baked {
  openStep(judge, state, site, atMs);
  const queues = feeds.map((feed) => queueOf(feed, site, random));
  const baked: Baked = { passedMs: null, failedMs: null, looks: 0 };
  for (;;) {
    const next = soonest(queues);
    if (!next) return baked;
    show(judge, state, site, next, random, atMs);
    baked.looks += 1;
    const verdict = judge.verdict(state);
    if (verdict === 'fail') return { ...baked, failedMs: next.closesMs };
    if (verdict === 'pass') baked.passedMs ??= next.closesMs;
    if (baked.passedMs !== null && until === 'decision') return baked;
    advance(next);
  }
}

function openStep(judge: Judge, state: JudgeState, { stage, index, share, gates }: Site, atMs: number): void {
  const whole = gates.length === stage.gates.length;
  judge.openStep(state, {
    stage: stage.name,
    step: index,
    share,
    randomised: share > 0 && share < 1,
    gates,
    // A tree over gates of which some are left out would mean something else.
    ...(whole && stage.passWhen !== undefined ? { passWhen: stage.passWhen } : {}),
    minUnits: stage.bake.minUnits,
    minMs: stage.bake.minMs,
    judgedFromMs: atMs + stage.bake.warmupMs,
    mode: 'bake',
  });
}

interface Queue {
  feed: Feed;
  index: number;
  startMs: number;
  lengthMs: number;
  closesMs: number;
  maxMs: number;
}

/** Windows of databases and of Prometheus stand on the clock, so the first whole one begins by chance within a window. */
function queueOf(feed: Feed, { stage: { bake } }: Site, random: Random): Queue {
  const { source, merge } = feed;
  const late = source.kind === 'scrape' ? 0 : Math.floor(random() * source.windowMs);
  const startMs = Math.ceil((bake.warmupMs - late) / source.windowMs) * source.windowMs + late;
  const queue = { feed, index: 0, startMs, lengthMs: source.windowMs * merge, closesMs: 0, maxMs: bake.maxMs };
  close(queue);
  return queue;
}

/** The next look, cut to the whole windows that are left; none closes after `max`. */
function close(queue: Queue): void {
  const { windowMs, settleMs } = queue.feed.source;
  const left = Math.floor((queue.maxMs - settleMs - queue.startMs) / windowMs) * windowMs;
  queue.lengthMs = Math.min(queue.lengthMs, left);
  queue.closesMs = queue.lengthMs > 0 ? queue.startMs + queue.lengthMs + settleMs : Number.POSITIVE_INFINITY;
}

function soonest(queues: readonly Queue[]): Queue | null {
  let first: Queue | null = null;
  for (const queue of queues)
    if (Number.isFinite(queue.closesMs) && (!first || queue.closesMs < first.closesMs)) first = queue;
  return first;
}

/** A bake that goes on long after most have ended is looked at ever more rarely. */
function advance(queue: Queue): void {
  queue.index += 1;
  queue.startMs += queue.lengthMs;
  if (queue.index >= EVEN_LOOKS && (queue.index - EVEN_LOOKS) % LOOKS_TO_DOUBLE === 0) queue.lengthMs *= 2;
  close(queue);
}

function show(judge: Judge, state: JudgeState, { share }: Site, queue: Queue, random: Random, atMs: number): void {
  const { feed, index, lengthMs } = queue;
  const startMs = atMs + queue.startMs;
  judge.update(state, {
    version: 1,
    metric: feed.name,
    index,
    startMs,
    endMs: startMs + lengthMs,
    phase: 'bake',
    share,
    observation: drawWindow(random, feed.metric, feed.arms, share, lengthMs),
  });
}

/** The baseline as it is seen while nothing is asked of it: what calibrates the stages that follow. */
export function showBaseline(
  judge: Judge,
  state: JudgeState,
  feed: Feed,
  random: Random,
  { atMs, windows }: { atMs: number; windows: number },
): void {
  const { windowMs } = feed.source;
  const arms = { baseline: feed.arms.baseline, candidate: feed.arms.baseline };
  for (let index = 0; index < Math.min(MOST_PRIOR, windows); index += 1) {
    const startMs = atMs + index * windowMs;
    judge.update(state, {
      version: 1,
      metric: feed.name,
      index,
      startMs,
      endMs: startMs + windowMs,
      phase: 'baseline',
      share: 0,
      observation: drawWindow(random, feed.metric, arms, 0, windowMs),
    });
  }
}

/** Windows a stage lasts at least. */
export function leastWindows({ bake, steps }: StageSpec, { windowMs }: SourceSpec): number {
  return Math.floor((bake.minMs * steps.length) / windowMs);
}
