/**
 * Whose policy it is: the exact bytes of policy.yaml, signed by the roots that the reader holds in settings of its own. Pure.
 */
import { NAMESPACES } from '../workflows/contract/decisions.js';
import type { PublicKey } from './ssh-key.js';
import { verifySshsig } from './sshsig.js';

/** Distinct roots that must have signed a policy (governance.md section 7.1). */
export const ROOTS_NEEDED = 2;

export type PolicyTrust =
  /** Fingerprints of the roots that signed. */
  { kind: 'signed'; roots: string[] } | { kind: 'unsigned'; sentence: string };

/**
 * Checks the signatures of a policy against the roots. Two distinct ones must have signed, or all where fewer are trusted;
 * with no root at all nothing is ever signed. Signatures of strangers change nothing.
 */
export function checkPolicySignatures(asked: {
  text: string | Uint8Array;
  signatures: readonly string[];
  roots: readonly PublicKey[];
}): PolicyTrust {
  const { text, signatures, roots } = asked;
  const checks = signatures.map((armored) => verifySshsig({ message: text, armored, namespace: NAMESPACES.policy }));
  const signers = new Set(checks.flatMap((check) => (check.kind === 'valid' ? [check.key.fingerprint] : [])));
  const trusted = [...new Set(roots.map(({ fingerprint }) => fingerprint))];
  const signed = trusted.filter((fingerprint) => signers.has(fingerprint));
  const needed = Math.max(1, Math.min(ROOTS_NEEDED, trusted.length));
  if (signed.length >= needed) return { kind: 'signed', roots: signed };
  const wrong = checks.flatMap((check) => (check.kind === 'refused' ? [check.sentence] : []))[0];
  const strangers = [...signers].filter((fingerprint) => !trusted.includes(fingerprint));
  const why = [
    ...(wrong === undefined ? [] : [`A signature does not count: ${wrong}`]),
    ...(strangers.length === 0 ? [] : [`Signed by ${strangers.join(', ')}, which is no trusted root.`]),
  ].join(' ');
  const sentence = `The policy is signed by ${signed.length} of ${needed} trusted roots that must have signed it. ${why}`;
  return { kind: 'unsigned', sentence: sentence.trim() };
}
