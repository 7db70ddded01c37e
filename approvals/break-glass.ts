/**
 * Emergency starts: who may waive gates, which, up to which share, and whether earlier ones were looked at since. What a
 * missing review blocks is kept outside any rollout. Pure and sandbox-safe.
 */
import type { BreakGlass } from '../workflows/contract/decisions.js';
import type { Plan } from '../workflows/contract/plan.js';
import type { Policy } from './policy.js';
import { matchQuorum } from './quorum.js';
import { quoted, type Refused, refused } from './refused.js';

export type BreakGlassCheck =
  /**
   * `waive` need not pass at exposures whose share is at most `cap`, and may still roll back there; above it the plan holds
   * whole. `reviewDueMs`: without a review by then the tenant's next rollout is refused.
   */
  { kind: 'admitted'; waive: string[]; cap: number; reviewDueMs: number } | Refused;

/**
 * Whether the policy lets these people waive these gates. `approvers` are ids proven by their signatures; one person is one,
 * however often they stand there, and services, strangers and people without a role of the emergency quorum are none. Whoever starts
 * counts as one of the quorum but is never the only one (governance.md section 3.1). Every refusal has the code breakGlassRefused.
 */
export function checkBreakGlass(asked: {
  plan: Pick<Plan, 'gates' | 'stages'>;
  policy: Pick<Policy, 'people' | 'breakGlass'>;
  breakGlass: BreakGlass;
  approvers: readonly string[];
  initiator: string;
  atMs: number;
}): BreakGlassCheck {
  const { plan, policy, breakGlass, atMs } = asked;
  const rules = policy.breakGlass;
  if (!rules) return no('The policy knows no emergency start.');
  const { reasonCode, reason, waive } = breakGlass;
  if (!rules.reasonCodes.includes(reasonCode)) {
    return no(`The policy knows no reason code ${quoted(reasonCode)}; it knows ${rules.reasonCodes.join(', ')}.`);
  }
  if (reason.trim() === '') return no('An emergency start says why, and the reason is empty.');
  const wrong = unfitWaiver(plan, waive, rules.cap) ?? lackingQuorum(asked, rules);
  if (wrong !== null) return no(wrong);
  return { kind: 'admitted', waive, cap: rules.cap, reviewDueMs: atMs + rules.reviewWithinMs };
}

function no(sentence: string): Refused {
  return refused('breakGlassRefused', sentence);
}

function unfitWaiver(plan: Pick<Plan, 'gates' | 'stages'>, waive: readonly string[], cap: number): string | null {
  if (waive.length === 0) return 'It waives no gate; start it without breaking the glass.';
  const stranger = waive.find((gate) => !Object.hasOwn(plan.gates, gate));
  if (stranger !== undefined) return `The plan has no gate ${quoted(stranger)} that could be waived.`;
  const below = plan.stages.filter(({ steps }) => steps.some(({ share }) => share <= cap));
  const unaskable = waive.find((gate) => !below.some(({ gates }) => gates.includes(gate)));
  if (unaskable === undefined) return null;
  return `Gates are waived up to a share of ${cap}, and ${quoted(unaskable)} is asked above that only.`;
}

function lackingQuorum(
  { policy, approvers, initiator }: Parameters<typeof checkBreakGlass>[0],
  { rules }: NonNullable<Policy['breakGlass']>,
): string | null {
  const people = policy.people.filter(({ id, kind }) => kind === 'human' && approvers.includes(id));
  const { satisfied, open } = matchQuorum(rules, people);
  if (!satisfied) return `The emergency still needs ${open.join(', ')}, each a person of their own.`;
  const holds = (roles: readonly string[]): boolean => rules.some(({ role }) => roles.includes(role));
  const others = people.filter(({ id, roles }) => id !== initiator && holds(roles));
  return others.length > 0 ? null : `Nobody but ${quoted(initiator)}, who starts it, approved the emergency.`;
}

/** An emergency start, as the ledger of its tenant keeps it. Times are unix milliseconds. */
export interface LedgerEntry {
  rolloutId: string;
  tenant: string;
  model: string;
  atMs: number;
  /** Review due. */
  dueMs: number;
  reasonCode: string;
  /** Who approved it. */
  by: string[];
  /** Null: nobody yet. */
  reviewedBy: string | null;
  reviewedAtMs: number | null;
}

/**
 * The entry whose review has been due for longest, null when none is: while there is one, nothing of the tenant starts. A
 * late review lifts the block; `entries` are those of one tenant.
 */
export function overdueReview(entries: readonly LedgerEntry[], nowMs: number): LedgerEntry | null {
  const overdue = entries.filter(({ dueMs, reviewedAtMs }) => reviewedAtMs === null && dueMs <= nowMs);
  return overdue.reduce<LedgerEntry | null>(
    (oldest, each) => (oldest && oldest.dueMs <= each.dueMs ? oldest : each),
    null,
  );
}
