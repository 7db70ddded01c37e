/** The command line of `npm run demo`. Pure. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Everything random in the demo comes from it; drawn when not given, and always shown. */
  seed: number;
  /** A person decides from a second terminal; nothing is approved by script. */
  interactive: boolean;
  /** Everything stays up at the end until Ctrl-C, to look around. */
  keep: boolean;
}

export const USAGE = `usage: npm run demo -- [--seed N] [--interactive] [--keep]
  --seed N       another run of luck: which mail comes when, and who is in the share
  --interactive  you approve, hold and roll back from a second terminal
  --keep         leave everything up at the end, to look around in the Temporal UI`;

/** Throws with USAGE in the message. */
export function parseOptions(args: string[]): DemoOptions {
  const options = { seed: { type: 'string' }, interactive: { type: 'boolean' }, keep: { type: 'boolean' } } as const;
  const values = (() => {
    try {
      return parseArgs({ args, options, strict: true }).values;
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    }
  })();
  const seed = values.seed === undefined ? randomInt(1, 1_000_000) : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`--seed takes a whole number, not ${values.seed}\n${USAGE}`);
  return { seed, interactive: values.interactive ?? false, keep: values.keep ?? false };
}
