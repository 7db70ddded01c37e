/**
 * What counts as evidence, and the digest over it: SHA-256 of the canonical, sorted list of files with path, size and
 * SHA-256 each. The same for a directory that is being kept and for a bundle read months later. Pure but for `node:crypto`.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Digest } from '../workflows/contract/plan.js';

export interface ManifestEntry {
  /** Relative to the rollout's directory, with slashes. */
  path: string;
  size: number;
  sha256: string;
}

/** Raw history of the closed workflow, kept beside the evidence; fetched after the end, so no digest covers it. */
export const HISTORY = 'history.json';
export const JOURNAL = 'journal.jsonl';

/**
 * Is this file, or a directory with all below it, left out of every digest? Caches, locks and drafts; checkpoints and the
 * lists of frozen files, which state digests themselves; the raw history. Raw pages are evidence although their directory
 * begins with a dot.
 */
export function isNoEvidence(path: string): boolean {
  return isScratch(path) || path === HISTORY || /^documents\/(?:checkpoint|frozen)-[^/]*$/.test(path);
}

/** Caches, locks and drafts: neither evidence nor part of a bundle. */
export function isScratch(path: string): boolean {
  const parts = path.split('/');
  return parts[0] === 'state' || parts.some((part) => part.startsWith('.') && part !== '.raw');
}

/** Sorted; files that are no evidence are left out. */
export function manifestOf(files: ReadonlyMap<string, Uint8Array>): ManifestEntry[] {
  return [...files]
    .filter(([path]) => !isNoEvidence(path))
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256Hex(bytes) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function digestOfManifest(entries: readonly ManifestEntry[]): Digest {
  return `sha256:${sha256Hex(Buffer.from(canonicalize(entries) ?? '', 'utf8'))}`;
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
