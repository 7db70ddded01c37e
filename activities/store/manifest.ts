/**
 * Manifest of a directory: its files with path, size and SHA-256 each. Links and special files are refused: what they stand
 * for can change without the manifest. The digest over it is evidence/manifest's. Not sandbox-safe.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestEntry } from '../../evidence/manifest.js';

export { digestOfManifest } from '../../evidence/manifest.js';

/** Something in the tree that no digest can stand for; the message names it. */
export class NotDigestible extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}`);
    this.name = 'NotDigestible';
  }
}

/** `skip` leaves out a path (a directory with all below it). Throws NotDigestible, or the system's error. */
export async function manifestOf(root: string, skip: (path: string) => boolean): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  await walk(root, '', skip, entries);
  const seen = new Set<string>();
  for (const { path } of entries) {
    const folded = path.toLowerCase();
    if (seen.has(folded)) throw new NotDigestible(path, 'differs from another file by case only');
    seen.add(folded);
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Plain ASCII, no leading space, no trailing dot, none of the names that Windows keeps for devices. */
const NAME_IN_TREE = /^(?!\.{1,2}$)[A-Za-z0-9._+@=~,()-](?:[A-Za-z0-9 ._+@=~,()-]{0,253}[A-Za-z0-9_+@=~,()-])?$/;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

async function walk(
  root: string,
  prefix: string,
  skip: (path: string) => boolean,
  entries: ManifestEntry[],
): Promise<void> {
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (skip(path)) continue;
    if (!NAME_IN_TREE.test(entry.name) || DEVICE.test(entry.name))
      throw new NotDigestible(JSON.stringify(path), 'has a name outside the grammar (plain ASCII, no device names)');
    if (entry.isDirectory()) await walk(root, path, skip, entries);
    else if (entry.isFile()) entries.push(await hashFile(root, path));
    else throw new NotDigestible(path, entry.isSymbolicLink() ? 'is a link' : 'is not a plain file');
  }
}

async function hashFile(root: string, path: string): Promise<ManifestEntry> {
  const handle = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { path, size, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
