/**
 * What is kept of the windows of one gate and slice, in one direction: sums per share in force. Within a share the
 * split is constant, so sums may be pooled; over shares they may not (a quiet night at 25 %, a busy day at 50 %), so
 * they are weighted to one mix. Tuples, because their names would be half of the state. Pure, sandbox-safe.
 */
import { rounded } from '../numerics/round.js';
import type { ArmCounts, WindowCounts } from './moments.js';

/** Sums over the windows of one arm and share. `scatter`: of units times (mean of the window - mean of all)^2. */
export type ArmSums = [units: number, events: number, scatter: number, ...moments: number[]];
/** Of batches in which both arms were seen. `scatter`: of events times (treated arm's part of them - its part of all)^2. */
export type Joint = [batches: number, events: number, treated: number, scatter: number];
export type Stratum = [share: number, windows: number, control: ArmSums, treated: ArmSums, joint?: Joint];
export type Evidence = Stratum[];

/** Squares are summed from nought up, and need fewer figures than what differences are taken of. */
const FIGURES = 7;

export interface Pooled {
  control: ArmCounts;
  treated: ArmCounts;
}

/** What bounds are made of, with the first `kept` moments; for the scatter of windows see `addScattered`. */
export function addCounts(evidence: Evidence, share: number, { control, treated }: WindowCounts, kept = 0): void {
  if (control.units + treated.units <= 0) return;
  const stratum = stratumOf(evidence, share);
  stratum[1] += 1;
  addArm(stratum[2], control, kept);
  addArm(stratum[3], treated, kept);
}

/** The same, and how far the means of this window lie from those before it. */
export function addScattered(evidence: Evidence, share: number, counts: WindowCounts, kept = 0): void {
  const { control, treated } = counts;
  if (control.units + treated.units <= 0) return;
  const stratum = stratumOf(evidence, share);
  addScatter(stratum[2], control);
  addScatter(stratum[3], treated);
  addCounts(evidence, share, counts, kept);
}

function stratumOf(evidence: Evidence, share: number): Stratum {
  for (const stratum of evidence) if (stratum[0] === share) return stratum;
  const fresh: Stratum = [Math.abs(share), 0, noSums(), noSums()];
  evidence.push(fresh);
  return fresh;
}

export const noSums = (): ArmSums => [0, 0, 0];

export function addArm(sums: ArmSums, { units, events, moments }: ArmCounts, kept: number): void {
  if (units <= 0) return;
  sums[0] = rounded(sums[0] + units);
  sums[1] = rounded(sums[1] + events);
  for (let i = 0; i < kept; i += 1) sums[3 + i] = rounded((sums[3 + i] ?? 0) + (moments[i] ?? 0), FIGURES);
}

/** Before the window itself is added (Chan, Golub and LeVeque 1983): no small difference of large sums is ever taken. */
export function addScatter(sums: ArmSums, { units, events }: ArmCounts): void {
  if (units <= 0 || sums[0] <= 0) return;
  const off = events / units - sums[1] / sums[0];
  sums[2] = rounded(sums[2] + ((off * off) / (units + sums[0])) * units * sums[0], FIGURES);
}

type Batch = { control: Pick<ArmCounts, 'units' | 'events'>; treated: Pick<ArmCounts, 'units' | 'events'> };

/**
 * How the treated arm's part of all events scatters: what shakes both arms is not seen in it. Of batches of windows that
 * hardly depend on one another: neighbours that go up and down together scatter little one by one, and a lot in the end.
 */
export function addJoint(evidence: Evidence, share: number, batch: Batch): void {
  const treated = batch.treated.events;
  const events = batch.control.events + treated;
  if (batch.control.units <= 0 || batch.treated.units <= 0 || events <= 0) return;
  const joint = (stratumOf(evidence, share)[4] ??= [0, 0, 0, 0]);
  if (joint[1] > 0) {
    const off = treated / events - joint[2] / joint[1];
    joint[3] = rounded(joint[3] + ((off * off) / (events + joint[1])) * events * joint[1], FIGURES);
  }
  joint[0] += 1;
  joint[1] = rounded(joint[1] + events);
  joint[2] = rounded(joint[2] + treated);
}

export function armOf([units, events, , ...moments]: ArmSums): ArmCounts {
  return { units, events, moments };
}

/** Units, or events, of one arm over everything kept. */
export function sumOf(evidence: Evidence, arm: 'control' | 'treated', what: 'units' | 'events'): number {
  let sum = 0;
  for (const [, , control, treated] of evidence)
    sum += (arm === 'control' ? control : treated)[what === 'units' ? 0 : 1];
  return sum;
}

/** Plain totals: what a person is told, and what judges one arm alone. */
export function totals(evidence: Evidence): Pooled {
  return weighted(evidence, one, one);
}

const one = (): number => 1;

/**
 * Totals in which both arms have the same mix of shares; no weight exceeds one, so evidence is only ever given up.
 * Control counts `ratio` times as much as treated in every share; the ratio that keeps most is taken, by units alone.
 */
export function matched(evidence: Evidence): Pooled {
  const used =
    evidence.length < 2 ? evidence : evidence.filter(([, , control, treated]) => control[0] > 0 && treated[0] > 0);
  const first = used[0];
  if (!first || used.length < 2) return totals(evidence);
  let best = atRatio(used, first[2][0] / first[3][0]);
  for (const [, , control, treated] of used.slice(1)) {
    const other = atRatio(used, control[0] / treated[0]);
    if (information(other) > information(best)) best = other;
  }
  return best;
}

function atRatio(evidence: Evidence, ratio: number): Pooled {
  const kept = ([, , control, treated]: Stratum): number => Math.min(control[0] / ratio, treated[0]);
  return weighted(
    evidence,
    (stratum) => (kept(stratum) * ratio) / stratum[2][0],
    (stratum) => kept(stratum) / stratum[3][0],
  );
}

const information = ({ control, treated }: Pooled): number =>
  (control.units * treated.units) / (control.units + treated.units);

type Weight = (stratum: Stratum) => number;

function weighted(evidence: Evidence, ofControl: Weight, ofTreated: Weight): Pooled {
  const sum: Pooled = { control: nobody(), treated: nobody() };
  for (const stratum of evidence) {
    addWeighted(sum.control, stratum[2], ofControl(stratum));
    addWeighted(sum.treated, stratum[3], ofTreated(stratum));
  }
  return sum;
}

const nobody = (): ArmCounts => ({ units: 0, events: 0, moments: [] });

function addWeighted(sum: ArmCounts, sums: ArmSums, weight: number): void {
  sum.units += weight * sums[0];
  sum.events += weight * sums[1];
  for (let i = 3; i < sums.length; i += 1) sum.moments[i - 3] = (sum.moments[i - 3] ?? 0) + weight * (sums[i] ?? 0);
}

export function windowsIn(evidence: Evidence): number {
  let windows = 0;
  for (const stratum of evidence) windows += stratum[1];
  return windows;
}

/** Share that weighs most in the evidence: its split sets the offset of sticky users. */
export function mainShare(evidence: Evidence): number {
  let best: Stratum | null = null;
  for (const stratum of evidence) if (!best || stratum[3][0] > best[3][0]) best = stratum;
  return best?.[0] ?? 0;
}
