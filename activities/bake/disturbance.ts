/**
 * Until when somebody's edit of the flag spoilt the traffic. Windows that touch it are kept as evidence but not judged:
 * their users were not split as the step asked, and one such window would break the split check for good.
 */
import type { Look } from './bake.js';

const NAME = 'disturbed';

/** To be called at every look that finds the flag not as approved, after it was put back if it was. */
export async function noteDisturbance({ deps, input, evidence }: Look): Promise<void> {
  const { propagationMs } = deps.connections(input.tenant).exposure(input.target.store).describe();
  await evidence.putState(NAME, { untilMs: deps.now() + propagationMs });
}

/** Unix milliseconds; 0: nobody has edited anything. */
export async function disturbedUntil({ evidence }: Look): Promise<number> {
  const noted = (await evidence.getState(NAME)) as { untilMs: number } | null;
  return noted?.untilMs ?? 0;
}
