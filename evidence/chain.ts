/**
 * The journal's hash chain: each entry carries the hash of the one before, so nothing can be altered, left out or put in
 * between without showing. Pure and sandbox-safe: the workflow itself links what it notes.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { GENESIS } from '../workflows/contract/decisions.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Digest } from '../workflows/contract/plan.js';

/** The entry with its place in the chain. `prev` is the hash of the entry before it, GENESIS for the first. */
export function linked(entry: Omit<JournalEntry, 'hash'>): JournalEntry {
  return { ...entry, hash: hashOf(entry) };
}

/** SHA-256 over 0x00 and the canonical JSON of the entry without its hash (RFC 6962 section 2.1 keeps leaves apart so). */
export function hashOf({ seq, atMs, event, by, details, prev }: Omit<JournalEntry, 'hash'>): Digest {
  const text = canonicalize({ seq, atMs, event, by, details, prev }) ?? '';
  return `sha256:${bytesToHex(sha256(concatBytes(LEAF, utf8ToBytes(text))))}`;
}

const LEAF = Uint8Array.of(0);

/** Digest of any JSON value: the same as plan/canonical's, for the sandbox. */
export function sandboxDigest(value: unknown): Digest {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(canonicalize(value) ?? '')))}`;
}

/** The first entry that does not follow from the one before it, or null. */
export function firstBreak(entries: readonly JournalEntry[]): { seq: number; why: string } | null {
  let head = GENESIS;
  for (const [index, entry] of entries.entries()) {
    const seq = index + 1;
    if (entry.seq !== seq) return { seq, why: `entry ${seq} is missing: entry ${entry.seq} stands in its place` };
    if (entry.prev !== head) return { seq, why: `entry ${seq} does not follow entry ${seq - 1}` };
    if (entry.hash !== hashOf(entry)) return { seq, why: `entry ${seq} is not what was hashed` };
    head = entry.hash;
  }
  return null;
}
