/** Files of public keys, as `--trust-roots` and `--trust` name them. */
import { readFileSync } from 'node:fs';
import { type PublicKey, parsePublicKeys } from '../approvals/ssh-key.js';
import { messageOf, Problem } from './problem.js';

/** All keys of a file, one a line. Throws noSigner when there is none, weakKey for one that proves nothing. */
export function publicKeysIn(file: string): PublicKey[] {
  const keys = parsePublicKeys(textOf(file)).map(({ line, reading }) => {
    if (reading.kind === 'key') return reading.key;
    throw new Problem(
      reading.code,
      `${file}:${line}: ${reading.why}.`,
      'Give public keys, one a line, as in .pub files.',
    );
  });
  if (keys.length > 0) return keys;
  throw new Problem('noSigner', `${file} holds no public key.`, 'Give public keys, one a line, as in .pub files.');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem('noSigner', `${file} cannot be read: ${messageOf(error)}`, 'Name a readable file.', error);
  }
}
