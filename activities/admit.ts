/**
 * Admission: everything that must be true before anybody sees the candidate. Checks who starts it and by which policy, pins
 * both arms, plan and policy by digest, checks them against what serves, tries the way back, makes the place where evidence
 * will lie, and reads what the sources recorded before. Touches no user.
 */
import { Context } from '@temporalio/activity';
import { strictest } from '../approvals/tiers.js';
import type { Admission, AdmitInput } from '../workflows/contract/activities.js';
import type { ExposureFacts, ExposureRead, ExposureTarget } from '../workflows/contract/exposure.js';
import type { Plan } from '../workflows/contract/plan.js';
import { checkCaller } from './actuator/caller.js';
import { checkArms, checkSources } from './admission/arms.js';
import { assuranceOf, checkDocuments } from './admission/documents.js';
import { checkEmergency, declareEmergency, type Emergency, refuseUnreviewed } from './admission/emergency.js';
import { checkPolicyAge } from './admission/policy-age.js';
import type { ActivityDeps } from './deps.js';
import { failure } from './failures.js';
import { keepPast } from './past/past.js';
import type { RolloutEvidence } from './store/adapter.js';
import { documentOrNull } from './store/seal.js';

/** Throws a non-retryable failure of the code that refuses; the workflow ends as Refused with its sentence. */
export function admit(deps: ActivityDeps): (input: AdmitInput) => Promise<Admission> {
  return async (input) => {
    const nowMs = deps.now();
    checkCaller(input);
    const emergency = checkEmergency(deps, input, checkDocuments(deps, input), nowMs);
    const connections = deps.connections(input.tenant);
    await checkPolicyAge(deps, connections.evidence());
    await refuseUnreviewed(deps, input, emergency !== null, nowMs);
    const evidence = await connections.evidence().create(input.tenant, input.rolloutId);
    return (await admittedBefore(evidence, input)) ?? admitNow(deps, input, { evidence, emergency, nowMs });
  };
}

/** An attempt whose answer was lost is given again: what was pinned stays pinned. */
async function admittedBefore(
  evidence: RolloutEvidence,
  { rolloutId, planDigest }: AdmitInput,
): Promise<Admission | null> {
  if ((await documentOrNull(evidence, 'outcome')) !== null) {
    throw failure('ended', `Rollout ${rolloutId} has ended; an order starts one rollout, once: give a new one.`);
  }
  const kept = (await documentOrNull(evidence, 'admission')) as Admission | null;
  if (!kept || kept.digests.plan === planDigest) return kept;
  throw failure(
    'digestMismatch',
    `Rollout ${rolloutId} was admitted with plan ${kept.digests.plan}, not ${planDigest}.`,
  );
}

interface Admitting {
  evidence: RolloutEvidence;
  emergency: Emergency | null;
  nowMs: number;
}

async function admitNow(deps: ActivityDeps, input: AdmitInput, admitting: Admitting): Promise<Admission> {
  const { plan, tenant, model, rolloutId } = input;
  const { evidence, emergency, nowMs } = admitting;
  const connections = deps.connections(tenant);
  const { registry, alias } = connections.registry(plan.candidate.registry);
  const baselineVersion = await registry.resolveAlias(model, alias);
  const candidateVersion = plan.candidate.version;
  if (baselineVersion === candidateVersion) {
    throw failure(
      'unsupported',
      `${candidateVersion} is the baseline of ${model} already; there is nothing to roll out.`,
    );
  }
  const candidate = await registry.digest(model, candidateVersion);
  const baseline = await registry.digest(model, baselineVersion);
  const target = targetOf(input, baselineVersion);
  const store = connections.exposure(target.store);
  const before = await store.read(target);
  checkFlag(before, target);
  checkFacts(plan, store.describe());
  const notes = [
    ...(await checkArms(connections, plan, { candidate, baseline })),
    ...(await checkSources(connections, plan)),
  ];
  await store.dryRunRestore(target);
  await keepDocuments(evidence, deps, input, await store.snapshot(target));
  const signal = Context.current().cancellationSignal;
  const past = await keepPast({ plan, connections, evidence, nowMs: deps.now(), signal });
  // Owed and told before anything is pinned: a crash in between pages twice rather than never.
  const breakGlass = emergency && (await declareEmergency(deps, input, emergency, nowMs));
  const admission: Admission = {
    target,
    baselineVersion,
    candidateVersion,
    digests: {
      plan: input.planDigest,
      policy: deps.policyDigest,
      platform: deps.platformDigest,
      candidate,
      baseline,
    },
    people: deps.policy.people.map(({ id, kind, roles }) => ({ id, kind, roles })),
    assurance: assuranceOf(deps),
    actuator: deps.actuator,
    breakGlass,
    evidenceMaxAgeMs: strictest(plan, deps.policy).evidenceMaxAgeMs,
    before,
    propagationMs: store.describe().propagationMs,
    alias,
    notes: [...proofNotes(deps), ...notes, ...past],
  };
  await evidence.putDocument('admission', admission);
  Context.current().log.info('admitted', { rolloutId, candidateVersion, baselineVersion });
  return admission;
}

function proofNotes({ trust, signCheckpoint }: ActivityDeps): string[] {
  if (!trust) return ['Approvals have identity assurance only: UNPROVEN.'];
  return signCheckpoint ? [] : ['No log key signs the journal: whoever keeps the evidence store could write it anew.'];
}

function targetOf({ plan, tenant, rolloutId }: AdmitInput, baselineVersion: string): ExposureTarget {
  const { store, flag, cohortAttribute } = plan.target;
  return { tenant, store, flag, cohortAttribute, rolloutId, baselineVersion, candidateVersion: plan.candidate.version };
}

function checkFlag({ state, defaultVersion, intact }: ExposureRead, target: ExposureTarget): void {
  if (
    state.rolloutId !== null &&
    state.rolloutId !== target.rolloutId &&
    (state.mode === 'exposing' || state.holdBack > 0)
  ) {
    throw failure(
      'targetTaken',
      `Rollout ${state.rolloutId} holds flag ${target.flag}; end it, or reconcile the flag.`,
    );
  }
  if (defaultVersion !== target.baselineVersion) {
    const message = `Flag ${target.flag} serves ${defaultVersion} by default, but the registry's baseline is ${target.baselineVersion}.`;
    throw failure('digestMismatch', message);
  }
  if (!intact)
    throw failure(
      'exposureConflict',
      `Flag ${target.flag} was edited by hand since its last rollout; put it right first.`,
    );
}

function checkFacts(plan: Plan, facts: ExposureFacts): void {
  const shares = plan.stages.flatMap((stage) => stage.steps.map((step) => step.share)).filter((share) => share > 0);
  const fine = Math.min(1, ...shares);
  if (fine < facts.smallestShare)
    throw failure(
      'unsupported',
      `The store cannot express ${fine * 100} %; its smallest share is ${facts.smallestShare * 100} %.`,
    );
  if (!facts.cohorts && plan.stages.some((stage) => stage.steps.some((step) => step.cohorts.length > 0))) {
    throw failure('unsupported', 'The store cannot address cohorts.');
  }
}

/** Start order and policy as they came, so that whoever reads the evidence can check both. */
async function keepDocuments(
  evidence: RolloutEvidence,
  { policy, trust }: ActivityDeps,
  { plan, order }: AdmitInput,
  flagBefore: string,
): Promise<void> {
  await evidence.putDocument('plan', plan);
  await evidence.putDocument('policy', policy);
  if (trust) {
    await evidence.putDocument('policy-source', { text: trust.policyText, signatures: trust.policySignatures });
  }
  await evidence.putDocument('start-order', order);
  await evidence.putDocument('flag-before', flagBefore);
}
