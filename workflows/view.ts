/** State as people and programs see it: the answer to the `view` query. Pure and sandbox-safe. */
import type { Plan } from './contract/plan.js';
import type { RolloutView } from './contract/view.js';
import { statusOf } from './status.js';
import { assuranceOf, awaitedRoles, expiryMs } from './allowed.js';
import { type State, stageOf } from './state.js';

export function viewOf(state: State, plan: Plan, nowMs: number): RolloutView {
  const stage = stageOf(state, plan);
  const status = statusOf(state);
  return {
    version: 1,
    rolloutId: state.rolloutId,
    tenant: state.tenant,
    model: state.model,
    risk: plan.risk,
    status,
    heldWhile: status === 'held' ? state.status : null,
    startedBy: state.startedBy,
    startedAtMs: state.startedAtMs,
    planDigest: state.planDigest,
    candidateVersion: plan.candidate.version,
    baselineVersion: state.admission?.baselineVersion ?? null,
    stage: stage?.name ?? null,
    stageIndex: state.stageIndex,
    step: state.stepIndex,
    steps: plan.stages.flatMap((s) => s.steps),
    bakeSinceMs: state.bake?.sinceMs ?? null,
    bakeDeadlineMs: state.bake?.deadlineMs ?? null,
    asked: state.asked,
    observed: state.observed,
    revision: state.revision,
    verdict: state.verdict,
    conditions: state.conditions,
    holds: state.holds,
    request: state.request && { ...state.request, expiresAtMs: expiryMs(state, state.request, nowMs) },
    decisions: state.decisions,
    awaited: awaitedRoles(state),
    lowering: state.lowering,
    promotedAtMs: state.promotedAtMs,
    afterUntilMs: state.afterUntilMs,
    assurance: assuranceOf(state),
    unproven: assuranceOf(state) === 'identity',
    refusedMessages: state.refused,
    journalSeq: state.seq,
    next: next(state, plan, nowMs),
  };
}

/** What happens by itself, and when. */
function next(state: State, plan: Plan, nowMs: number): RolloutView['next'] {
  const stage = stageOf(state, plan);
  switch (statusOf(state)) {
    case 'admitting':
      return { what: 'both arms, the flag and the way back are checked', atMs: null };
    case 'awaitingApproval':
      return state.request
        ? {
            what: `without a decision: ${stage?.approval?.onTimeout ?? 'hold'}`,
            atMs: expiryMs(state, state.request, nowMs),
          }
        : { what: 'the evidence is frozen and a request opened', atMs: null };
    case 'raising':
      return { what: 'exposure is written and verified', atMs: null };
    case 'baking':
      return { what: `undecided by then: ${stage?.bake.onTimeout ?? 'hold'}`, atMs: state.bake?.deadlineMs ?? null };
    case 'held':
      return { what: 'nothing rises until the hold is lifted; a failing gate still rolls back', atMs: null };
    case 'after':
      return { what: 'the rollout completes if no gate fails', atMs: state.afterUntilMs };
    case 'rollingBack':
    case 'rollbackIncomplete':
      return { what: 'zero is written and verified until it is observed; the lease lapses meanwhile', atMs: null };
    default:
      return { what: 'nothing: the rollout has ended', atMs: null };
  }
}
