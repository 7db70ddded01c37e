/**
 * Are the outcomes as complete in one arm as in the other? Where they are not, the arms cannot be compared: a candidate
 * whose complaints arrive late looks better than it is. An e-process on labelled against unlabelled units, valid at every
 * look (two-sample universal inference); one factor for each share in force, so that a day on which outcomes lag is no
 * difference between the arms because more met the candidate that day. Pure, sandbox-safe.
 */
import type { Cell } from '../workflows/contract/windows.js';
import { unitWorth } from './means/offset.js';
import { rounded } from './numerics/round.js';
import { unitsOf } from './payload.js';
import { lnTwoSampleEvidence } from './procedures/two-sample.js';
import { percent } from './words.js';

/** Units assigned by one share, by whether their outcome had arrived when the window closed. */
type Stratum = [
  share: number,
  baselineLabelled: number,
  baselineUnlabelled: number,
  candidateLabelled: number,
  candidateUnlabelled: number,
];

export interface Labels {
  strata: Stratum[];
  /** Largest ln e-value so far. */
  lnE: number;
}

export const noLabels = (): Labels => ({ strata: [], lnE: 0 });

/** Differences in completeness smaller than this change no verdict worth having. */
const MATERIAL = 0.02;

/** `users`: how many distinct ones there are, where units are requests of users; null where units are independent. */
export function addLabels(labels: Labels, share: number, cells: readonly Cell[], users: number | null): void {
  if (!(share > 0 && share < 1) || !cells.some(tells)) return;
  const stratum = stratumOf(labels, share);
  for (const { arm, via, slice, payload } of cells) {
    if (via !== 'share' || slice !== null) continue;
    const at = arm === 'baseline' ? 1 : 3;
    stratum[at] = rounded(stratum[at] + unitsOf(payload));
    stratum[at + 1] = (stratum[at + 1] ?? 0) + (payload.unlabelled ?? 0);
  }
  let lnE = 0;
  for (const each of labels.strata) lnE += lnEvidence(each, users);
  if (lnE > labels.lnE) labels.lnE = lnE;
}

/** A source that tells of one arm tells of both: no word of the other is none missing there. */
function tells({ via, slice, payload }: Cell): boolean {
  return via === 'share' && slice === null && payload.unlabelled !== undefined;
}

function stratumOf({ strata }: Labels, share: number): Stratum {
  for (const stratum of strata) if (stratum[0] === share) return stratum;
  const fresh: Stratum = [share, 0, 0, 0, 0];
  strata.push(fresh);
  return fresh;
}

/** Whole users may be late with all they have: their number, not that of their units, is what there is to see. */
function lnEvidence([, a, b, c, d]: Stratum, users: number | null): number {
  const worth = unitWorth(a + b + c + d, users);
  return lnTwoSampleEvidence([c * worth, d * worth], [a * worth, b * worth]);
}

/** Proven at the level, and large enough to matter. */
export function labelsBroken(labels: Labels, level: number): boolean {
  return Math.exp(-labels.lnE) < level && Math.abs(differenceOf(labels)) > MATERIAL;
}

/** Candidate's completeness less the baseline's, within shares (weights of Mantel and Haenszel). */
function differenceOf({ strata }: Labels): number {
  let [weights, sum] = [0, 0];
  for (const [, a, b, c, d] of strata) {
    const [baseline, candidate] = [a + b, c + d];
    if (baseline <= 0 || candidate <= 0) continue;
    const weight = (baseline * candidate) / (baseline + candidate);
    weights += weight;
    sum += weight * (c / candidate - a / baseline);
  }
  return weights > 0 ? sum / weights : 0;
}

/** Of the share that weighs most. */
export function labelsSentence({ strata }: Labels): string {
  const most = strata.toSorted((x, y) => y[3] + y[4] - x[3] - x[4])[0];
  const [, a, b, c, d] = most ?? [0, 0, 0, 0, 0];
  return `${percent(c / (c + d))} of the candidate's outcomes have arrived and ${percent(a / (a + b))} of the baseline's, so they cannot be compared`;
}
