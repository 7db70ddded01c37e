/** Who said yes, to what, and was it enough? Everything is checked again, as if the workflow had checked nothing. Pure. */
import { checkDecision, recheckMandate } from '../../approvals/decision-check.js';
import { matchQuorum } from '../../approvals/quorum.js';
import { isSame } from '../../approvals/statement.js';
import type { Admission } from '../../workflows/contract/activities.js';
import type { DecisionKind, Request } from '../../workflows/contract/decisions.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';
import { object, signed, told } from '../dossier.js';
import type { Passage } from '../walk.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';
import { startedIn } from './policy.js';

export const decisionChecks: Check[] = [
  { name: 'requests', find: requests },
  { name: 'decisions', find: decisions },
  { name: 'quorum', find: quorum },
];

/** Each request repeats plan and admission, and anchors the journal as it was. */
function requests(bundle: Case): Finding[] {
  const asked = bundle.dossier.entries.filter(({ event }) => event === 'requested');
  for (const { seq, details } of asked) {
    const request = object(details['request']) as Request | null;
    const wrong = request ? wrongRequest(bundle, request, seq) : 'is not kept whole';
    if (wrong !== null) return invalid(`the request of entry ${seq} ${wrong}`);
  }
  return ok(
    asked.length === 0 ? 'nobody was asked' : `${count(asked.length, 'request')}, each as plan and admission say`,
  );
}

function wrongRequest(bundle: Case, request: Request, seq: number): string | null {
  const { entries, admission, plan } = bundle.dossier;
  const stage = plan?.stages.find(({ name }) => name === request.stage);
  const pinned = plan && admission && stage ? pinnedBy(bundle, plan, admission, stage) : null;
  if (!pinned) return 'is for a stage of which nothing was pinned';
  const { digests, ...fields } = pinned;
  const differs = Object.entries(fields).find(([key, value]) => !isSame({ ...request }[key], value));
  if (differs) return `says another ${differs[0]} than the plan`;
  const digest = Object.entries(digests).find(([key, value]) => ({ ...request.digests })[key] !== value);
  if (digest) return `says another digest of the ${digest[0]} than admission`;
  if (!isSame(request.exposureCap, stage?.steps.at(-1))) return 'caps exposure elsewhere than at the last step';
  const anchor = entries[request.journalSeq - 1];
  if (request.journalSeq >= seq || anchor?.hash !== request.journalHead) {
    return `anchors another entry ${request.journalSeq} than the journal has`;
  }
  return null;
}

function pinnedBy({ dossier }: Case, plan: Plan, admission: Admission, { name, steps, approval }: StageSpec) {
  const started = startedIn(dossier);
  const { candidateVersion, baselineVersion } = admission;
  const { plan: ofPlan, policy, candidate, baseline } = admission.digests;
  return {
    tenant: plan.tenant,
    model: plan.model,
    rolloutId: told(started?.details['rolloutId']),
    candidateVersion,
    baselineVersion,
    stage: name,
    steps,
    rules: approval?.rules ?? [],
    excluded: approval?.exclude.includes('initiator') ? [started?.by ?? ''] : [],
    digests: { plan: ofPlan, policy, candidate, baseline },
  };
}

function decisions({ dossier, policy, passages, isSigned }: Case): Finding[] {
  const taken = passages.filter(({ entry }) => entry.event === 'decided');
  if (taken.length === 0) return ok('nobody decided anything');
  if (!isSigned) return incomplete(`${count(taken.length, 'decision')} by name only: UNPROVEN`);
  if (!policy || !dossier.plan) return incomplete('without policy and plan no decision can be checked');
  for (const { entry, request } of taken) {
    const wrong = wrongDecision({ entry, request }, policy, dossier.plan);
    if (wrong !== null) return invalid(`decisions/${entry.seq}.json, entry ${entry.seq}: ${wrong}`);
  }
  return ok(`${count(taken.length, 'decision')}, each signed by a key of the policy, for the request that was open`);
}

function wrongDecision(
  { entry, request }: Pick<Passage, 'entry' | 'request'>,
  policy: NonNullable<Case['policy']>,
  plan: Plan,
): string | null {
  const { details, by, atMs } = entry;
  const proof = signed(details);
  if (!proof) return 'it carries no signature';
  if (!request) return 'no request was open';
  const verb = details['decision'] as DecisionKind;
  const input = { ...proof, tenant: plan.tenant, verb, request, risk: plan.risk, atMs };
  const check = checkDecision({ input, policy });
  if (check.kind === 'refused') return `${check.sentence} [${check.code}]`;
  if (check.by !== by) return `it was signed by ${check.by}, and the journal says ${by}`;
  if (check.key !== details['key'] || check.assurance !== details['assurance']) return 'the journal names another key';
  return null;
}

/** Each raise of a stage that asks, and the promotion after it, on the answers that stood behind it then. */
function quorum(bundle: Case): Finding[] {
  const { dossier, passages } = bundle;
  const { plan, admission } = dossier;
  if (!plan || !admission) return incomplete('without plan and admission no quorum can be counted');
  const asking = (stage: string | null) =>
    plan.stages.find(({ name, approval }) => name === stage && approval !== null);
  const raises = passages.flatMap((passage) => {
    const stage = asking(raisedStage(passage));
    return stage ? [{ passage, stage }] : [];
  });
  for (const { passage, stage } of raises) {
    const wrong = lostQuorum(bundle, passage, stage);
    if (wrong !== null) return invalid(`the raise of entry ${passage.entry.seq} to ${stage.name}: ${wrong}`);
  }
  const many = count(raises.length, 'raise');
  if (raises.length === 0) return ok('no raise asked for one');
  return bundle.isSigned
    ? ok(`${many} of stages that ask, each with its quorum`)
    : incomplete(`${many}, each with its quorum by name only: UNPROVEN`);
}

/** Promoting is a raise too: everybody gets the candidate. */
function raisedStage({ entry, at, to }: Passage): string | null {
  if (entry.event === 'raising') return to?.stage ?? null;
  return entry.event === 'promoted' ? (at?.stage ?? null) : null;
}

function lostQuorum(bundle: Case, { mandate, entry }: Passage, stage: StageSpec): string | null {
  const { dossier, policy, isSigned } = bundle;
  const { plan, admission } = dossier;
  if (!mandate || mandate.request.stage !== stage.name) return 'nobody was asked for it';
  if (!plan || !admission || !policy) return 'it cannot be counted without the policy';
  if (!isSigned) return lostByName(mandate.unsigned, admission, mandate.request);
  const pinned = pinnedBy(bundle, plan, admission, stage);
  const { people } = admission;
  const check = recheckMandate({ mandate, pinned, policy, people, tier: plan.risk, atMs: entry.atMs });
  return check.kind === 'stands' ? null : check.sentence;
}

function lostByName(approvers: readonly string[], { people }: Admission, { rules, excluded }: Request): string | null {
  const counting = people.filter(
    ({ id, kind }) => kind === 'human' && approvers.includes(id) && !excluded.includes(id),
  );
  const { satisfied, open } = matchQuorum(rules, counting);
  return satisfied ? null : `nobody is left for ${open.join(', ')}`;
}
