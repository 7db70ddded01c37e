/**
 * The newest policy ever in force on an evidence store, in `<root>/policy-serial.json`: whoever brings back an older one,
 * with a key in it that was revoked since, is found out. Not sandbox-safe.
 */
import { join } from 'node:path';
import type { PolicyMark } from './adapter.js';
import { withFileLock } from './file-lock.js';
import { readWhole } from './whole-file.js';

const FILE = 'policy-serial.json';

/** The mark of the highest serial, `seen` included; of two policies of one serial the first stays. */
export async function newestPolicy(root: string, seen: PolicyMark): Promise<PolicyMark> {
  const file = join(root, FILE);
  return withFileLock(file, async (lock) => {
    const text = await readWhole(file);
    const known = text === null ? null : (JSON.parse(text) as PolicyMark);
    if (known && known.serial >= seen.serial) return known;
    await lock.prepare(`${JSON.stringify({ version: 1, ...seen })}\n`);
    await lock.commit();
    return seen;
  });
}
