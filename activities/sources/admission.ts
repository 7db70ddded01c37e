/** What sources say at admission: which addresses they may use, and what a throw-away look at their metrics found. */
import type { Observation } from '../../workflows/contract/windows.js';
import { badPlan, badPlatform, sourceUnavailable } from './failures.js';
import { FetchFault, allowedUrl } from './guarded-fetch.js';

/** Throws badPlatform when an address is no http(s) URL or its `host:port` is not among the hosts. */
export function requireAllowed(address: string, hosts: readonly string[]): void {
  try {
    allowedUrl(address, hosts);
  } catch (error) {
    throw error instanceof FetchFault ? badPlatform(error.message) : error;
  }
}

/** Notes for metrics without data yet; throws badPlan for a reading that can never work, sourceUnavailable for one that may. */
export function notesOn(observations: Record<string, Observation>): string[] {
  const notes: string[] = [];
  for (const [name, seen] of Object.entries(observations)) {
    if (seen.kind === 'error' && seen.retryable) throw sourceUnavailable(`metric ${name}: ${seen.message}`);
    if (seen.kind === 'error') throw badPlan(`metric ${name}: ${seen.message}`);
    if (seen.kind === 'noData') notes.push(`metric ${name} has no data yet: ${seen.reason}`);
  }
  return notes;
}
