/**
 * A whole rollout, simulated step by step with the product's own judge: each step lasts until it passes or its `max` is
 * over, what earlier steps showed is carried as the judge carries it. Pure, sandbox-safe.
 */
import type { MetricSpec, Plan, SourceSpec } from '../../workflows/contract/plan.js';
import type { JudgeState } from '../types.js';
import { type JudgeFor, mergeOf } from './judges.js';
import { type Baked, type Feed, type Site, bake, leastWindows, showBaseline, siteOf, windowsWithin } from './bake.js';
import { type Random, seeded } from '../numerics/seeded.js';
import { spreadOf } from './spread.js';
import type { Arms } from './stream.js';
import type { Work } from './work.js';

/** A metric that is drawn. */
export interface Drawn {
  name: string;
  metric: MetricSpec;
  source: SourceSpec;
  arms: Arms;
}

export interface Route {
  plan: Plan;
  judgeFor: JudgeFor;
  sites: Site[];
  /** Metrics of the gates asked anywhere. */
  drawn: Drawn[];
}

/** Every step of the plan; of the gates only those wanted. */
export function sitesOf(plan: Plan, wanted: ReadonlySet<string>): Site[] {
  return plan.stages.flatMap((stage) =>
    stage.steps.map((_step, index) =>
      siteOf(
        stage,
        index,
        stage.gates.filter((gate) => wanted.has(gate)),
      ),
    ),
  );
}

/** Bakes with no more windows than this are looked at window by window. */
const FINE_WINDOWS = 180;
export const COARSE_LOOKS = 80;
/** A time is known to about one part in so many. */
const LOOKS_TO_DECIDE = 60;
const FEW_LOOKS = 40;
/** No window is shorter. */
const SHORTEST_LOOK_MS = 1_000;
/** Runs after which it is known what more of them would cost, and whether they would tell anything. */
export const PILOT_RUNS = 12;
/** Any number: what counts is that it stays the same. */
const SEED = 20_240_501;
const MOST_PILOTS = 10;
/** Any time later than the windows that calibrate. */
export const BEGIN_MS = 1e12;

/** Of one step: null where nothing is asked, or the rollout had been rolled back before. */
export type Passage = Baked | null;

/** One rollout. `paces`: how long a look is, by step; never shorter than a window. */
export function travel(route: Route, paces: readonly number[], random: Random): Passage[] {
  const { judgeFor, sites } = route;
  const state = judgeFor(0).create();
  let atMs = BEGIN_MS;
  let over = false;
  return sites.map((site, i) => {
    if (over) return null;
    const feeds = feedsOf(route, site, paces[i] ?? 0);
    if (feeds.length === 0) {
      idle(route, state, site, random, atMs);
      atMs += site.stage.bake.minMs;
      return null;
    }
    const baked = bake(judgeFor(paces[i] ?? 0), state, site, feeds, random, { atMs, until: 'decision' });
    over = baked.failedMs !== null;
    atMs += baked.passedMs ?? site.stage.bake.maxMs;
    return baked;
  });
}

/** A stage that asks none of the gates still shows the baseline. */
function idle({ judgeFor, drawn }: Route, state: JudgeState, site: Site, random: Random, atMs: number): void {
  if (site.index > 0) return;
  const { stage } = site;
  const judge = judgeFor(0);
  judge.openStep(state, {
    stage: stage.name,
    step: 0,
    share: 0,
    randomised: false,
    gates: [],
    minUnits: 0,
    minMs: 0,
    judgedFromMs: atMs,
    mode: 'bake',
  });
  for (const one of drawn)
    showBaseline(judge, state, { ...one, merge: 1 }, random, { atMs, windows: leastWindows(stage, one.source) });
}

function feedsOf({ plan, drawn }: Route, { gates }: Site, paceMs: number): Feed[] {
  const asked = new Set(gates.map((gate) => plan.gates[gate]?.metric));
  return drawn.filter(({ name }) => asked.has(name)).map((one) => ({ ...one, merge: mergeOf(one.source, paceMs) }));
}

/**
 * How long a look may be so that the step's own time is still known well, found by trial. The rules that count windows
 * (ten, thirty) then hold long before the step decides, so that merging does not move it.
 */
export function pacesOf(route: Route, work: Work, weight: number): number[] {
  let paces = route.sites.map((site) => coarsest(site, feedsOf(route, site, 0)));
  for (let pilot = 0; pilot < MOST_PILOTS && paces.some((pace) => pace > 0) && work.affords(0); pilot += 1) {
    const runs = runsOf(0, PILOT_RUNS, (random) => travel(route, paces, random));
    for (const passages of runs) work.spend(weight * looksOf(passages));
    const next = paces.map((pace, i) =>
      refined(
        pace,
        runs.flatMap((passages) => doneAt(passages[i] ?? null)),
      ),
    );
    if (next.every((pace, i) => pace === paces[i])) break;
    paces = next;
  }
  return paces;
}

/** Zero: window by window. */
export function coarsest({ stage }: Site, feeds: readonly Feed[]): number {
  const most = Math.max(0, ...feeds.map(({ source }) => windowsWithin(stage, source)));
  return most <= FINE_WINDOWS ? 0 : stage.bake.maxMs / COARSE_LOOKS;
}

/** A shorter look where the runs were done, `null` for those that were not, after too few looks to tell when. */
export function refined(paceMs: number, doneMs: readonly (number | null)[]): number {
  const { p50Ms } = spreadOf(doneMs);
  if (p50Ms === null || p50Ms >= FEW_LOOKS * paceMs) return paceMs;
  const shorter = Math.min(paceMs * 0.75, p50Ms / LOOKS_TO_DECIDE);
  return shorter < SHORTEST_LOOK_MS ? 0 : shorter;
}

function doneAt(passage: Passage): (number | null)[] {
  return passage === null ? [] : [passage.passedMs ?? passage.failedMs];
}

/** Runs `from` to `to`, each with numbers of its own, the same each time. */
export function runsOf<T>(from: number, to: number, run: (random: Random) => T): T[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => run(seeded(SEED + (from + i) * 7_919)));
}

/** Looks of one run that cost something. */
export function looksOf(passages: readonly Passage[]): number {
  return passages.reduce((sum, passage) => sum + (passage?.looks ?? 0), 0);
}

/**
 * As many rollouts as there is work for. When none of the first few got anywhere, more would not either, so there are no
 * more: `done` says whether one did.
 */
export function repeated<T>(
  run: (random: Random) => T,
  cost: (one: T) => number,
  work: Work,
  done: (one: T) => boolean,
): T[] {
  const first = runsOf(0, PILOT_RUNS, run);
  const spent = first.reduce((sum, one) => sum + cost(one), 0);
  const more = first.some(done) ? runsOf(PILOT_RUNS, work.runs(spent / PILOT_RUNS), run) : [];
  work.spend(spent + more.reduce((sum, one) => sum + cost(one), 0));
  return [...first, ...more];
}
