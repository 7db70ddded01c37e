/**
 * Keys of one run: two roots that sign the policy, a log that signs checkpoints, and one for each person. Made by
 * ssh-keygen without a passphrase and labelled as the demo's: real ones are on hardware, or at least behind a passphrase.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOTS = ['root-1', 'root-2'] as const;

export interface DemoKeys {
  /** Path of the private key. */
  file(name: string): string;
  /** `type base64 comment`. */
  publicKey(name: string): string;
  /** Armored signature over the bytes of a file. */
  sign(name: string, namespace: string, file: string): string;
}

const PATIENCE_MS = 10_000;

export function makeKeys(directory: string, people: readonly string[]): DemoKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(directory, name);
  for (const name of [...ROOTS, 'log', ...people]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${name} (demo key)`, '-f', file(name)], {
      timeout: PATIENCE_MS,
    });
  }
  return {
    file,
    publicKey: (name) => readFileSync(`${file(name)}.pub`, 'utf8').trim(),
    sign: (name, namespace, signed) =>
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', file(name)], {
        input: readFileSync(signed),
        encoding: 'utf8',
        timeout: PATIENCE_MS,
      }),
  };
}
