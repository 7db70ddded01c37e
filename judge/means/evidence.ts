/**
 * What is kept of the windows of one gate and slice, in one direction: sums per share in force. Within a share the
 * split is constant, so sums may be pooled; over shares they may not (a quiet night at 25 %, a busy day at 50 %), so
 * they are weighted to one mix. Pure, sandbox-safe.
 */
import type { ArmCounts, WindowCounts } from './moments.js';

/** Sums over the windows of one share; `squares` are sums of events^2/units of windows. */
export type ArmSums = [units: number, events: number, squares: number, ...moments: number[]];
export interface Stratum {
  share: number;
  windows: number;
  control: ArmSums;
  treated: ArmSums;
  /** Of windows in which both arms were seen: how many, and the sum of treated events^2/all events. */
  joint: [windows: number, squares: number];
}
export type Evidence = Stratum[];

export interface Pooled {
  control: ArmCounts;
  treated: ArmCounts;
}

export function addCounts(evidence: Evidence, share: number, { control, treated }: WindowCounts): void {
  if (control.units + treated.units <= 0) return;
  const stratum = stratumOf(evidence, share, control.moments.length);
  stratum.windows += 1;
  addArm(stratum.control, control);
  addArm(stratum.treated, treated);
  const events = control.events + treated.events;
  if (events > 0 && control.units > 0 && treated.units > 0) {
    stratum.joint[0] += 1;
    stratum.joint[1] += (treated.events * treated.events) / events;
  }
}

function stratumOf(evidence: Evidence, share: number, order: number): Stratum {
  for (const stratum of evidence) if (stratum.share === share) return stratum;
  const nothing = (): ArmSums => [0, 0, 0, ...Array.from({ length: order }, () => 0)];
  const fresh: Stratum = {
    share: Math.abs(share),
    windows: 0,
    control: nothing(),
    treated: nothing(),
    joint: [0, 0],
  };
  evidence.push(fresh);
  return fresh;
}

function addArm(sums: ArmSums, { units, events, moments }: ArmCounts): void {
  if (units <= 0) return;
  sums[0] += units;
  sums[1] += events;
  sums[2] += (events * events) / units;
  for (let i = 0; i < moments.length; i += 1) sums[3 + i] = (sums[3 + i] ?? 0) + (moments[i] ?? 0);
}

export function armOf([units, events, , ...moments]: ArmSums): ArmCounts {
  return { units, events, moments };
}

/** Mean of one arm over everything kept, drawn a little to one half while there is next to nothing. */
export function meanOf(evidence: Evidence, arm: 'control' | 'treated'): number {
  let units = 1;
  let events = 0.5;
  for (const stratum of evidence) {
    units += stratum[arm][0];
    events += stratum[arm][1];
  }
  return events / units;
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
    evidence.length < 2 ? evidence : evidence.filter((stratum) => stratum.control[0] > 0 && stratum.treated[0] > 0);
  const first = used[0];
  if (!first || used.length < 2) return totals(evidence);
  let best = atRatio(used, first.control[0] / first.treated[0]);
  for (const { control, treated } of used.slice(1)) {
    const other = atRatio(used, control[0] / treated[0]);
    if (information(other) > information(best)) best = other;
  }
  return best;
}

function atRatio(evidence: Evidence, ratio: number): Pooled {
  const kept = ({ control, treated }: Stratum): number => Math.min(control[0] / ratio, treated[0]);
  return weighted(
    evidence,
    (stratum) => (kept(stratum) * ratio) / stratum.control[0],
    (stratum) => kept(stratum) / stratum.treated[0],
  );
}

const information = ({ control, treated }: Pooled): number =>
  (control.units * treated.units) / (control.units + treated.units);

type Weight = (stratum: Stratum) => number;

function weighted(evidence: Evidence, ofControl: Weight, ofTreated: Weight): Pooled {
  const sum: Pooled = { control: nobody(), treated: nobody() };
  for (const stratum of evidence) {
    addWeighted(sum.control, stratum.control, ofControl(stratum));
    addWeighted(sum.treated, stratum.treated, ofTreated(stratum));
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
  for (const stratum of evidence) windows += stratum.windows;
  return windows;
}

/** Share that weighs most in the evidence: its split sets the offset of sticky users. */
export function mainShare(evidence: Evidence): number {
  let best: Stratum | null = null;
  for (const stratum of evidence) if (!best || stratum.treated[0] > best.treated[0]) best = stratum;
  return best?.share ?? 0;
}
