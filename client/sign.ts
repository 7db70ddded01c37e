/**
 * Signing with a person's SSH key. `ssh-keygen` does it, from a key file, an agent or a security key; a private key is
 * never read here. What it made is checked before anything is done with it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PublicKey, parsePublicKey } from '../approvals/ssh-key.js';
import { verifySshsig } from '../approvals/sshsig.js';
import { messageOf, Problem } from './problem.js';

export interface Signer {
  /** As given with `--key`: a private key, or the `.pub` file of a key that an agent holds. */
  file: string;
  key: PublicKey;
}

/** Time to type a passphrase or to touch a security key. */
const PATIENCE_MS = 120_000;

/** Finds the public half of the key to sign with. Throws noSigner, or weakKey for a kind that proves nothing. */
export async function openSigner(file: string | undefined): Promise<Signer> {
  if (file === undefined) {
    const remedy =
      'Name your key: --key ~/.ssh/id_ed25519 (or the .pub file of a key that ssh-agent holds), or set SLUICE_KEY. To sign on another machine, use --print.';
    throw new Problem('noSigner', 'Decisions of this rollout are signed, and no key is given.', remedy);
  }
  const reading = parsePublicKey(await publicLine(file));
  if (reading.kind === 'key') return { file, key: reading.key };
  const remedy = 'Make a key with: ssh-keygen -t ed25519 (or -t ed25519-sk), and have it added to the policy.';
  throw new Problem(reading.code === 'weakKey' ? 'weakKey' : 'noSigner', `${file}: ${reading.why}.`, remedy);
}

async function publicLine(file: string): Promise<string> {
  const beside = file.endsWith('.pub') ? file : `${file}.pub`;
  if (existsSync(beside)) return readPublic(beside);
  if (!existsSync(file)) {
    throw new Problem(
      'noSigner',
      `There is no key file ${file}.`,
      'Name the file of your key with --key or SLUICE_KEY.',
    );
  }
  // Without a passphrase to ask for, the public half can be had from the private file.
  const ran = await keygen(['-y', '-P', '', '-f', file]);
  if (ran.code === 0) return ran.out;
  throw new Problem(
    'noSigner',
    `The public half of ${file} cannot be read: ${lastLine(ran.err)}`,
    `Write it beside it: ssh-keygen -y -f ${file} > ${file}.pub`,
  );
}

function readPublic(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Problem('noSigner', `${file} cannot be read: ${messageOf(error)}`, 'Name a readable key file.', error);
  }
}

/** Armored SSHSIG over the UTF-8 bytes of the statement. Throws noSigner with what ssh-keygen said and what to do about it. */
export async function sign({ file, key }: Signer, namespace: string, statement: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-sign-'));
  try {
    // A file, not standard input: ssh-keygen would take the statement for a passphrase.
    const path = join(directory, 'statement.json');
    writeFileSync(path, statement, { mode: 0o600 });
    const ran = await keygen(['-q', '-Y', 'sign', '-n', namespace, '-f', file, path]);
    if (ran.code !== 0) throw unsigned(file, ran.err);
    const armored = readFileSync(`${path}.sig`, 'utf8');
    const check = verifySshsig({ message: statement, armored, namespace });
    if (check.kind === 'valid' && check.key.fingerprint === key.fingerprint) return armored;
    const said = check.kind === 'valid' ? `it was made by ${check.key.fingerprint}` : check.sentence;
    throw new Problem(
      'noSigner',
      `ssh-keygen made a signature that is not one of ${key.fingerprint}: ${said}`,
      `Is ${file}.pub the public half of ${file}? Write it anew: ssh-keygen -y -f ${file} > ${file}.pub`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function keygen(args: string[]): Promise<Ran> {
  const child = spawn('ssh-keygen', args, {
    stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (ran.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    ran.err += text;
    // A security key waits to be touched, and says so here only.
    if (/user presence/i.test(text)) process.stderr.write(text);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(noProgram(error)));
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}

function noProgram(error: Error): Problem {
  const remedy =
    'Install OpenSSH (8.2 or later), or sign elsewhere: print the statement with --print, send it with --signature.';
  return new Problem('noSigner', `ssh-keygen cannot be run: ${error.message}`, remedy, error);
}

function unsigned(file: string, said: string): Problem {
  const [why, remedy] = explained(file, said);
  return new Problem('noSigner', `Nothing was signed with ${file}: ${why}.`, remedy);
}

function explained(file: string, said: string): [why: string, remedy: string] {
  const bare = file.replace(/\.pub$/, '');
  if (/UNPROTECTED PRIVATE KEY/.test(said)) {
    return ['others may read the key, so ssh-keygen does not use it', `Keep it to yourself: chmod 600 ${bare}`];
  }
  if (/incorrect passphrase|bad passphrase/i.test(said)) {
    const why = 'the passphrase was wrong, or nobody was there to type it';
    return [why, `Type it at a terminal, or load the key: ssh-add ${bare}, then --key ${bare}.pub`];
  }
  if (/No private key found|agent/i.test(said)) {
    const why = 'no agent holds it, and its private half is not beside it';
    return [why, `Load it: ssh-add ${bare}; or name the private key itself with --key`];
  }
  if (/(unknown|illegal|invalid) option|usage:/i.test(said)) {
    return ['this ssh-keygen does not sign', 'Install OpenSSH 8.2 or later; `ssh -V` tells which one is there.'];
  }
  const remedy = 'Try it by hand: echo x | ssh-keygen -Y sign -n test -f KEY; or sign elsewhere with --print.';
  return [lastLine(said), remedy];
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.at(-1)?.trim().replace(/\.$/, '') || 'ssh-keygen gave no reason';
}
