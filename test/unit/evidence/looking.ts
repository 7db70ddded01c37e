/** What verify said, by check. */
import { bundle } from '../../../evidence/bundle.js';
import { type Verification, verifyBundle } from '../../../evidence/verify.js';
import type { KeyRing } from '../../support/ssh.js';
import { type Files, publicKey } from './keeping.js';

/** `invalid: entry 3 ...` by name of the check; a note never hides a finding. */
export function statesOf({ lines }: Verification): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { check, state, sentence } of lines) found[check] ??= `${state}: ${sentence}`;
  return found;
}

/** Verified against the genuine root. */
export async function look(ring: KeyRing, files: Files): Promise<{ exit: number; said: Record<string, string> }> {
  const found = await verifyBundle(await bundle(files), [publicKey(ring, 'root-a')]);
  return { exit: found.exit, said: statesOf(found) };
}
