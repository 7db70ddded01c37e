/** The contract of the evidence store: windows and journal written once, read back in order. Layout: DESIGN section 14. */
import type { ManifestEntry } from '../../evidence/manifest.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import type { Digest } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';

/** One rollout's evidence. `bakeKey` is `windows/<stage>-<step>-<attempt>`, `guard/<...>`, `after/<...>` or `past`. */
export interface RolloutEvidence {
  /** Named immutable documents: plan, policy, admission, snapshot. Exclusive: equal bytes again are fine, others refused. */
  putDocument(name: string, json: unknown): Promise<void>;
  getDocument(name: string): Promise<unknown>;
  /**
   * Exclusive by bake, metric and index; false when it was there already (then that one is the truth). Refused (`ended`)
   * once document `outcome` is there: the last checkpoint covers everything, so nothing comes after it.
   */
  putWindow(bakeKey: string, window: Window): Promise<boolean>;
  /** In order of index. */
  windows(bakeKey: string, metric: string, fromIndex?: number): Promise<Window[]>;
  /** Once, and never after the outcome, as windows are. */
  putRaw(bakeKey: string, source: string, index: number, raw: string): Promise<boolean>;
  getRaw(bakeKey: string, source: string, index: number): Promise<string | null>;
  /** Newest raw index kept, or -1. */
  lastRaw(bakeKey: string, source: string): Promise<number>;
  /** Of the steps: without `past`. */
  bakeKeys(): Promise<string[]>;
  /** Appends what is missing; idempotent. An entry that does not chain on those kept is refused: evidenceInvalid. */
  appendJournal(entries: JournalEntry[]): Promise<void>;
  journal(): Promise<JournalEntry[]>;
  /** Mutable caches under state/: never evidence. */
  putState(name: string, json: unknown): Promise<void>;
  getState(name: string): Promise<unknown>;
  /** Everything kept so far that counts as evidence (evidence/manifest.ts). */
  manifest(): Promise<ManifestEntry[]>;
  /** Digest over the manifest. */
  freeze(): Promise<Digest>;
}

/** Which policy was in force: its serial, and the digest of its text. */
export interface PolicyMark {
  serial: number;
  digest: Digest;
}

export interface EvidenceStore {
  /** Creates `<root>/<tenant>/<rolloutId>`; exclusive to this host: another host's store is refused with the reason. */
  create(tenant: string, rolloutId: string): Promise<RolloutEvidence>;
  /** Throws notFound. */
  open(tenant: string, rolloutId: string): Promise<RolloutEvidence>;
  list(tenant: string): Promise<string[]>;
  /** Remembers the policy of the highest serial seen in this store, and gives it back: another one is newer than yours. */
  newestPolicy(seen: PolicyMark): Promise<PolicyMark>;
}
