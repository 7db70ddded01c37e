/** Reading and writing inside one rollout's directory. Not sandbox-safe. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { JOURNAL } from '../../evidence/manifest.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import type { Window } from '../../workflows/contract/windows.js';
import { failure } from '../failures.js';
import { BAKE_PHASES, STEP_KEY } from './evidence-names.js';
import { codeOf, LockBusy, LockLost, withFileLock } from './file-lock.js';
import { JournalDamaged, JournalForked, journalWith } from './journal-file.js';
import { NotDigestible } from './manifest.js';
import { createOnce, directoryIn, NotADirectory, readWhole } from './whole-file.js';

/** Reads of many small windows at once; more gains nothing on one disk. */
const READS_AT_ONCE = 32;

/** Canonical JSON, so that equal content is equal bytes. NaN and infinities are refused here rather than kept as null. */
export function serialised(json: unknown): string {
  return `${canonicalize(json) ?? 'null'}\n`;
}

/** False: there already, and that one is the truth. */
export async function put(root: string, parts: string[], file: string, text: string): Promise<boolean> {
  const directory = await directoryIn(root, parts, 'make');
  if (directory === null) throw failure('storeUnavailable', `directory ${parts.join('/')} vanished while it was made.`);
  return createOnce(join(directory, file), text);
}

export async function get(root: string, parts: string[], file: string): Promise<string | null> {
  const directory = await directoryIn(root, parts, 'find');
  return directory === null ? null : readWhole(join(directory, file));
}

/** Indices may be epoch-aligned and large; file names are not padded, so order is by number. */
export function indexed(index: number, kind: 'json' | 'txt'): string {
  if (Number.isSafeInteger(index) && index >= 0) return `${index}.${kind}`;
  throw failure('unsupported', `${index} is no window index.`);
}

/** Ascending. */
export async function indices(root: string, parts: string[], kind: 'json' | 'txt'): Promise<number[]> {
  const directory = await directoryIn(root, parts, 'find');
  const names = directory === null ? [] : await readdir(directory);
  const file = /^(0|[1-9]\d{0,15})\.(json|txt)$/;
  const found = names.map((name) => file.exec(name)).filter((match) => match?.[2] === kind);
  return found.map((match) => Number(match?.[1])).sort((a, b) => a - b);
}

export async function windows(root: string, parts: string[], fromIndex: number): Promise<Window[]> {
  const wanted = (await indices(root, parts, 'json')).filter((index) => index >= fromIndex);
  const read: Window[] = [];
  for (let start = 0; start < wanted.length; start += READS_AT_ONCE) {
    const some = wanted.slice(start, start + READS_AT_ONCE);
    const texts = await Promise.all(some.map((index) => get(root, parts, indexed(index, 'json'))));
    read.push(...texts.filter((text) => text !== null).map((text) => JSON.parse(text) as Window));
  }
  return read;
}

export async function bakeKeys(root: string): Promise<string[]> {
  const keys: string[] = [];
  for (const phase of BAKE_PHASES) {
    const directory = await directoryIn(root, [phase], 'find');
    const names = directory === null ? [] : await readdir(directory);
    keys.push(
      ...names
        .filter((name) => STEP_KEY.test(name))
        .sort()
        .map((name) => `${phase}/${name}`),
    );
  }
  return keys;
}

export async function journalText(root: string): Promise<string> {
  return (await readWhole(join(root, JOURNAL))) ?? '';
}

/** Replaced as a whole under a lock: an append that was stopped half-way can neither tear nor cut what others wrote. */
export async function appendJournal(root: string, entries: JournalEntry[]): Promise<void> {
  await withFileLock(join(root, JOURNAL), async (lock) => {
    const text = journalAfter(await journalText(root), entries);
    if (text === null) return;
    await lock.prepare(text);
    await lock.commit();
  });
}

function journalAfter(text: string, entries: JournalEntry[]): string | null {
  try {
    return journalWith(text, entries);
  } catch (error) {
    if (error instanceof JournalForked) throw failure('evidenceInvalid', `The evidence store keeps ${error.message}.`);
    throw error;
  }
}

export async function putState(root: string, file: string, text: string): Promise<void> {
  const directory = await directoryIn(root, ['state'], 'make');
  if (directory === null) throw failure('storeUnavailable', 'directory state vanished while it was made.');
  await withFileLock(join(directory, file), async (lock) => {
    await lock.prepare(text);
    await lock.commit();
  });
}

/** What is wrong, in words; null when the error is none of the store's. */
export function whyUnavailable(error: unknown): string | null {
  const known = [LockBusy, LockLost, JournalDamaged, NotDigestible, NotADirectory];
  if (known.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof SyntaxError) return `a file is not JSON: ${error.message}`;
  const code = codeOf(error);
  if (code === null) return null;
  return code === 'ELOOP' ? 'a file is a link' : `the system says ${code} (${(error as Error).message})`;
}
