/** An emergency start: what it waived, who approved it, and whether the policy lets them. Pure. */
import { checkBreakGlass } from '../../approvals/break-glass.js';
import { checkStartOrder } from '../../approvals/start-order.js';
import { isSame } from '../../approvals/statement.js';
import { type BreakGlass, NAMESPACES, type Signed } from '../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import { object, parsed, signed } from '../dossier.js';
import { type Case, type Check, type Finding, incomplete, invalid, ok } from './line.js';
import { factsOf, startedIn } from './policy.js';

export const emergencyChecks: Check[] = [{ name: 'emergency', find: emergency }];

/** Says nothing of an ordinary start. */
function emergency({ dossier, policy, isSigned }: Case): Finding[] {
  const { admission, order, plan } = dossier;
  const granted = admission?.breakGlass ?? null;
  const declared = declaredIn(order);
  if (!granted) return declared ? invalid('the start order declares an emergency that admission did not grant') : [];
  const started = startedIn(dossier);
  if (!plan || !policy || !started) return incomplete('without plan and policy an emergency start cannot be checked');
  if (!isSigned) return incomplete('an emergency start by name only: UNPROVEN');
  if (!declared) return invalid('the start order declares no emergency, and admission granted one');
  const asked = { policy, namespace: NAMESPACES.breakGlass, atMs: started.atMs, tier: plan.risk };
  const facts = { ...factsOf(plan, started), by: null, breakGlass: declared };
  const checks = approvalsIn(started).map((approval) => checkStartOrder({ ...asked, signed: approval, facts }));
  const refused = checks.flatMap((check) => (check.kind === 'refused' ? [check.sentence] : []))[0];
  if (refused !== undefined) return invalid(`an approval of the emergency start does not count: ${refused}`);
  const approvers = checks.flatMap((check) => (check.kind === 'valid' ? [check.person.id] : []));
  const initiator = started.by ?? '';
  const check = checkBreakGlass({ plan, policy, breakGlass: declared, approvers, initiator, atMs: started.atMs });
  if (check.kind === 'refused') return invalid(check.sentence);
  if (!isSame(check.waive, granted.waive) || check.cap !== granted.cap) {
    return invalid('admission granted something else than the emergency that was approved');
  }
  return ok(`${declared.reasonCode}, approved by ${approvers.join(', ')}`);
}

function declaredIn(order: Signed | null): BreakGlass | null {
  return object(object(parsed(order?.statement ?? ''))?.['breakGlass']) as BreakGlass | null;
}

function approvalsIn({ details }: JournalEntry): Signed[] {
  const given: unknown = details['breakGlass'];
  return (Array.isArray(given) ? (given as unknown[]) : []).flatMap((each) => signed(each) ?? []);
}
