/**
 * The product's judge for looks of several windows. It tunes itself to the number of windows a bake may have, so it is
 * told of windows as long as the looks it is shown; everything else of the plan stays. What it has learned is in the
 * state, so one may go on where another stopped. Pure, sandbox-safe.
 */
import type { Plan, SourceSpec } from '../../workflows/contract/plan.js';
import { makeJudge } from '../judge.js';
import type { Judge } from '../types.js';

/** By the length of a look in milliseconds; zero: window by window. */
export type JudgeFor = (paceMs: number) => Judge;

export function judgesOf(plan: Plan): JudgeFor {
  const made = new Map<number, Judge>();
  return (paceMs) => {
    const known = made.get(paceMs);
    if (known) return known;
    const judge = makeJudge({ ...plan, sources: slowed(plan.sources, paceMs) });
    made.set(paceMs, judge);
    return judge;
  };
}

/** Windows shown as one look. */
export function mergeOf({ windowMs }: SourceSpec, paceMs: number): number {
  return Math.max(1, Math.floor(paceMs / windowMs));
}

function slowed(sources: Plan['sources'], paceMs: number): Plan['sources'] {
  const longer = Object.entries(sources).map(([name, source]): [string, SourceSpec] => [
    name,
    { ...source, windowMs: source.windowMs * mergeOf(source, paceMs) },
  ]);
  return Object.fromEntries(longer);
}
