/**
 * The ledger of emergency starts of a tenant, outside any rollout: what a missing review blocks holds although the workflow
 * is gone. Layout: `<evidence root>/<tenant>/break-glass/<rolloutId>.json`, and `<rolloutId>.review.json` beside it once
 * somebody reviewed it. Each file is written once. Not sandbox-safe.
 */
import { mkdir, readdir } from 'node:fs/promises';
import type { LedgerEntry } from '../../approvals/break-glass.js';
import type { Signed } from '../../workflows/contract/decisions.js';
import { isRolloutId, NAME, ROLLOUT_ID } from '../../workflows/contract/ids.js';
import { failure } from '../failures.js';
import { get, put, serialised, whyUnavailable } from './evidence-files.js';
import { named } from './evidence-names.js';
import { directoryIn } from './whole-file.js';

/** A review as it was signed; whether it may be believed is found out before it is kept. */
export interface Review extends Signed {
  by: string;
  /** Unix milliseconds. */
  atMs: number;
}

export interface Ledger {
  /** Kept once by rollout: an admission that is tried again finds its first entry, whose due date stands. */
  open(entry: LedgerEntry): Promise<LedgerEntry>;
  /** By time, with who reviewed each. A file that cannot be read is no empty ledger: storeUnavailable. */
  list(): Promise<LedgerEntry[]>;
  /** The review that was kept, as it was signed; null: none. */
  reviewOf(rolloutId: string): Promise<Review | null>;
  /** Throws notFound, and duplicate for a second review. */
  review(rolloutId: string, review: Review): Promise<LedgerEntry>;
}

/** `root` is the tenant's root of evidence. Failures: storeUnavailable, unsupported for a name outside the grammar. */
export function ledgerOf(root: string, tenant: string): Ledger {
  const parts = [named(tenant, NAME, 'tenant'), 'break-glass'];
  const read = (rolloutId: string): Promise<LedgerEntry | null> => entryIn(root, parts, rolloutId);
  return {
    open: (entry) =>
      reaching(async () => {
        const { rolloutId } = entry;
        await mkdir(root, { recursive: true });
        await put(root, parts, fileOf(rolloutId), serialised({ ...entry, reviewedBy: null, reviewedAtMs: null }));
        return (await read(rolloutId)) ?? missing(rolloutId);
      }),
    list: () =>
      reaching(async () => {
        const directory = await directoryIn(root, parts, 'find');
        const names = directory === null ? [] : await readdir(directory);
        const ids = names.map((name) => name.replace(/\.json$/, '')).filter(isRolloutId);
        const entries = await Promise.all(ids.map(async (id) => (await read(id)) ?? missing(id)));
        return entries.sort((a, b) => a.atMs - b.atMs);
      }),
    reviewOf: (rolloutId) => reaching(() => reviewIn(root, parts, rolloutId)),
    review: (rolloutId, review) =>
      reaching(async () => {
        if ((await read(rolloutId)) === null) missing(rolloutId);
        const isFirst = await put(root, parts, reviewOf(rolloutId), serialised(review));
        const entry = (await read(rolloutId)) ?? missing(rolloutId);
        if (isFirst) return entry;
        throw failure('duplicate', `The emergency start ${rolloutId} was reviewed already, by ${entry.reviewedBy}.`);
      }),
  };
}

async function entryIn(root: string, parts: string[], rolloutId: string): Promise<LedgerEntry | null> {
  const text = await get(root, parts, fileOf(rolloutId));
  if (text === null) return null;
  const entry = JSON.parse(text) as LedgerEntry;
  const review = await reviewIn(root, parts, rolloutId);
  return { ...entry, reviewedBy: review?.by ?? null, reviewedAtMs: review?.atMs ?? null };
}

async function reviewIn(root: string, parts: string[], rolloutId: string): Promise<Review | null> {
  const text = await get(root, parts, reviewOf(rolloutId));
  return text === null ? null : (JSON.parse(text) as Review);
}

const fileOf = (rolloutId: string): string => `${named(rolloutId, ROLLOUT_ID, 'rollout')}.json`;
const reviewOf = (rolloutId: string): string => `${named(rolloutId, ROLLOUT_ID, 'rollout')}.review.json`;

function missing(rolloutId: string): never {
  throw failure('notFound', `The ledger has no emergency start ${rolloutId}.`);
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = whyUnavailable(error);
    if (sentence === null) throw error;
    throw failure('storeUnavailable', `ledger of emergency starts: ${sentence}.`);
  }
}
