/** A process that raises exposure and pauses at a named point until told to go on: `raise-child.ts <file> <point>`. */
import { once } from 'node:events';
import { ApplicationFailure } from '@temporalio/common';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { exposing, order } from './support.js';

const [file = '', point = ''] = process.argv.slice(2);
const tell = (message: object) => new Promise((resolve) => process.send?.(message, resolve));
let paused = false;

const store = flagdFileStore(file, {
  async reached(name) {
    if (name !== point || paused) return;
    paused = true;
    await tell({ at: name });
    await once(process, 'message');
  },
});
try {
  await tell({ raised: (await store.apply(order(exposing(0.5, ['staff']), 0))).revision });
} catch (error) {
  await tell({ refused: error instanceof ApplicationFailure ? error.type : String(error) });
}
process.disconnect();
