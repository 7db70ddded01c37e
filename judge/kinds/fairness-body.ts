/**
 * What a fairness gate keeps: units and events of each group in both arms, and how windows scatter. Groups are the slices
 * judged by name; all others are one group more, `other`, so that nobody is left out. Pure, sandbox-safe.
 */
import type { Arm } from '../../workflows/contract/plan.js';
import type { Cell } from '../../workflows/contract/windows.js';
import type { Ask, Asked, Beginning, Counted, Showing, Side } from '../kind.js';
import { ASSUMED_FACTOR, type Dispersion } from '../means/dispersion.js';
import { offsetOfArm } from '../means/offset.js';
import { type Scatter, addScatter, scatterFactor } from '../procedures/scatter.js';
import { type Group, type Measure, groupOf } from '../procedures/gap.js';
import type { GateRule } from '../rules.js';
import { OTHER } from '../selection.js';

/** Groups smaller than this say nothing, whatever the plan asks for (statistics.md 4). */
const LEAST_UNITS = 100;
/** Where the baseline named none when judging began, the first so many get names. */
const MOST_GROUPS = 16;

const ARMS = ['baseline', 'candidate'] as const;
/** Where the counts of an arm begin. */
const PLACE = { baseline: 0, candidate: 2 } as const;

/** Of a group: control, then candidate. */
type GroupSums = [controlUnits: number, controlEvents: number, units: number, events: number];

export interface Sums {
  /** Share in force. Arms meet the same traffic within one, not over two, so that a new one begins a comparison anew. */
  share: number;
  windows: number;
  /** An arm's bursts are its own: a steady one would hide those of the other. */
  scatter: Record<Arm, Scatter>;
  groups: GroupSums[];
}

export interface FairnessBody {
  /** In the order of their sums. */
  names: string[];
  /** Spans the rollout. */
  rollback: Sums;
  /** Restarts with each stage. */
  promote: Sums;
}

export function newBody(_rule: GateRule, { slices }: Beginning): FairnessBody {
  return { names: [...slices], rollback: noSums(slices.length), promote: noSums(slices.length) };
}

export function restartPromotion(body: FairnessBody): void {
  body.promote = noSums(body.names.length);
}

function noSums(groups: number): Sums {
  return {
    share: 0,
    windows: 0,
    scatter: { baseline: [0, 0], candidate: [0, 0] },
    groups: Array.from({ length: groups }, () => [0, 0, 0, 0]),
  };
}

/** Only a bake's own windows speak for promotion. */
export function addWindow(body: FairnessBody, rule: GateRule, showing: Showing): void {
  const against = rule.rollback ?? rule.promote;
  if (against) addTo(body, 'rollback', against, showing);
  if (rule.promote && showing.window.phase === 'bake') addTo(body, 'promote', rule.promote, showing);
}

/** Counts of the window at hand, four to a group. */
const seen: number[] = [];

function addTo(body: FairnessBody, side: Side, { everyone }: Ask, { window, cells, named }: Showing): void {
  const { share } = window;
  if (!everyone && !(share > 0 && share < 1)) return;
  if (!everyone && share !== body[side].share) body[side] = noSums(body.names.length);
  seen.fill(0);
  for (const cell of cells)
    if (cell.slice !== null && isCounted(cell, everyone)) note(cell, indexOf(body, cell.slice, named));
  const sums = body[side];
  sums.share = Math.abs(share);
  if (!hasCandidate()) return;
  sums.windows += 1;
  for (let i = 0; i < body.names.length; i += 1) addGroup(sums, (sums.groups[i] ??= [0, 0, 0, 0]), 4 * i);
}

/** A window in which the candidate was not seen tells nothing of it, nor of how windows scatter. */
function hasCandidate(): boolean {
  for (let at = PLACE.candidate; at < seen.length; at += 4) if ((seen[at] ?? 0) > 0) return true;
  return false;
}

function isCounted({ arm, via }: Cell, everyone: boolean): boolean {
  return via === 'share' || (everyone && arm === 'candidate' && via !== 'none');
}

/** Groups without a name are `other`, which is made for the first of them. */
function indexOf({ names }: FairnessBody, slice: string, named: readonly string[]): number {
  const known = names.indexOf(slice);
  if (known >= 0) return known;
  const name = named.length > 0 || names.length >= MOST_GROUPS ? OTHER : slice;
  const at = names.indexOf(name);
  return at >= 0 ? at : names.push(name) - 1;
}

function note({ arm, payload }: Cell, group: number): void {
  if (payload.kind !== 'rate') return;
  const at = 4 * group + PLACE[arm];
  seen[at] = (seen[at] ?? 0) + payload.units;
  seen[at + 1] = (seen[at + 1] ?? 0) + payload.events;
}

const before = [0, 0];
const within = [0, 0];

function addGroup({ scatter }: Sums, group: GroupSums, at: number): void {
  for (const arm of ARMS) {
    const i = PLACE[arm];
    const units = seen[at + i] ?? 0;
    if (units <= 0) continue;
    within[0] = seen[at + i + 1] ?? 0;
    within[1] = units - within[0];
    before[0] = group[i + 1] as number;
    before[1] = group[i] - before[0];
    addScatter(scatter[arm], within, before);
    group[i] += units;
    group[i + 1] = before[0] + within[0];
  }
}

export function countedOf({ windows, groups }: Sums): Counted {
  const counted: Counted = { windows, units: { baseline: 0, candidate: 0 }, events: { baseline: 0, candidate: 0 } };
  for (const [controlUnits, controlEvents, units, events] of groups) {
    counted.units.baseline += controlUnits;
    counted.events.baseline += controlEvents;
    counted.units.candidate += units;
    counted.events.candidate += events;
  }
  return counted;
}

/** Units a group needs in the candidate, and in a comparison in the baseline as well. */
export function needed({ spec }: GateRule): number {
  return Math.max(LEAST_UNITS, spec.slices?.minUnits ?? 0);
}

/** Fewer than two groups, or one that is too small: a gap that would pass in silence. */
export function isThin(body: FairnessBody, rule: GateRule): boolean {
  return body.names.length < 2 || thinnest(body, rule).units < needed(rule);
}

/** The smallest group, in the arm where it is smaller. */
export function thinnest({ names, promote }: FairnessBody, rule: GateRule): { name: string; units: number } {
  let least = { name: '', units: Number.POSITIVE_INFINITY };
  for (const [i, name] of names.entries()) {
    const [controlUnits, , candidateUnits] = promote.groups[i] ?? [0, 0, 0];
    const units = rule.promote?.everyone === false ? Math.min(controlUnits, candidateUnits) : candidateUnits;
    if (units < least.units) least = { name, units };
  }
  return least;
}

/** Ordered pairs there may ever be: those named and `other`. */
export function pairsOf(named: readonly string[] | null): number {
  const most = 1 + (named && named.length > 0 ? named.length : MOST_GROUPS);
  return most * (most - 1);
}

export function measureOf({ spec }: GateRule): Measure {
  return spec.kind === 'fairness' && spec.measure === 'impactRatio' ? 'ratio' : 'difference';
}

/** Groups of one arm as the procedures take them. */
export function groupsOf({ body, users }: Pick<Asked<FairnessBody>, 'body' | 'users'>, side: Side, arm: Arm): Group[] {
  const sums = body[side];
  const { factor } = dispersionOf(sums, arm);
  const at = PLACE[arm];
  const all = countedOf(sums).units[arm];
  const share = arm === 'baseline' ? 1 - sums.share : sums.share;
  const groups: Group[] = [];
  for (const [i, sum] of sums.groups.entries()) {
    const ofGroup = users === null || all <= 0 ? null : (users * sum[at]) / all;
    const group = groupOf(body.names[i] ?? '', sum[at], sum[at + 1] as number, factor, offsetOfArm(ofGroup, share));
    if (group) groups.push(group);
  }
  return groups;
}

/** By how much windows of a group scatter more than its units would make them; one window tells nothing of that. */
export function dispersionOf({ windows, scatter }: Sums, arm: Arm): Dispersion {
  if (windows < 2) return { factor: ASSUMED_FACTOR, assumed: true };
  return { factor: scatterFactor(scatter[arm]), assumed: false };
}
