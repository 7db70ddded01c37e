/**
 * Reviews of emergency starts: somebody who did not approve it looks at it afterwards, says what was found, and signs that.
 * Checked where it is made, and again by every admission that it lets pass. Pure and sandbox-safe.
 */
import { NAMESPACES, type ReviewStatement, type Signed } from '../workflows/contract/decisions.js';
import type { LedgerEntry } from './break-glass.js';
import type { Policy } from './policy.js';
import { type Refused, refused } from './refused.js';
import { checkSigner, readSigned } from './signer.js';
import { canonicalStatement } from './statement.js';

export function reviewStatement(
  { tenant, model, rolloutId }: LedgerEntry,
  said: Pick<ReviewStatement, 'finding' | 'by' | 'key' | 'issuedAtMs'>,
): string {
  const statement: ReviewStatement = { version: 1, tenant, model, rolloutId, ...said };
  return canonicalStatement(statement);
}

const KEYS = ['version', 'tenant', 'model', 'rolloutId', 'finding', 'by', 'key', 'issuedAtMs'];

/**
 * Whether the review counts: signed by a human who holds the policy's review role and approved nothing of this emergency.
 * Null when it does.
 */
export function unfitReview(
  signed: Signed,
  entry: LedgerEntry,
  policy: Pick<Policy, 'people' | 'breakGlass'>,
  atMs: number,
): Refused | null {
  const read = readSigned<ReviewStatement>(signed, KEYS, ({ tenant, model, rolloutId, finding }) =>
    [tenant, model, rolloutId, finding].every((value) => typeof value === 'string'),
  );
  if (read.kind === 'refused') return read;
  const times = { acceptedAtMs: atMs, nowMs: atMs };
  const made = checkSigner(signed, read.statement, NAMESPACES.review, policy.people, times);
  if (made.kind === 'refused') return made;
  const { rolloutId, tenant, model } = made.statement;
  if (rolloutId !== entry.rolloutId || tenant !== entry.tenant || model !== entry.model) {
    return refused('wrongRollout', `The review is of ${rolloutId}, not of ${entry.rolloutId}.`);
  }
  return unfitReviewer(made.person.id, entry, policy);
}

/** Asked before anything is signed, and again with the signature. */
export function unfitReviewer(
  by: string,
  entry: LedgerEntry,
  policy: Pick<Policy, 'people' | 'breakGlass'>,
): Refused | null {
  const person = policy.people.find(({ id }) => id === by);
  if (!person) return refused('unknownPerson', `The policy knows nobody called ${by}.`);
  if (person.kind !== 'human') return refused('notAPerson', `${by} is a service; people review.`);
  const role = policy.breakGlass?.reviewRole;
  if (role === undefined)
    return refused('breakGlassRefused', 'The policy knows no emergency start, so no review of one.');
  if (!person.roles.includes(role))
    return refused('roleNotHeld', `${by} does not hold the role ${role}, which reviews.`);
  if (!entry.by.includes(by)) return null;
  return refused(
    'selfApproval',
    `${by} approved this emergency start; somebody else with the role ${role} reviews it.`,
  );
}
