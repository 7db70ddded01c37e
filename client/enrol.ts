/**
 * Enrolment of keys: whoever has a key put into the policy shows that he holds its private half, so nobody can claim
 * somebody else's key. One fingerprint, one person. Changes are made to the text of the policy; nothing is written here.
 */
import type { Policy, PolicyKey } from '../approvals/policy.js';
import type { PublicKey } from '../approvals/ssh-key.js';
import { verifySshsig } from '../approvals/sshsig.js';
import { canonicalStatement } from '../approvals/statement.js';
import { type WrittenKey, withKey, withRevokedKey } from './policy-edit.js';
import { Problem } from './problem.js';

export const ENROL_NAMESPACE = 'enrol.v1@sluice';

/** What the person signs to prove possession: canonical JSON, without a line end. */
export function challenge(person: string, key: PublicKey): string {
  return canonicalStatement({ version: 1, person, key: key.line });
}

/** Throws with the code of the check unless `armored` is that key's own signature over its challenge. */
export function checkProof(person: string, key: PublicKey, armored: string): void {
  const check = verifySshsig({ message: challenge(person, key), armored, namespace: ENROL_NAMESPACE });
  const remedy = `Sign what --challenge prints, with the key itself: ssh-keygen -Y sign -n ${ENROL_NAMESPACE} -f KEY FILE`;
  if (check.kind === 'refused') throw new Problem(check.code, check.sentence, remedy);
  if (check.key.fingerprint === key.fingerprint) return;
  const message = `The proof was signed by ${check.key.fingerprint}, which is another key.`;
  throw new Problem('badSignature', message, remedy);
}

/** The text with the key added. Throws unknownPerson, or badPolicy when the fingerprint is somebody's already. */
export function enrolled(
  text: string,
  policy: Policy,
  person: string,
  key: PublicKey,
  dates: Omit<WrittenKey, 'key'>,
): string {
  known(policy, person);
  const holder = policy.people.find(({ keys }) => keys.some(({ fingerprint }) => fingerprint === key.fingerprint));
  if (holder) {
    const message = `The policy lists ${key.fingerprint} for ${holder.id} already.`;
    const remedy =
      holder.id === person
        ? 'Nothing is left to do; a revoked key is never taken back: make a new one with ssh-keygen.'
        : 'One key is one person: make a key of your own with ssh-keygen -t ed25519.';
    throw new Problem('badPolicy', message, remedy);
  }
  return withKey(text, person, { key: key.line, ...dates });
}

/** The text with the key marked as revoked from that time. Throws unknownPerson, unknownKey, or keyRevoked when it is. */
export function revoked(
  text: string,
  policy: Policy,
  person: string,
  fingerprint: string,
  { atMs, reason }: { atMs: number; reason: string },
): string {
  const key = known(policy, person).find((listed) => listed.fingerprint === fingerprint);
  if (!key) {
    const message = `The policy lists no key ${fingerprint} for ${person}.`;
    throw new Problem('unknownKey', message, 'See the keys there are: sluice keys list');
  }
  if (key.revokedAtMs !== null) {
    const message = `${fingerprint} is revoked since ${new Date(key.revokedAtMs).toISOString()}.`;
    throw new Problem('keyRevoked', message, 'Nothing is left to do.');
  }
  const line = key.key.trim().split(/\s+/).slice(0, 2).join(' ');
  return withRevokedKey(text, person, line, { revokedAt: new Date(atMs).toISOString(), reason });
}

function known(policy: Policy, person: string): PolicyKey[] {
  const found = policy.people.find(({ id }) => id === person);
  if (found) return found.keys;
  const message = `The policy knows nobody called ${person}.`;
  throw new Problem('unknownPerson', message, 'Add the person to policy.yaml first, with kind and roles.');
}
