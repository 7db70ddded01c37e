/** Adds one to a number in a file, many times, under the lock: `count-child.ts <file> <times>`. */
import { readFile } from 'node:fs/promises';
import { LockBusy, LockLost, withFileLock } from '../../../activities/store/file-lock.js';

const [file = '', times = '0'] = process.argv.slice(2);
for (let done = 0; done < Number(times); ) {
  try {
    await withFileLock(file, async (lock) => {
      await lock.prepare(String(Number(await readFile(file, 'utf8')) + 1));
      await lock.commit();
    });
    done += 1;
  } catch (error) {
    if (!(error instanceof LockLost) && !(error instanceof LockBusy)) throw error;
  }
}
