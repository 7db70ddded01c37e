/** The ledger of emergency starts, as this host has it beside the evidence: what is owed, and reviews put into it. */
import type { LedgerEntry } from '../approvals/break-glass.js';
import type { Platform } from '../plan/platform-types.js';
import type { Signed } from '../workflows/contract/decisions.js';
import { Problem } from './problem.js';

/** Emergency starts of these tenants, what is owed first and the longest owed before that. */
export async function emergencies(platform: Platform, tenants: readonly string[]): Promise<LedgerEntry[]> {
  const { ledgerOf } = await import('../activities/store/ledger.js');
  const lists = tenants.map((tenant) => ledgerOf(rootOf(platform, tenant), tenant).list());
  const rank = ({ reviewedAtMs }: LedgerEntry): number => (reviewedAtMs === null ? 0 : 1);
  return (await Promise.all(lists)).flat().toSorted((a, b) => rank(a) - rank(b) || a.dueMs - b.dueMs);
}

/** Puts the review into the ledger. Throws duplicate when somebody was faster. */
export async function keepReview(
  platform: Platform,
  { tenant, rolloutId }: LedgerEntry,
  review: Signed & { by: string; atMs: number },
): Promise<LedgerEntry> {
  const { ledgerOf } = await import('../activities/store/ledger.js');
  return ledgerOf(rootOf(platform, tenant), tenant).review(rolloutId, review);
}

function rootOf(platform: Platform, tenant: string): string {
  const root = platform.tenants[tenant]?.evidence.root;
  if (root !== undefined) return root;
  const remedy = `Its tenants: ${Object.keys(platform.tenants).join(', ')}`;
  throw new Problem('badPlatform', `The platform file has no tenant ${tenant}.`, remedy);
}
