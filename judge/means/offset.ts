/**
 * Sticky users: the arms differ by an offset that no waiting removes, because each keeps its own users. Every bound is
 * widened by what chance may put between them (statistics.md 12.7). Pure, sandbox-safe.
 */
import { normalUpperQuantile } from '../numerics/normal.js';

/** Coefficients of variation over users, of rates and of activity, where nothing says better. */
export const RATE_CV = 1;
const ACTIVITY_CV = 1;

/** Standard deviation of ln(rate ratio) of two arms of `users` split at `share`; 0 where units are independent. */
export function offsetOfArms(users: number | null, share: number, cv = RATE_CV): number {
  if (users === null || users <= 0 || share <= 0 || share >= 1) return 0;
  return cv * Math.sqrt((1 + ACTIVITY_CV ** 2) * (1 / (users * share) + 1 / (users * (1 - share))));
}

/** The same for one arm against all users. Cohorts alone are judged as they are: they stand for nobody else. */
export function offsetOfArm(users: number | null, share: number, cv = RATE_CV): number {
  if (users === null || users <= 0 || share <= 0 || share >= 1) return 0;
  return cv * Math.sqrt((1 + ACTIVITY_CV ** 2) / (users * share));
}

/**
 * What one of `units` requests is worth, at most 1: whole users differ, and their number bounds what there is to see. The
 * variance of a share over users is s(1-s) (1/n + (1 + CV^2)/U) at most (statistics.md 12.8).
 */
export function unitWorth(units: number, users: number | null): number {
  return users === null || users <= 0 ? 1 : 1 / (1 + ((1 + ACTIVITY_CV ** 2) * units) / users);
}

/** How many standard deviations a bound of this level allows for. */
export function allowance(level: number): number {
  return normalUpperQuantile(Math.min(0.5, Math.max(1e-9, level / 2)));
}
