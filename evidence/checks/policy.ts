/** Whose rules, whose order: the policy by its roots, the plan by its digest, the start by who gave it. Pure. */
import { checkAgainstPolicy } from '../../approvals/check.js';
import { type Policy, readPolicy } from '../../approvals/policy.js';
import { checkPolicySignatures } from '../../approvals/policy-trust.js';
import { verifySshsig } from '../../approvals/sshsig.js';
import { checkStartOrder, type StartFacts } from '../../approvals/start-order.js';
import type { Admission } from '../../workflows/contract/activities.js';
import { NAMESPACES } from '../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { sandboxDigest } from '../chain.js';
import { type Dossier, told } from '../dossier.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';

export const policyChecks: Check[] = [
  { name: 'policy', find: policy },
  { name: 'plan', find: plan },
  { name: 'start', find: start },
];

/** The policy that later checks stand on: what the signed text says, where there is one. */
export function policyOf({ policy: kept, policySource }: Dossier): Case['policy'] {
  if (!policySource) return kept;
  const reading = readPolicy(policySource.text, 'policy.yaml');
  return reading.kind === 'policy' ? reading.policy : null;
}

function policy({ dossier, policy: read, trust }: Case): Finding[] {
  const { admission, policySource, policy: kept } = dossier;
  if (!admission) return incomplete('the rollout was not admitted, so no policy was pinned');
  if (!kept) return incomplete('the pinned policy is not in the evidence');
  if (!read) return invalid('policy/policy.yaml cannot be read as a policy');
  const digest = sandboxDigest(read);
  if (digest !== admission.digests.policy || sandboxDigest(kept) !== digest) {
    return invalid(`the policy is ${digest}, but ${admission.digests.policy} was pinned at admission`);
  }
  if (!policySource || policySource.signatures.length === 0)
    return incomplete(`serial ${read.serial}, as pinned, but unsigned: whoever ran it could write it`);
  return anchored(read.serial, policySource, trust);
}

function anchored(
  serial: number,
  { text, signatures }: NonNullable<Dossier['policySource']>,
  trust: Case['trust'],
): Finding[] {
  if (trust !== null) {
    const check = checkPolicySignatures({ text, signatures, roots: trust });
    if (check.kind === 'unsigned') return invalid(check.sentence);
    return ok(`serial ${serial}, as pinned, signed by ${count(check.roots.length, 'trusted root')}`);
  }
  for (const [index, armored] of signatures.entries()) {
    const check = verifySshsig({ message: text, armored, namespace: NAMESPACES.policy });
    if (check.kind === 'refused') return invalid(`policy/policy.yaml.${index + 1}.sig: ${check.sentence}`);
  }
  const many = count(signatures.length, 'signature');
  return incomplete(`serial ${serial}: consistent, not anchored: ${many} by roots nobody vouched for; give --trust`);
}

function plan({ dossier, policy: rules }: Case): Finding[] {
  const { plan: kept, admission } = dossier;
  if (!kept) return incomplete('the plan is not in the evidence');
  const digest = sandboxDigest(kept);
  const started = startedIn(dossier);
  if (started && started.details['plan'] !== digest) {
    return invalid(`the plan is ${digest}, but entry ${started.seq} says ${told(started.details['plan'])} was started`);
  }
  if (admission && admission.digests.plan !== digest) {
    return invalid(`the plan is ${digest}, but ${admission.digests.plan} was admitted`);
  }
  const admitted = dossier.entries.find(({ event }) => event === 'admitted');
  const differs = admission && admitted ? differenceFrom(admission, admitted) : null;
  if (differs !== null) return invalid(`document admission and entry ${admitted?.seq} differ on ${differs}`);
  const unfit = admission && rules && started ? belowPolicy(kept, rules, admission, started) : null;
  if (unfit !== null) return invalid(`the policy does not admit the plan: ${unfit}`);
  return ok(`${digest.slice(0, 19)}... is what was started${admission ? ' and admitted, as the policy allows' : ''}`);
}

/** Why the policy would not have admitted the plan; null: it would. */
function belowPolicy(plan: Plan, rules: Policy, { assurance }: Admission, started: JournalEntry): string | null {
  const [first] = checkAgainstPolicy(plan, rules, started.by ?? '', assurance, started.atMs);
  return first ? first.message : null;
}

/** The journal and the document of what was pinned tell the same. */
function differenceFrom(admission: Admission, { details }: JournalEntry): string | null {
  const { candidateVersion, baselineVersion, digests, assurance, actuator } = admission;
  const pinned = { candidateVersion, baselineVersion, ...digests, assurance, actuator };
  return Object.entries(pinned).find(([key, value]) => details[key] !== value)?.[0] ?? null;
}

function start({ dossier, policy: rules, isSigned }: Case): Finding[] {
  const { order, plan: kept } = dossier;
  const started = startedIn(dossier);
  if (!started || !kept) return incomplete('the journal does not say who started it');
  if (!order) {
    if (isSigned) return invalid('decisions were signed, but the start order is not');
    return incomplete(`started by ${started.by}, who signed nothing: UNPROVEN`);
  }
  if (!rules) return incomplete('without the policy nobody can be held to the start order');
  const facts = factsOf(kept, started);
  const asked = {
    signed: order,
    policy: rules,
    facts,
    namespace: NAMESPACES.start,
    atMs: started.atMs,
    tier: kept.risk,
  };
  const check = checkStartOrder(asked);
  if (check.kind === 'refused') return invalid(`start/order.json: ${check.sentence}`);
  return ok(`ordered by ${check.person.id}, with key ${check.key.fingerprint}`);
}

/** What a start order, or an approval of an emergency, must have been signed for. */
export function factsOf({ tenant, model, ...rest }: Plan, started: JournalEntry): StartFacts {
  const rolloutId = told(started.details['rolloutId']);
  return { tenant, model, rolloutId, plan: sandboxDigest({ tenant, model, ...rest }), by: started.by };
}

export function startedIn({ entries }: Pick<Dossier, 'entries'>): JournalEntry | undefined {
  return entries.find(({ event }) => event === 'started');
}
