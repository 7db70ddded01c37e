/**
 * The flag file on disk: read whole, changed under a lock, replaced by rename, with the last good copy beside it.
 * A change is decided again on what is in the file when the lock was lost or the file edited meanwhile; that is how a
 * raise that was stopped half-way and wakes after a rollback meets the closed flag. Not sandbox-safe.
 */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { failure } from '../failures.js';
import { codeOf, type FileLock, LockBusy, LockLost, withFileLock } from '../store/file-lock.js';
import { readWhole } from '../store/whole-file.js';
import { type Json, parseDocument } from './flag-document.js';

/** Named points inside a write where fault tests stop or kill the process. */
export type StopPoint = 'exposure.locked' | 'exposure.beforeRename' | 'exposure.afterRename';

export interface FlagFile {
  path: string;
  reached(point: StopPoint): void | Promise<void>;
}

export interface Loaded {
  document: Json;
  /** Null: missing. Not the text of `document` where the last good copy stands in. */
  onDisk: string | null;
}

/** Decides what becomes of a document; `text` null: nothing to write. Called again right before the write. */
export type Change<T> = (document: Json) => { text: string | null; result: T };

export type OnBroken = 'refuse' | 'lastGood';

const ATTEMPTS = 3;

/** Throws exposureUnreachable when the file is missing or no flag document. */
export function load(file: FlagFile): Promise<Loaded> {
  return reaching(file, async () => {
    const text = await readWhole(file.path);
    const document = text === null ? null : parseDocument(text);
    if (text !== null && document !== null) return { document, onDisk: text };
    const what = text === null ? 'is missing' : 'is not a JSON document with flags';
    throw failure(
      'exposureUnreachable',
      `flag file ${basename(file.path)} ${what}; put it right, or roll back to the last good copy.`,
    );
  });
}

/** Changes the file, alone and durably. `lastGood` recovers a missing or broken file first: only for lowering. */
export function change<T>(file: FlagFile, onBroken: OnBroken, decide: Change<T>): Promise<T> {
  return reaching(file, async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withFileLock(file.path, (lock) => attemptChange(file, onBroken, decide, lock));
      } catch (error) {
        if (!(error instanceof LockLost) || attempt === ATTEMPTS) throw error;
      }
    }
  });
}

/** Everything of a change but the rename: proves that the directory can be written. */
export function rehearse<T>(file: FlagFile, decide: Change<T>): Promise<T> {
  return reaching(file, async () => {
    const { text, result } = decide((await load(file)).document);
    await withFileLock(file.path, (lock) => lock.prepare(text ?? ''));
    return result;
  });
}

async function attemptChange<T>(file: FlagFile, onBroken: OnBroken, decide: Change<T>, lock: FileLock): Promise<T> {
  await file.reached('exposure.locked');
  const { document, onDisk } = onBroken === 'refuse' ? await load(file) : await loadOrRecover(file);
  const { text, result } = decide(document);
  if (text === null) return result;
  await lock.prepare(text);
  await file.reached('exposure.beforeRename');
  // Time may have passed and people may have edited: a lease that ran out meanwhile must not be written over.
  if ((await readWhole(file.path)) !== onDisk) throw new LockLost(file.path);
  decide(document);
  await lock.commit();
  await file.reached('exposure.afterRename');
  await lock.prepare(text);
  await lock.commit(`${file.path}.last-good`);
  return result;
}

/** The broken file stays in place until it is replaced: evaluators go on with what they have in memory. */
async function loadOrRecover(file: FlagFile): Promise<Loaded> {
  const onDisk = await readWhole(file.path);
  const document = onDisk === null ? null : parseDocument(onDisk);
  if (document !== null) return { document, onDisk };
  if (onDisk !== null) await keepBroken(file, onDisk);
  const good = await readWhole(`${file.path}.last-good`);
  return { document: (good === null ? null : parseDocument(good)) ?? { flags: {} }, onDisk };
}

async function keepBroken(file: FlagFile, text: string): Promise<void> {
  for (let n = 1; ; n += 1) {
    const path = `${file.path}.broken-${n}`;
    try {
      return await writeFile(path, text, { flag: 'wx' });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if ((await readWhole(path)) === text) return;
    }
  }
}

async function reaching<T>(file: FlagFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code !== null)
      throw failure('exposureUnreachable', `flag file ${basename(file.path)}: ${reason(code)}; retried.`);
    if (!(error instanceof LockBusy || error instanceof LockLost)) throw error;
    throw failure('exposureUnreachable', `flag file ${basename(file.path)}: ${error.message}; retried.`);
  }
}

function reason(code: string): string {
  return code === 'ELOOP' ? 'it is a link; name the file itself' : `the system says ${code}`;
}
