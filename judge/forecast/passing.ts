/**
 * How long one gate takes to pass in every step that asks it. Whole rollouts, in which each step lasts until this gate
 * passes or `max` is over, and evidence is carried from step to step as the judge carries it. Pure, sandbox-safe.
 */
import type { Plan } from '../../workflows/contract/plan.js';
import type { Site } from './bake.js';
import { type Case, drawnWith, leastCost, weightOf } from './case.js';
import { type Passage, type Route, looksOf, pacesOf, repeated, sitesOf, travel } from './journey.js';
import { judgesOf } from './judges.js';
import type { Level } from './level.js';
import type { PassQuestion } from './bound.js';
import { type BakeTimes, marginNeeded, maxNeeded, tuningOf } from './shortfall.js';
import { type Spread, spreadOf } from './spread.js';
import type { Shortfall } from './types.js';

/** Factors by which `max` is raised to see what it would have to be. */
const RAISED = [4, 16];

/** By site, for those rollouts that reached it. */
export function passesOf(of: Case, candidate: Level): Spread[] {
  return travelled(of, routeOf(of, of.plan, candidate));
}

function travelled({ work, level }: Case, route: Route): Spread[] {
  const paces = pacesOf(route, work, weightOf(level));
  const runs = repeated(
    (random) => travel(route, paces, random),
    (passages) => weightOf(level) * looksOf(passages),
    work,
    (passages) => passages.some((passage) => passage !== null && passage.passedMs !== null),
  );
  return route.sites.map((_site, i) => passesAt(runs.map((passages) => passages[i] ?? null)));
}

function routeOf(of: Case, plan: Plan, candidate: Level): Route {
  const judgeFor = plan === of.plan ? of.judgeFor : judgesOf(plan);
  return { plan, judgeFor, sites: sitesOf(plan, new Set([of.gate])), drawn: [drawnWith(of, candidate)] };
}

export function passesAt(passages: readonly Passage[]): Spread {
  return spreadOf(passages.filter((passage) => passage !== null).map(({ passedMs }) => passedMs));
}

/** What would let it decide at this site: arithmetic names the slowest slice; where it sees no obstacle, a trial tells. */
export function shortfallOf(of: Case, candidate: Level, index: number): Shortfall {
  const site = sitesOf(of.plan, new Set([of.gate]))[index];
  if (!site) return { slice: null, needsMaxMs: null, margin: null };
  const { bake } = site.stage;
  const slowest = slowestPart(of, candidate, site);
  return slowest.needs <= bake.maxMs
    ? { slice: null, needsMaxMs: longer(of, candidate, index), margin: null }
    : lackingTo(of, slowest, bake);
}

function lackingTo({ source }: Case, { slice, needs, question }: Part & { needs: number }, bake: BakeTimes): Shortfall {
  return {
    slice,
    needsMaxMs: Number.isFinite(needs) ? needs : null,
    margin: marginNeeded(question, bake, source),
  };
}

/** Where a plan is too large to be tried: four of five are done by then, by arithmetic. */
export function calculatedAt(
  of: Case,
  candidate: Level,
  site: Site,
): { passes: Spread; cannotDecide: Shortfall | null } {
  const slowest = slowestPart(of, candidate, site);
  const { bake } = site.stage;
  const inTime = slowest.needs <= bake.maxMs;
  const passes = { p50Ms: null, p80Ms: inTime ? slowest.needs : null, share: inTime ? 0.8 : 0, runs: 0 };
  return { passes, cannotDecide: inTime ? null : lackingTo(of, slowest, bake) };
}

function slowestPart(of: Case, candidate: Level, site: Site): Part & { needs: number } {
  const { bake } = site.stage;
  const parts = partsOf(of, candidate, site).map((part) => ({
    ...part,
    needs: maxNeeded(part.question, { ...bake, minUnits: part.minUnits }, of.source),
  }));
  return parts.reduce((a, b) => (b.needs > a.needs ? b : a));
}

interface Part {
  slice: string | null;
  minUnits: number;
  question: PassQuestion;
}

/** The whole and each slice, as questions of their own. */
function partsOf(
  { plan, gate, spec, metric, source, level }: Case,
  candidate: Level,
  { stage, share }: Site,
): [Part, ...Part[]] {
  const before = plan.stages.slice(0, plan.stages.indexOf(stage));
  const tuning = tuningOf(
    source,
    before.map(({ bake, steps }) => ({ minMs: bake.minMs, steps: steps.length })),
    plan.stages.filter(({ gates }) => gates.includes(gate)).map(({ bake }) => bake),
  );
  const common = { metric, promoteWhen: spec.promoteWhen, share, alpha: plan.falseAlarms.promote, ...tuning };
  const sliced = level.slices.map((slice, i): Part => {
    const alone = (group: Level['whole']): Level => ({
      ...level,
      perMinute: level.perMinute * slice.part,
      whole: group,
    });
    const question = { ...common, level: alone(slice), candidate: alone(candidate.slices[i] ?? slice) };
    return { slice: slice.slice, minUnits: metric.slices?.minUnits ?? 0, question };
  });
  return [{ slice: null, minUnits: stage.bake.minUnits, question: { ...common, level, candidate } }, ...sliced];
}

function longer(of: Case, candidate: Level, index: number): number | null {
  for (const factor of RAISED) {
    if (!of.work.affords(leastCost(of.level, 1))) return null;
    const p80Ms = travelled(of, routeOf(of, raised(of.plan, factor), candidate))[index]?.p80Ms ?? null;
    if (p80Ms !== null) return p80Ms;
  }
  return null;
}

function raised(plan: Plan, factor: number): Plan {
  const stages = plan.stages.map((stage) => ({ ...stage, bake: { ...stage.bake, maxMs: stage.bake.maxMs * factor } }));
  return { ...plan, stages };
}
