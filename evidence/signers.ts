/**
 * The policy's keys as an `allowed_signers` file (ssh-keygen(1)): literal ids, the meanings each key may sign, and when it
 * was valid. Pure.
 */
import type { Policy, PolicyKey } from '../approvals/policy.js';
import { NAMESPACES } from '../workflows/contract/decisions.js';
import { NAME } from '../workflows/contract/ids.js';

const DECIDING = ['approve', 'reject', 'revoke', 'start', 'breakGlass', 'review'] as const;

/** Entries whose id or key is not of the plain form are left out: an id with a `*` would match everybody. */
export function allowedSigners({ people, logs }: Pick<Policy, 'people' | 'logs'>): string {
  const persons = people.flatMap(({ id, kind, keys }) => {
    const meanings = kind === 'human' ? DECIDING : (['start'] as const);
    return keys.flatMap((key) => line(id, namespaces(meanings), key.key, validity(key)));
  });
  const keepers = logs.flatMap(({ name, key }) => line(logPrincipal(name), namespaces(['checkpoint']), key, []));
  return [...persons, ...keepers].map((each) => `${each}\n`).join('');
}

/** A log key is no person: its principal says so. */
export function logPrincipal(name: string): string {
  return `log-${name}`;
}

function namespaces(meanings: readonly (keyof typeof NAMESPACES)[]): string {
  return `namespaces="${meanings.map((meaning) => NAMESPACES[meaning]).join(',')}"`;
}

const KEY_LINE = /^[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,4000}={0,2}$/;

function line(principal: string, meanings: string, key: string, dates: string[]): string[] {
  const written = key.trim().split(/\s+/).slice(0, 2).join(' ');
  if (!NAME.test(principal) || !KEY_LINE.test(written)) return [];
  return [`${principal} ${[meanings, ...dates].join(',')} ${written}`];
}

/** Whole seconds, the narrower way: nothing counts here that the policy does not count. */
function validity({ validFromMs, validToMs, revokedAtMs }: PolicyKey): string[] {
  const ends = [validToMs, revokedAtMs].filter((ms) => ms !== null);
  return [
    ...(validFromMs === null ? [] : [`valid-after="${stamp(Math.ceil(validFromMs / 1000) * 1000)}"`]),
    ...(ends.length === 0 ? [] : [`valid-before="${stamp(Math.min(...ends))}"`]),
  ];
}

/** `20261231235959Z`, for allowed_signers and for `-Overify-time=`. */
export function stamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}
