/** `sluice verify`: is a bundle what it claims to be? Offline; needs nothing but the file and the auditor's own root keys. */
import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { PublicKey } from '../../approvals/ssh-key.js';
import type { ExitCode } from '../../workflows/contract/errors.js';
import { messageOf, Problem } from '../problem.js';
import { act, type Shell } from './shell.js';

interface Options {
  trust?: string[];
}

export function verifyVerb(root: Command): void {
  root
    .command('verify')
    .argument('<bundle>', 'a file made by `sluice bundle`')
    .option('--trust <file>', 'public keys of policy roots, that did not come with the bundle', another)
    .description('check a bundle: one line for each check')
    .action(act<Options>(async (shell, [file = ''], { trust }) => verify(shell, file, trust ?? null)));
}

/** Repeatable, one file each: a list would swallow the bundle that comes after it. */
function another(file: string, others: string[] = []): string[] {
  return [...others, file];
}

async function verify(shell: Shell, file: string, trusted: string[] | null): Promise<ExitCode> {
  const { verifyBundle } = await import('../../evidence/verify.js');
  const { verifyLines } = await import('../render/verify.js');
  const roots = trusted === null ? null : await rootsIn(trusted);
  const verification = await verifyBundle(await bytesOf(file), roots);
  shell.emit({ version: 1, file, ...verification });
  shell.say(...verifyLines(verification, shell.canvas()));
  return verification.exit;
}

/** A file no bundle can be is refused before it is read into memory. */
async function bytesOf(file: string): Promise<Uint8Array> {
  const { LIMITS } = await import('../../evidence/archive.js');
  try {
    const { size } = statSync(file);
    if (size <= LIMITS.archive) return readFileSync(file);
  } catch (error) {
    throw new Problem('notFound', `${file} cannot be read: ${messageOf(error)}`, REMEDY);
  }
  throw new Problem('evidenceInvalid', `${file} is larger than any bundle (${LIMITS.archive} bytes).`, REMEDY);
}

const REMEDY = 'Name a file made by `sluice bundle`.';

async function rootsIn(files: readonly string[]): Promise<PublicKey[]> {
  const { parsePublicKeys } = await import('../../approvals/ssh-key.js');
  const roots = files.flatMap((file) =>
    parsePublicKeys(textOf(file)).map(({ line, reading }) => {
      if (reading.kind === 'key') return reading.key;
      throw new Problem(reading.code, `${file}:${line}: ${reading.why}.`, 'Give the `.pub` file of a policy root.');
    }),
  );
  if (roots.length > 0) return roots;
  throw new Problem('noSigner', `${files.join(', ')} holds no public key.`, 'Give the `.pub` file of a policy root.');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const remedy = 'Give the `.pub` file of a policy root, as whoever keeps it handed it to you.';
    throw new Problem('noSigner', `${file} cannot be read: ${messageOf(error)}`, remedy);
  }
}
