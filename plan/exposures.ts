/** From exposures as written, relative to what came before, to whole and absolute steps. Pure; no zod. */
import type { Exposure } from '../workflows/contract/plan.js';
import { roundShare } from './quantities.js';

/** Shares as fractions, in order; no shares means the share in force. */
export interface RelativeExposure {
  cohorts: readonly string[];
  shares: readonly number[];
  drop: readonly string[];
}

/**
 * Steps of every stage. Cohorts accumulate until dropped; shares are capped at 1 - holdBack, and a step the cap makes
 * equal to the one before is left out, since there would be nothing to raise.
 */
export function absoluteSteps(stages: readonly RelativeExposure[], holdBack: number): Exposure[][] {
  let cohorts: string[] = [];
  let inForce = 0;
  return stages.map(({ cohorts: added, shares, drop }) => {
    cohorts = [...new Set([...cohorts, ...added])].filter((cohort) => !drop.includes(cohort));
    const wanted = shares.length > 0 ? shares : [inForce];
    const capped = wanted.map((share) => roundShare(Math.min(share, 1 - holdBack)));
    inForce = capped[capped.length - 1] ?? inForce;
    return capped.filter((share, index) => share !== capped[index - 1]).map((share) => ({ share, cohorts }));
  });
}

/** A randomised control exists: some users are on either side of the draw. */
export function hasControl({ share }: Exposure): boolean {
  return share > 0 && share < 1;
}
