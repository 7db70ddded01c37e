/**
 * Signing with the key of the log: `ssh-keygen` does it, from a key file or an agent, so the private key is never read
 * here. What it made is checked before anything is done with it. Not sandbox-safe.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifySshsig } from '../../approvals/sshsig.js';
import { failure } from '../failures.js';

/** Nobody types a passphrase or touches a key here, so it takes milliseconds or never comes. */
const PATIENCE_MS = 10_000;

export interface LogSignature {
  armored: string;
  /** Of the key that made it. */
  fingerprint: string;
}

/**
 * Armored SSHSIG over the UTF-8 bytes of a text, with the private key in `file` (or the `.pub` file of a key an agent holds).
 * Throws noSigner with what ssh-keygen said. It is tried again: a log key that is away for a minute ends no rollout.
 */
export async function signWith(file: string, namespace: string, text: string): Promise<LogSignature> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-log-'));
  try {
    // A file, not standard input: ssh-keygen would take the text for a passphrase.
    const path = join(directory, 'text');
    await writeFile(path, text, { mode: 0o600 });
    const said = await keygen(['-q', '-Y', 'sign', '-n', namespace, '-f', file, path]);
    if (said !== null) throw failure('noSigner', `Nothing was signed with the log key ${file}: ${said}.`);
    const armored = await readFile(`${path}.sig`, 'utf8');
    const check = verifySshsig({ message: text, armored, namespace });
    if (check.kind === 'valid') return { armored, fingerprint: check.key.fingerprint };
    throw failure('noSigner', `The signature of the log key ${file} is not one that can be checked: ${check.sentence}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Null: it signed; else what it said. */
function keygen(args: string[]): Promise<string | null> {
  const child = spawn('ssh-keygen', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PATIENCE_MS,
    env: { ...process.env, SSH_ASKPASS_REQUIRE: 'never' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`ssh-keygen cannot be run (${error.message})`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? lastLine(said) : `ssh-keygen did not end within ${PATIENCE_MS / 1000} s`);
    });
  });
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.at(-1)?.trim().replace(/\.$/, '') || 'ssh-keygen gave no reason';
}
