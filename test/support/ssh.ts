/** Real keys and signatures, made by ssh-keygen in a directory of the test's own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SshKey {
  /** Path of the private key. */
  file: string;
  /** `type base64`, without a comment. */
  line: string;
  /** Armored SSHSIG over the bytes of the text. */
  sign(namespace: string, text: string): string;
}

export interface KeyRing {
  directory: string;
  /** Made on first use; the same name gives the same key. */
  key(name: string, type?: 'ed25519' | 'ecdsa'): SshKey;
  remove(): void;
}

export function keyRing(): KeyRing {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
  const made = new Map<string, SshKey>();
  return {
    directory,
    key: (name, type = 'ed25519') => {
      const known = made.get(name) ?? makeKey(join(directory, name), type);
      made.set(name, known);
      return known;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function makeKey(file: string, type: 'ed25519' | 'ecdsa'): SshKey {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file], { timeout: 10_000 });
  return {
    file,
    line: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' '),
    sign: (namespace, input) =>
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', file], {
        input,
        encoding: 'utf8',
        timeout: 10_000,
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
  };
}
