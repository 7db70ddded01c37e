/**
 * Since when the exposure that a bake judges has been in force: noted by the raise, so that no order can have traffic from
 * before it judged as if it came after.
 */
import type { RolloutEvidence } from '../store/adapter.js';

const NAME = 'in-force';

/** To be called when a raise has been verified, before its answer goes out: never later than any bake that follows. */
export async function noteInForce(evidence: Pick<RolloutEvidence, 'putState'>, sinceMs: number): Promise<void> {
  await evidence.putState(NAME, { sinceMs });
}

/** Unix milliseconds; 0: nothing was raised yet. */
export async function inForceSince(evidence: Pick<RolloutEvidence, 'getState'>): Promise<number> {
  const noted = (await evidence.getState(NAME)) as { sinceMs: number } | null;
  return noted?.sinceMs ?? 0;
}
