/**
 * The evidence of a rollout off the disk, and its raw history out of Temporal: fetched once, when the rollout has closed, and
 * kept beside the evidence, so that every later bundle is the same bytes.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { tenantDirectory } from '../activities/store/evidence-names.js';
import { manifestOf } from '../activities/store/manifest.js';
import { createOnce, directoryIn } from '../activities/store/whole-file.js';
import { HISTORY, isScratch } from '../evidence/manifest.js';
import type { Platform } from '../plan/platform-types.js';
import { messageOf, Problem } from './problem.js';

/** The rollout's own directory; throws notFound. */
export async function evidenceDirectory(platform: Platform, tenant: string, rolloutId: string): Promise<string> {
  const root = platform.tenants[tenant]?.evidence.root;
  const found = root === undefined ? null : await directoryIn(root, tenantDirectory(tenant, rolloutId), 'find');
  if (found !== null) return found;
  throw new Problem(
    'notFound',
    `There is no evidence of ${rolloutId} for tenant ${tenant} here.`,
    'Run it where the evidence store is, and name its platform file (--platform).',
  );
}

/** All of it but caches, by path. Links and special files are refused. */
export async function evidenceFiles(directory: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { path } of await manifestOf(directory, isScratch)) files.set(path, await bytesOf(join(directory, path)));
  return files;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** `null`: the history is kept now; else why it is not. Kept exclusively: whoever came first is the truth. */
export async function keepHistory(
  directory: string,
  rollout: { tenant: string; rolloutId: string },
): Promise<string | null> {
  try {
    const { fetchHistory } = await import('./history.js');
    const fetched = await fetchHistory(rollout);
    if (fetched.kind === 'open') return 'the rollout is open, and its history is kept when it has closed';
    await createOnce(join(directory, HISTORY), fetched.text);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
