/**
 * Are the outcomes as complete in one arm as in the other? Where they are not, the arms cannot be compared: a candidate
 * whose complaints arrive late looks better than it is. An e-process on labelled against unlabelled units, valid at every
 * look (two-sample universal inference). Pure, sandbox-safe.
 */
import type { Cell } from '../workflows/contract/windows.js';
import { unitsOf } from './payload.js';
import { lnTwoSampleEvidence } from './procedures/two-sample.js';
import { percent } from './words.js';

/** Units assigned by the share, by whether their outcome had arrived when the window closed. */
export interface Labels {
  baseline: [labelled: number, unlabelled: number];
  candidate: [labelled: number, unlabelled: number];
  /** Largest ln e-value so far. */
  lnE: number;
}

export const noLabels = (): Labels => ({ baseline: [0, 0], candidate: [0, 0], lnE: 0 });

/** Differences in completeness smaller than this change no verdict worth having. */
const MATERIAL = 0.02;

export function addLabels(labels: Labels, cells: readonly Cell[]): void {
  let told = false;
  for (const { arm, via, slice, payload } of cells) {
    if (via !== 'share' || slice !== null || payload.unlabelled === undefined) continue;
    told = true;
    labels[arm][0] += unitsOf(payload);
    labels[arm][1] += payload.unlabelled;
  }
  if (!told) return;
  const lnE = lnTwoSampleEvidence(labels.candidate, labels.baseline);
  if (lnE > labels.lnE) labels.lnE = lnE;
}

/** Proven at the level, and large enough to matter. */
export function labelsBroken({ baseline, candidate, lnE }: Labels, level: number): boolean {
  return Math.exp(-lnE) < level && Math.abs(completeness(baseline) - completeness(candidate)) > MATERIAL;
}

const completeness = ([labelled, unlabelled]: [number, number]): number =>
  labelled + unlabelled > 0 ? labelled / (labelled + unlabelled) : 1;

export function labelsSentence({ baseline, candidate }: Labels): string {
  return `${percent(completeness(candidate))} of the candidate's outcomes have arrived and ${percent(completeness(baseline))} of the baseline's, so they cannot be compared`;
}
