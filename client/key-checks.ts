/** Is a policy's keys' part sound: who can sign at a time, and who is asked and cannot. Pure. */
import type { Policy, PolicyKey, PolicyPerson } from '../approvals/policy.js';
import { checkPolicySignatures } from '../approvals/policy-trust.js';
import { matchQuorum } from '../approvals/quorum.js';
import type { PublicKey } from '../approvals/ssh-key.js';
import type { ApprovalRule } from '../workflows/contract/plan.js';
import type { Check } from './render/checks.js';

export type KeyState = 'valid' | 'notYetValid' | 'expired' | 'revoked';

export function keyState({ validFromMs, validToMs, revokedAtMs }: PolicyKey, atMs: number): KeyState {
  if (revokedAtMs !== null && revokedAtMs <= atMs) return 'revoked';
  if (validFromMs !== null && atMs < validFromMs) return 'notYetValid';
  return validToMs !== null && atMs >= validToMs ? 'expired' : 'valid';
}

/** Roots with which the file must be signed, or null when none were named. */
export interface Signatures {
  text: string;
  armored: string[];
  roots: PublicKey[] | null;
}

export function keyChecks(policy: Policy, signatures: Signatures, atMs: number): Check[] {
  return [signed(signatures), ...people(policy, atMs), ...roles(policy, atMs)];
}

function signed({ text, armored, roots }: Signatures): Check {
  const name = 'signatures';
  if (roots === null) {
    return { name, state: 'skipped', sentence: 'not checked: --trust-roots FILE names the roots', remedy: '' };
  }
  const check = checkPolicySignatures({ text, signatures: armored, roots });
  if (check.kind === 'signed') {
    return { name, state: 'ok', sentence: `signed by ${check.roots.join(' and ')}`, remedy: '' };
  }
  return { name, state: 'problem', sentence: check.sentence, remedy: SIGN_AGAIN };
}

export const SIGN_AGAIN =
  'Each root signs the file: ssh-keygen -Y sign -n policy.v1@sluice -f ROOT < policy.yaml > ROOT.sig; then all signatures go into one file: cat ROOT1.sig ROOT2.sig > policy.yaml.sig';

/** Humans with a role and no key to use it with. */
function people(policy: Policy, atMs: number): Check[] {
  const asked = policy.people.filter(({ kind, roles: held }) => kind === 'human' && held.length > 0);
  return asked.map(({ id, keys }): Check => {
    const valid = keys.filter((key) => keyState(key, atMs) === 'valid');
    const name = `person ${id}`;
    if (valid.length > 0) {
      return { name, state: 'ok', sentence: valid.map(({ fingerprint }) => fingerprint).join(', '), remedy: '' };
    }
    const others = keys.map((key) => `${key.fingerprint} ${keyState(key, atMs)}`).join(', ');
    const sentence = keys.length === 0 ? 'has no key' : `has no valid key: ${others}`;
    return { name, state: 'problem', sentence, remedy: `Add one: sluice keys add ${id} FILE.pub --challenge` };
  });
}

interface Demand {
  name: string;
  rules: ApprovalRule[];
  hardware: boolean;
}

function demands({ floor, tiers, breakGlass }: Policy): Demand[] {
  const stages = (['low', 'medium', 'high'] as const).flatMap((tier) =>
    Object.entries(floor[tier]).map(([stage, rules]) => ({
      name: `${tier} ${stage}`,
      rules,
      hardware: tiers[tier].assurance === 'hardware',
    })),
  );
  const emergency = breakGlass
    ? [
        { name: 'break-glass', rules: breakGlass.rules, hardware: false },
        { name: 'break-glass review', rules: [{ role: breakGlass.reviewRole, min: 1 }], hardware: false },
      ]
    : [];
  return [...stages, ...emergency].filter(({ rules }) => rules.length > 0);
}

/** Could the people with valid keys fill every rule of the policy, were all of them to say yes? */
function roles(policy: Policy, atMs: number): Check[] {
  return demands(policy).map(({ name, rules, hardware }): Check => {
    const able = policy.people.filter((person) => canSign(person, hardware, atMs));
    const { satisfied, open } = matchQuorum(rules, able);
    const asks = rules.map((rule) => `${rule.min} ${rule.role}`).join(' and ');
    if (satisfied) return { name, state: 'ok', sentence: `asks ${asks}; they can sign`, remedy: '' };
    const kind = hardware ? 'a valid security key' : 'a valid key';
    const sentence = `asks ${asks}; nobody with ${kind} is left for ${open.join(', ')}`;
    return { name, state: 'problem', sentence, remedy: 'Add keys of people who hold the role: sluice keys add' };
  });
}

function canSign({ kind, keys }: PolicyPerson, hardware: boolean, atMs: number): boolean {
  return kind === 'human' && keys.some((key) => keyState(key, atMs) === 'valid' && (!hardware || key.hardware));
}
