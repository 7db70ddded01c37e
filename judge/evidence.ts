/**
 * What is kept of the windows of one gate and slice, in one direction: sums per share in force. Within a share the
 * split is constant, so sums may be pooled; over shares they may not (a quiet night at 25 %, a busy day at 50 %), so
 * they are weighted to one mix. Pure, sandbox-safe.
 */

/** Sums over the windows of one share. `squares` are sums of events^2/units, `joint` of treated events^2/all events. */
export interface Stratum {
  share: number;
  windows: number;
  control: ArmSums;
  treated: ArmSums;
  joint: { windows: number; squares: number };
}
export interface ArmSums {
  units: number;
  events: number;
  squares: number;
}
export type Evidence = Stratum[];

/** Counts of one window, by arm. */
export interface WindowCounts {
  control: { units: number; events: number };
  treated: { units: number; events: number };
}

export interface Pooled {
  control: { units: number; events: number };
  treated: { units: number; events: number };
}

const nothing = (): ArmSums => ({ units: 0, events: 0, squares: 0 });

export function addCounts(evidence: Evidence, share: number, counts: WindowCounts): void {
  const { control, treated } = counts;
  if (control.units + treated.units <= 0) return;
  const stratum = stratumOf(evidence, share);
  stratum.windows += 1;
  addArm(stratum.control, control);
  addArm(stratum.treated, treated);
  const events = control.events + treated.events;
  if (events > 0 && control.units > 0 && treated.units > 0) {
    stratum.joint.windows += 1;
    stratum.joint.squares += (treated.events * treated.events) / events;
  }
}

function stratumOf(evidence: Evidence, share: number): Stratum {
  const known = evidence.find((stratum) => stratum.share === share);
  if (known) return known;
  const fresh = {
    share: Math.abs(share),
    windows: 0,
    control: nothing(),
    treated: nothing(),
    joint: { windows: 0, squares: 0 },
  };
  evidence.push(fresh);
  return fresh;
}

function addArm(sums: ArmSums, { units, events }: { units: number; events: number }): void {
  if (units <= 0) return;
  sums.units += units;
  sums.events += events;
  sums.squares += (events * events) / units;
}

/** Plain totals: what a person is told, and what judges one arm alone. */
export function totals(evidence: Evidence): Pooled {
  return weighted(evidence, () => ({ control: 1, treated: 1 }));
}

/**
 * Totals in which both arms have the same mix of shares; no weight exceeds one, so evidence is only ever given up.
 * Control counts `ratio` times as much as treated in every share; the ratio that keeps most is taken, by units alone.
 */
export function matched(evidence: Evidence): Pooled {
  const used = evidence.filter(({ control, treated }) => control.units > 0 && treated.units > 0);
  const first = used[0];
  if (!first || used.length < 2) return totals(evidence);
  let best = atRatio(used, first.control.units / first.treated.units);
  for (const { control, treated } of used.slice(1)) {
    const other = atRatio(used, control.units / treated.units);
    if (information(other) > information(best)) best = other;
  }
  return best;
}

function atRatio(evidence: Evidence, ratio: number): Pooled {
  return weighted(evidence, ({ control, treated }) => {
    const kept = Math.min(control.units / ratio, treated.units);
    return { control: (kept * ratio) / control.units, treated: kept / treated.units };
  });
}

const information = ({ control, treated }: Pooled): number =>
  (control.units * treated.units) / (control.units + treated.units);

function weighted(evidence: Evidence, weights: (stratum: Stratum) => { control: number; treated: number }): Pooled {
  const sum: Pooled = { control: { units: 0, events: 0 }, treated: { units: 0, events: 0 } };
  for (const stratum of evidence) {
    const weight = weights(stratum);
    for (const arm of ['control', 'treated'] as const) {
      sum[arm].units += weight[arm] * stratum[arm].units;
      sum[arm].events += weight[arm] * stratum[arm].events;
    }
  }
  return sum;
}

export function windowsIn(evidence: Evidence): number {
  let windows = 0;
  for (const stratum of evidence) windows += stratum.windows;
  return windows;
}
