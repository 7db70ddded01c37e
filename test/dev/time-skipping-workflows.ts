/** A workflow for time-skipping.test.ts. Sandbox-safe. */
import { sleep } from '@temporalio/workflow';

export async function fortnight(): Promise<string> {
  await sleep('14 days');
  return 'slept';
}
