/**
 * How long one gate takes to roll a regression back, in one step: as if the candidate met users there first, watched on
 * after a pass as guards do. The baseline of the stages before is seen as long as those bake at least.
 * Pure, sandbox-safe.
 */
import { type Baked, type Site, bake, leastWindows, showBaseline } from './bake.js';
import type { GateRows } from './gate.js';
import { type Case, drawnWith, leastCost, weightOf } from './case.js';
import { regression } from './candidates.js';
import type { Random } from '../numerics/seeded.js';
import { type Drawn, BEGIN_MS, PILOT_RUNS, coarsest, looksOf, refined, repeated, runsOf } from './journey.js';
import { mergeOf } from './judges.js';
import { type Spread, spreadOf } from './spread.js';
import { type Catch, type GateForecast, REGRESSIONS } from './types.js';

/** Those that tell most come first: what cannot be afforded any more is the last of them. */
const BY_INTEREST = [2, 4, 1.25];

/** Fills in what each gate catches, in every step that asks it; then what it catches in the smallest slice alone. */
export function addCatches(gates: readonly GateRows[], sites: readonly Site[]): void {
  for (const factor of BY_INTEREST)
    eachRow(gates, sites, (of, site, row) => row.catches.push(catchOf(of, site, factor, null)));
  eachRow(gates, sites, (of, site, row) => {
    row.inSlice = inSmallest(of, site);
  });
  eachRow(gates, sites, (_of, _site, row) => row.catches.sort((a, b) => a.factor - b.factor));
}

function eachRow(
  gates: readonly GateRows[],
  sites: readonly Site[],
  act: (of: Case, site: Site, row: GateForecast) => void,
): void {
  for (const { of, rows } of gates)
    for (const [i, site] of sites.entries()) {
      const row = rows[i];
      // Only this gate is asked: another one on the same metric may not catch for it.
      if (of && row) act(of, { ...site, gates: [of.gate] }, row);
    }
}

/** Null with fewer than two slices. */
function inSmallest(of: Case, site: Site): GateForecast['inSlice'] {
  const [smallest, other] = of.level.slices.toSorted((a, b) => a.part - b.part);
  if (!smallest || !other || smallest.slice === null) return null;
  const { slice, part } = smallest;
  return { slice, part, catches: REGRESSIONS.map((factor) => catchOf(of, site, factor, slice)) };
}

function catchOf(of: Case, site: Site, factor: number, slice: string | null): Catch {
  const worse = regression(of.spec, of.metric, of.level, factor, slice);
  if (worse.kind !== 'harm') return { factor, of: worse.of, kind: worse.kind, takes: null };
  if (!isAsked(of, site) || !of.work.affords(leastCost(of.level, 1)))
    return { factor, of: worse.of, kind: 'unknown', takes: null };
  const takes = timesOf(of, site, drawnWith(of, worse.level));
  return { factor, of: worse.of, kind: takes.p50Ms === null ? 'late' : 'caught', takes };
}

/** A comparison in a step without a control stands on an earlier one: nothing new shows there. */
function isAsked({ spec }: Case, { share }: Site): boolean {
  return !spec.rollbackWhen || !('provenWorseBy' in spec.rollbackWhen) ? true : share > 0 && share < 1;
}

function timesOf(of: Case, site: Site, drawn: Drawn): Spread {
  const paceMs = paceOf(of, site, drawn);
  const runs = repeated(
    (random) => watch(of, site, drawn, paceMs, random),
    ({ looks }) => weightOf(of.level) * looks,
    of.work,
    ({ failedMs }) => failedMs !== null,
  );
  return spreadOf(runs.map(({ failedMs }) => failedMs));
}

function paceOf(of: Case, site: Site, drawn: Drawn): number {
  let paceMs = coarsest(site, [{ ...drawn, merge: 1 }]);
  while (paceMs > 0) {
    const pilot = runsOf(0, PILOT_RUNS, (random) => watch(of, site, drawn, paceMs, random));
    of.work.spend(weightOf(of.level) * looksOf(pilot));
    const next = refined(
      paceMs,
      pilot.map(({ failedMs }) => failedMs),
    );
    if (next === paceMs) break;
    paceMs = next;
  }
  return paceMs;
}

function watch({ judgeFor, plan }: Case, site: Site, drawn: Drawn, paceMs: number, random: Random): Baked {
  const judge = judgeFor(paceMs);
  const state = judge.create();
  const before = plan.stages.slice(0, plan.stages.indexOf(site.stage));
  const windows = before.reduce((sum, stage) => sum + leastWindows(stage, drawn.source), 0);
  showBaseline(judge, state, { ...drawn, merge: 1 }, random, { atMs: 0, windows });
  const merge = mergeOf(drawn.source, paceMs);
  return bake(judge, state, site, [{ ...drawn, merge }], random, { atMs: BEGIN_MS, until: 'fail' });
}
