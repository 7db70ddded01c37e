/** An emergency start: approved by a quorum of its own, told to everybody at once, and owed a review. */
import { Context } from '@temporalio/activity';
import { checkBreakGlass, type LedgerEntry, overdueReview } from '../../approvals/break-glass.js';
import type { Policy } from '../../approvals/policy.js';
import { unfitReview } from '../../approvals/review.js';
import { checkStartOrder } from '../../approvals/start-order.js';
import type { Admission, AdmitInput } from '../../workflows/contract/activities.js';
import { type BreakGlass, NAMESPACES, type Signed } from '../../workflows/contract/decisions.js';
import type { ActivityDeps } from '../deps.js';
import { failure } from '../failures.js';
import { type Ledger, ledgerOf } from '../store/ledger.js';

/** What was granted, and to whom it is owed. */
export interface Emergency {
  declared: BreakGlass;
  approvers: string[];
  granted: NonNullable<Admission['breakGlass']>;
}

/** Throws the refusal; null for an ordinary start. */
export function checkEmergency(
  deps: ActivityDeps,
  input: AdmitInput,
  declared: BreakGlass | null,
  atMs: number,
): Emergency | null {
  const { plan, by } = input;
  if (!declared) {
    if (input.breakGlass.length === 0) return null;
    throw failure('breakGlassRefused', 'Somebody approved an emergency that no start order declares.');
  }
  const approvers = input.breakGlass.map((signed) => approver(deps, input, declared, signed, atMs));
  const asked = { plan, policy: deps.policy, breakGlass: declared, approvers, initiator: by, atMs };
  const check = checkBreakGlass(asked);
  if (check.kind === 'refused') throw failure(check.code, check.sentence);
  const { waive, cap, reviewDueMs } = check;
  return { declared, approvers: [...new Set(approvers)], granted: { waive, cap, reviewDueMs } };
}

function approver(
  { policy }: ActivityDeps,
  { tenant, model, rolloutId, plan, planDigest }: AdmitInput,
  declared: BreakGlass,
  signed: Signed,
  atMs: number,
): string {
  const check = checkStartOrder({
    signed,
    policy,
    facts: { tenant, model, rolloutId, plan: planDigest, by: null, breakGlass: declared },
    namespace: NAMESPACES.breakGlass,
    atMs,
    tier: plan.risk,
  });
  if (check.kind === 'valid') return check.person.id;
  throw failure(check.code, `An approval of the emergency start does not count: ${check.sentence}`);
}

/**
 * Nothing of a tenant starts while a review is overdue, and no second emergency before the first one was reviewed. Read from
 * the ledger, so it holds when the workflow that owes the review is long gone.
 */
export async function refuseUnreviewed(
  { platform, policy }: ActivityDeps,
  { tenant, rolloutId }: AdmitInput,
  isEmergency: boolean,
  nowMs: number,
): Promise<void> {
  const ledger = ledgerIn(platform, tenant);
  const listed = (await ledger.list()).filter((entry) => entry.rolloutId !== rolloutId);
  const entries = await Promise.all(listed.map((entry) => believed(ledger, policy, entry)));
  const overdue = overdueReview(entries, nowMs);
  if (overdue) {
    const since = new Date(overdue.dueMs).toISOString();
    throw failure('reviewOverdue', `The review of ${named(overdue)} has been due since ${since}; it comes first.`);
  }
  const open = isEmergency ? entries.find(({ reviewedAtMs }) => reviewedAtMs === null) : undefined;
  if (!open) return;
  throw failure('breakGlassRefused', `${named(open)} is not reviewed yet; another one comes after its review.`);
}

/** A review counts for as long as its signature does: whoever can write files here must not be able to write reviews. */
async function believed(ledger: Ledger, policy: Policy, entry: LedgerEntry): Promise<LedgerEntry> {
  const review = entry.reviewedAtMs === null ? null : await ledger.reviewOf(entry.rolloutId);
  const counts = review !== null && unfitReview(review, entry, policy, review.atMs) === null;
  return counts ? entry : { ...entry, reviewedBy: null, reviewedAtMs: null };
}

function named({ rolloutId, model, reasonCode }: LedgerEntry): string {
  return `emergency start ${rolloutId} of ${model} (${reasonCode})`;
}

/** Writes down that a review is owed, and pages. The due date of the first attempt stands. */
export async function declareEmergency(
  deps: ActivityDeps,
  input: AdmitInput,
  { declared, approvers, granted }: Emergency,
  atMs: number,
): Promise<Emergency['granted']> {
  const { tenant, model, rolloutId } = input;
  const { dueMs } = await ledgerIn(deps.platform, tenant).open({
    rolloutId,
    tenant,
    model,
    atMs,
    dueMs: granted.reviewDueMs,
    reasonCode: declared.reasonCode,
    by: approvers,
    reviewedBy: null,
    reviewedAtMs: null,
  });
  const owed = { ...granted, reviewDueMs: dueMs };
  await page(deps, input, declared, owed);
  return owed;
}

function ledgerIn(platform: ActivityDeps['platform'], tenant: string): Ledger {
  const root = platform.tenants[tenant]?.evidence.root;
  if (root === undefined) throw failure('unsupported', `The platform file has no tenant ${tenant}.`);
  return ledgerOf(root, tenant);
}

/** Pages whoever the plan names. A notifier that is down neither stops an emergency nor hides it: the ledger has it. */
async function page(
  deps: ActivityDeps,
  { tenant, model, rolloutId, plan, by }: AdmitInput,
  { reasonCode, reason }: BreakGlass,
  granted: Emergency['granted'],
): Promise<void> {
  const due = new Date(granted.reviewDueMs).toISOString();
  const waived = `waives ${granted.waive.join(', ')} up to a share of ${granted.cap}`;
  const sentence = `EMERGENCY START by ${by} (${reasonCode}: ${reason}): ${plan.candidate.version} of ${model} ${waived}; its review is due ${due}.`;
  const eventId = `${rolloutId}-break-glass`;
  const event = { tenant, model, rolloutId, eventId, type: 'breakGlass', urgent: true, sentence };
  const { cancellationSignal, log } = Context.current();
  const connections = deps.connections(tenant);
  const sent = await Promise.allSettled(
    plan.notify.map(async (name) => connections.notifier(name).send(event, cancellationSignal)),
  );
  for (const one of sent)
    if (one.status === 'rejected') log.warn('an emergency start was not told', { why: String(one.reason) });
}
