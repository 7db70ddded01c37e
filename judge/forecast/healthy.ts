/**
 * Whole rollouts of a candidate that should pass, all gates together as the plan asks them: when its steps pass, and how
 * many are rolled back all the same. Pure, sandbox-safe.
 */
import { passing } from './candidates.js';
import { type Setting, weightOf } from './case.js';
import { type Drawn, type Route, looksOf, pacesOf, repeated, sitesOf, travel } from './journey.js';
import { isSimulated } from './level.js';
import { passesAt } from './passing.js';
import type { Spread } from './spread.js';
import type { GateRows } from './gate.js';
import type { HealthyRollouts } from './types.js';

export interface Healthy {
  rollouts: HealthyRollouts | null;
  /** By site; null where none of its gates could be asked. */
  decides: (Spread | null)[];
}

/** It is one question, but the one whose answer is a count: it gets the work of so many. */
const IMPORTANCE = 10;

/** Asks the gates of which one by one was found that such a candidate can pass them. */
export function healthyRollouts(setting: Setting, gates: ReadonlyMap<string, GateRows>): Healthy {
  const { plan, judgeFor, work } = setting;
  const asked = new Set(
    [...gates].filter(([, { rows }]) => rows.some((row) => row?.basis === 'simulated')).map(([name]) => name),
  );
  const drawn = drawnFor(setting, asked);
  const sites = sitesOf(plan, asked);
  const without = [...gates.keys()].filter((gate) => !asked.has(gate));
  if (drawn.length === 0) return { rollouts: null, decides: sites.map(() => null) };
  const route: Route = { plan, judgeFor, sites, drawn };
  const weight = Math.max(...drawn.map(({ arms }) => weightOf(arms.baseline)));
  const paces = pacesOf(route, work, weight);
  const runs = repeated(
    (random) => travel(route, paces, random),
    (passages) => weight * looksOf(passages),
    { ...work, runs: (cost) => work.runs(cost / IMPORTANCE) },
    () => true,
  );
  const rolledBack = runs.filter((passages) => passages.some((passage) => passage?.failedMs != null)).length;
  return {
    rollouts: { budget: plan.falseAlarms.rollback, rolledBack, runs: runs.length, without },
    decides: sites.map((site, i) =>
      site.gates.length > 0 ? passesAt(runs.map((passages) => passages[i] ?? null)) : null,
    ),
  };
}

/** One candidate for all: better where some gate asks for it, else equal. */
function drawnFor({ plan, levels }: Setting, asked: ReadonlySet<string>): Drawn[] {
  return Object.entries(plan.metrics).flatMap(([name, metric]) => {
    const level = levels[name];
    const source = plan.sources[metric.from];
    if (!level || !source || !isSimulated(metric.kind)) return [];
    const gates = [...asked].flatMap((gate) => (plan.gates[gate]?.metric === name ? [plan.gates[gate]] : []));
    if (gates.length === 0) return [];
    const candidates = gates.map((gate) => passing(gate.promoteWhen, metric, level) ?? { better: 1, level });
    const best = candidates.reduce((a, b) => (b.better > a.better ? b : a));
    return [{ name, metric, source, arms: { baseline: level, candidate: best.level } }];
  });
}
