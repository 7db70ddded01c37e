/**
 * Admission: everything that must be true before anybody sees the candidate. Pins both arms, plan and policy by digest,
 * checks them against what serves, tries the way back, makes the place where evidence will lie, and reads what the
 * sources recorded before. Touches no user.
 */
import { Context } from '@temporalio/activity';
import { checkAgainstPolicy } from '../approvals/check.js';
import { digestOf } from '../plan/canonical.js';
import { resolvePlan } from '../plan/resolve.js';
import type { Admission, AdmitInput } from '../workflows/contract/activities.js';
import type { ExposureFacts, ExposureRead, ExposureTarget } from '../workflows/contract/exposure.js';
import type { Arm, Digest, Plan } from '../workflows/contract/plan.js';
import type { Connections } from './connections.js';
import type { ActivityDeps } from './deps.js';
import type { ExposureStore } from './exposure/adapter.js';
import { failure } from './failures.js';
import { keepPast } from './past/past.js';
import type { RolloutEvidence } from './store/adapter.js';

/** Throws a non-retryable failure of the code that refuses; the workflow ends as Refused with its sentence. */
export function admit(deps: ActivityDeps): (input: AdmitInput) => Promise<Admission> {
  return async (input) => {
    const { plan, tenant, model, rolloutId } = input;
    checkDocuments(deps, input);
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
    const evidence = await keep(connections, deps, input, store, target);
    const past = await keepPast({
      plan,
      connections,
      evidence,
      nowMs: deps.now(),
      signal: Context.current().cancellationSignal,
    });
    const digests = {
      plan: input.planDigest,
      policy: deps.policyDigest,
      platform: deps.platformDigest,
      candidate,
      baseline,
    };
    const admission: Admission = {
      target,
      baselineVersion,
      candidateVersion,
      digests,
      people: deps.policy.people.map(({ id, kind, roles }) => ({ id, kind, roles })),
      assurance: 'identity',
      before,
      propagationMs: store.describe().propagationMs,
      alias,
      notes: ['Approvals have identity assurance only: UNPROVEN.', ...notes, ...past],
    };
    Context.current().log.info('admitted', { rolloutId, candidateVersion, baselineVersion });
    return admission;
  };
}

function checkDocuments(deps: ActivityDeps, input: AdmitInput): void {
  const { plan, planDigest, by, statedPolicyDigest } = input;
  const found = digestOf(plan);
  if (found !== planDigest)
    throw failure('digestMismatch', `The plan is ${found}, but the start order says ${planDigest}.`);
  if (plan.tenant !== input.tenant || plan.model !== input.model) {
    throw failure(
      'digestMismatch',
      `The plan is for ${plan.tenant}/${plan.model}, the rollout for ${input.tenant}/${input.model}.`,
    );
  }
  if (statedPolicyDigest !== null && statedPolicyDigest !== deps.policyDigest) {
    throw failure(
      'policyMismatch',
      `The start order states policy ${statedPolicyDigest}; this worker holds ${deps.policyDigest}.`,
    );
  }
  if (deps.platform.mode !== 'development') {
    throw failure('unsupported', 'Approvals have identity assurance only, which exists in development mode alone.');
  }
  const refusals = checkAgainstPolicy(plan, deps.policy, by);
  const [first] = refusals;
  if (first) throw failure(first.code, refusals.map(({ message, remedy }) => `${message}; ${remedy}`).join('. '));
  const resolved = resolvePlan(plan, deps.platform);
  if (resolved.kind === 'missing') throw failure('unsupported', resolved.missing.join('. '));
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

/** Both arms must run, and serve exactly what the registry says they should. */
async function checkArms(connections: Connections, plan: Plan, digests: Record<Arm, Digest>): Promise<string[]> {
  if (plan.arms === null)
    return ['No source reports health and digest of the arms: a swapped model would go unnoticed.'];
  const source = connections.source({ kind: 'scrape', connection: plan.arms });
  try {
    for (const arm of ['baseline', 'candidate'] as const) {
      const report = await source.inspectArm(arm, Context.current().cancellationSignal);
      if (report?.healthy === false) throw failure('armUnhealthy', `The ${arm} is not healthy: ${report.sentence}`);
      if (report?.digest !== digests[arm]) {
        throw failure(
          'digestMismatch',
          `The ${arm} serves ${report?.digest ?? 'no digest'}, but the registry has ${digests[arm]}.`,
        );
      }
    }
    return [];
  } finally {
    await source.close();
  }
}

async function checkSources(connections: Connections, plan: Plan): Promise<string[]> {
  const notes: string[] = [];
  for (const [name, spec] of Object.entries(plan.sources)) {
    const metrics = Object.fromEntries(Object.entries(plan.metrics).filter(([, metric]) => metric.from === name));
    const source = connections.source(spec);
    try {
      notes.push(...(await source.check(metrics, spec, Context.current().cancellationSignal)));
    } finally {
      await source.close();
    }
  }
  return notes;
}

async function keep(
  connections: Connections,
  deps: ActivityDeps,
  input: AdmitInput,
  store: ExposureStore,
  target: ExposureTarget,
): Promise<RolloutEvidence> {
  const evidence = await connections.evidence().create(input.tenant, input.rolloutId);
  await evidence.putDocument('plan', input.plan);
  await evidence.putDocument('policy', deps.policy);
  await evidence.putDocument('flag-before', await store.snapshot(target));
  return evidence;
}
