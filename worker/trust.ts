/** Whom a worker believes: the roots named on its command line, and the signatures of theirs beside the policy. */
import { readFileSync } from 'node:fs';
import { parsePublicKeys, type PublicKey } from '../approvals/ssh-key.js';
import { checkPolicySignatures, ROOTS_NEEDED } from '../approvals/policy-trust.js';
import { splitArmored } from '../approvals/sshsig.js';
import type { Trust } from '../activities/deps.js';
import { SettingsError } from './settings-error.js';

/** Throws SettingsError when the roots cannot be read or are too few, or have not signed the policy. */
export function readTrust(rootsFile: string, policyFile: string, policyText: string): Trust {
  const roots = readRoots(rootsFile);
  const policySignatures = readSignatures(`${policyFile}.sig`);
  const check = checkPolicySignatures({ text: policyText, signatures: policySignatures, roots });
  if (check.kind === 'signed') return { roots, policyText, policySignatures };
  const found = policySignatures.length === 0 ? `There is no signature in ${policyFile}.sig.` : check.sentence;
  throw new SettingsError(
    `${policyFile} is not signed by the roots of ${rootsFile}. ${found}\n${howToSign(policyFile)}`,
  );
}

function readRoots(file: string): PublicKey[] {
  const readings = parsePublicKeys(read(file, 'name a file of public keys with --trust-roots'));
  const bad = readings.flatMap(({ line, reading }) =>
    reading.kind === 'bad' ? [`${file}:${line}: ${reading.why}`] : [],
  );
  if (bad.length > 0) throw new SettingsError(bad.join('\n'));
  const keys = readings.flatMap(({ reading }) => (reading.kind === 'key' ? [reading.key] : []));
  const roots = [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
  if (roots.length >= ROOTS_NEEDED) return roots;
  const remedy = 'One key alone could rewrite every rule: list the keys of at least two people, one a line.';
  throw new SettingsError(`${file} names ${roots.length} distinct root, and ${ROOTS_NEEDED} are needed. ${remedy}`);
}

/** No such file is no signature; one that cannot be read is said to be so. */
function readSignatures(file: string): string[] {
  try {
    return splitArmored(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new SettingsError(`${file} cannot be read; it must be readable for the user of the worker.`);
  }
}

function howToSign(policyFile: string): string {
  return [
    `Two holders of a root key each run: ssh-keygen -Y sign -n policy.v1@sluice -f ROOTKEY ${policyFile}`,
    `Each makes a ${policyFile}.sig; put them into one file, one after the other: cat a.sig b.sig > ${policyFile}.sig`,
  ].join('\n');
}

function read(file: string, remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SettingsError(`${file} cannot be read; ${remedy}.`);
  }
}
