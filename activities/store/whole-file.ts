/** Files that exist whole or not at all, and directories without links on the way. Not sandbox-safe. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, syncDirectory } from './file-lock.js';

/** A component of a path is a link or no directory; the message names it. */
export class NotADirectory extends Error {
  constructor(path: string) {
    super(`${path} is a link or no directory`);
    this.name = 'NotADirectory';
  }
}

/**
 * Creates a file with its whole content, durably; false when there is one already. Written beside and linked, so that a
 * crash never leaves half a file that would then count as the truth.
 */
export async function createOnce(path: string, content: string): Promise<boolean> {
  const directory = dirname(path);
  const draft = join(directory, `.${basename(path)}.draft-${randomUUID()}`);
  const handle = await open(draft, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await handle.close();
    await unlink(draft);
  }
  await syncDirectory(directory);
  return true;
}

/** Null: no such file. Links are refused (ELOOP). */
export async function readWhole(path: string): Promise<string | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** `root/part/part` with every part checked to be a real directory; null when one is missing and `make` is not asked for. */
export async function directoryIn(root: string, parts: string[], make: 'make' | 'find'): Promise<string | null> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    if (make === 'make' && (await makeDirectory(path))) await syncDirectory(dirname(path));
    try {
      if (!(await lstat(path)).isDirectory()) throw new NotADirectory(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }
  return path;
}

async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
