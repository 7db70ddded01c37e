/** What an application that evaluates the flag needs of Sluice: two pure functions. Not sandbox-safe (node:crypto). */
import { createHash } from 'node:crypto';
import type { Via } from '../../workflows/contract/windows.js';

/**
 * The targeting key for a user: hex SHA-256 of the plan's `stickyBy` value. Evaluators of different languages hash
 * non-ASCII keys differently, hex they agree on. A missing or empty value stays empty: such users get the baseline.
 */
export function bucketKey(key: string | null | undefined): string {
  return key ? createHash('sha256').update(key, 'utf8').digest('hex') : '';
}

/**
 * How this evaluation came about, to be put on every counter and row: a plain version by share, `version:cohort`
 * through that cohort, `version:none` outside the rollout (lapsed lease, missing key), which is never judged.
 */
export function viaOf(variant: string): Via {
  const colon = variant.lastIndexOf(':');
  if (colon < 0) return 'share';
  const tag = variant.slice(colon + 1);
  return tag === 'none' ? 'none' : `cohort:${tag}`;
}
