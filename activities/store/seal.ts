/**
 * Evidence sealed: the list of files as they are now, its digest, and the log key's word for both and for the head of the
 * journal. A later attempt finds the seal of the first and keeps it. Not sandbox-safe.
 */
import { canonicalStatement } from '../../approvals/statement.js';
import { digestOfManifest, type ManifestEntry } from '../../evidence/manifest.js';
import type { RolloutRef } from '../../workflows/contract/activities.js';
import { type Checkpoint, GENESIS, type Signed } from '../../workflows/contract/decisions.js';
import type { Digest } from '../../workflows/contract/plan.js';
import type { ActivityDeps } from '../deps.js';
import { isFailure } from '../failures.js';
import type { RolloutEvidence } from './adapter.js';

type Sealing = Pick<ActivityDeps, 'signCheckpoint' | 'now'>;

/**
 * Writes documents `frozen-<entries>` (the list of files) and, where there is a log key, `checkpoint-<entries>`; gives the
 * digest over the list. `final`: nothing comes after it. Throws noSigner, storeUnavailable.
 */
export async function seal(
  { signCheckpoint, now }: Sealing,
  evidence: RolloutEvidence,
  { tenant, rolloutId }: Omit<RolloutRef, 'model'>,
  final: boolean,
): Promise<Digest> {
  const journal = await evidence.journal();
  const [size, head] = [journal.length, journal.at(-1)?.hash ?? GENESIS];
  const digest = digestOfManifest(await keptOnce(evidence, `frozen-${size}`, () => evidence.manifest()));
  if (!signCheckpoint) return digest;
  await keptOnce(evidence, `checkpoint-${size}`, async (): Promise<Signed> => {
    const says: Checkpoint = { version: 1, tenant, rolloutId, size, head, evidence: digest, atMs: now(), final };
    const statement = canonicalStatement(says);
    return { statement, signature: await signCheckpoint(statement) };
  });
  return digest;
}

/** The document of that name; made if there is none. Of two made at once, the one that was kept. */
async function keptOnce<T extends Signed | ManifestEntry[]>(
  evidence: RolloutEvidence,
  name: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = await documentOrNull(evidence, name);
  if (known !== null) return known as T;
  const made = await make();
  try {
    await evidence.putDocument(name, made);
    return made;
  } catch (error) {
    if (!isFailure(error, 'digestMismatch')) throw error;
    return (await evidence.getDocument(name)) as T;
  }
}

/** Null: there is none. */
export async function documentOrNull(evidence: RolloutEvidence, name: string): Promise<unknown> {
  try {
    return await evidence.getDocument(name);
  } catch (error) {
    if (isFailure(error, 'notFound')) return null;
    throw error;
  }
}
