/**
 * How far apart the groups of one arm are, and how much further than those of the other arm. Pure, sandbox-safe.
 *
 * Of an ordered pair of groups, `far` and `near`, the distance is the difference of their rates, or one minus their ratio
 * (four fifths of 29 CFR 1607.4D is a distance of 0.2); the gap is the largest distance of any pair, at least nought.
 * Each distance is nearly normal, with a variance that the caller's confidence sequence (`asymptotic.ts`) is held to: a
 * group with fewer than ten units of either kind is taken to vary as if it had ten.
 *
 * Over pairs: that some pair is further apart than a limit is proven by any, each at its part of the level (Bonferroni);
 * that all are nearer must be proven of each, at the whole level (intersection-union).
 */

export type Measure = 'difference' | 'ratio';

export interface Group {
  name: string;
  rate: number;
  /** Of the rate. */
  variance: number;
  /** Worth of its events: fewer than ten are no denominator. */
  events: number;
}

const LEAST_KIND = 10;

/**
 * `factor`: by how much windows scatter more than chance. `offset`: how far chance keeps sticky users from the rate of all,
 * as a fraction of it. Null without units.
 */
export function groupOf(name: string, units: number, events: number, factor: number, offset: number): Group | null {
  if (!(units > 0)) return null;
  const rate = events / units;
  const worth = units / factor;
  const variance = Math.max(worth * rate * (1 - rate), LEAST_KIND) / (worth * worth) + (rate * offset) ** 2;
  return { name, rate, variance, events: events / factor };
}

export interface Pair {
  near: Group;
  far: Group;
  distance: number;
}

/** The pair furthest apart as it looks; null with fewer than two groups. */
export function widestPair(groups: readonly Group[], measure: Measure): Pair | null {
  let [near, far] = [groups[0], groups[0]];
  for (const group of groups) {
    if (near && group.rate < near.rate) near = group;
    if (far && group.rate >= far.rate) far = group;
  }
  return near && far && near !== far ? { near, far, distance: distanceOf(near, far, measure) } : null;
}

function distanceOf(near: Group, far: Group, measure: Measure): number {
  if (measure === 'difference') return far.rate - near.rate;
  return far.rate > 0 ? 1 - near.rate / far.rate : 0;
}

/** Of the distance; of a ratio by the delta method. */
function varianceOf(near: Group, far: Group, measure: Measure): number {
  if (measure === 'difference') return near.variance + far.variance;
  if (far.events < LEAST_KIND) return Number.POSITIVE_INFINITY;
  const ratio = near.rate / far.rate;
  return (near.variance + ratio * ratio * far.variance) / (far.rate * far.rate);
}

/** How many standard errors a bound lies away, for a claim of any pair and for one of every pair. */
export interface Reach {
  any: number;
  every: number;
}

export interface Bounds {
  lower: number;
  upper: number;
}

/** The gap that is certain, and the one that is certainly not exceeded. */
export function gapBounds(groups: readonly Group[], measure: Measure, { any, every }: Reach): Bounds {
  let lower = 0;
  let upper = 0;
  for (const near of groups)
    for (const far of groups) {
      if (near === far) continue;
      const distance = distanceOf(near, far, measure);
      const error = Math.sqrt(varianceOf(near, far, measure));
      lower = Math.max(lower, distance - any * error);
      upper = Math.max(upper, distance + every * error);
    }
  return { lower, upper: Math.min(1, upper) };
}

/**
 * The same for how much wider the treated arm's gap is than the control's. At least: by a pair of the treated arm whose
 * distance exceeds that of every pair of the control. At most: for every pair of the treated arm, by what the same pair,
 * the same turned round, or nothing at all lies apart in the control, whose gap is no less than any of them; so there
 * `every` is at a third of the level.
 */
export function excessBounds(
  control: readonly Group[],
  treated: readonly Group[],
  measure: Measure,
  { any, every }: Reach,
): Bounds {
  const arm = { groups: control, measure, widest: widestPair(control, measure) };
  const beside = treated.map(({ name }) => control.find((group) => group.name === name));
  let lower = -1;
  let upper = -1;
  for (const [i, near] of treated.entries())
    for (const [j, far] of treated.entries()) {
      if (i === j) continue;
      const apart = { distance: distanceOf(near, far, measure), variance: varianceOf(near, far, measure) };
      lower = leastExcess(arm, apart, any, lower);
      upper = Math.max(upper, mostExcess(measure, apart, beside[i], beside[j], every));
    }
  return { lower, upper: Math.min(1, upper) };
}

interface ControlArm {
  groups: readonly Group[];
  measure: Measure;
  widest: Pair | null;
}

interface Apart {
  distance: number;
  variance: number;
}

/** The larger of `best` and what is certain of a pair; the control's widest pair is asked first, for it mostly decides. */
function leastExcess({ groups, measure, widest }: ControlArm, apart: Apart, reach: number, best: number): number {
  if (!widest) return best;
  let least = beyond(apart, widest.near, widest.far, measure, -reach);
  for (const near of groups)
    for (const far of groups) {
      if (!(least > best)) return best;
      if (near !== far) least = Math.min(least, beyond(apart, near, far, measure, -reach));
    }
  return Math.max(best, Math.min(least, apart.distance - reach * Math.sqrt(apart.variance)));
}

/** `near` and `far`: the same groups in the control, where they have units there. */
function mostExcess(
  measure: Measure,
  apart: Apart,
  near: Group | undefined,
  far: Group | undefined,
  reach: number,
): number {
  const alone = apart.distance + reach * Math.sqrt(apart.variance);
  if (!near || !far) return alone;
  const asHere = beyond(apart, near, far, measure, reach);
  return Math.min(alone, asHere, beyond(apart, far, near, measure, reach));
}

/** A bound of how much further apart the treated arm's pair is than this one of the control. */
function beyond({ distance, variance }: Apart, near: Group, far: Group, measure: Measure, reach: number): number {
  return distance - distanceOf(near, far, measure) + reach * Math.sqrt(variance + varianceOf(near, far, measure));
}
