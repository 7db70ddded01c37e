/**
 * What a rollout's state allows: who is still awaited, whether a quorum stands, whether exposure may rise. Pure and
 * sandbox-safe: time comes in as an argument.
 */
import { matchQuorum } from '../approvals/quorum.js';
import type { Conditions } from './contract/activities.js';
import type { Assurance, Request } from './contract/decisions.js';
import type { Plan } from './contract/plan.js';
import { isHeld, type KeptDecision, type State, stageOf } from './state.js';

/** Slots nobody has filled yet, as roles; empty when the quorum stands or no decision is needed. */
export function awaitedRoles(state: State): string[] {
  const { request } = state;
  if (!request || !state.admission) return [];
  return matchQuorum(request.rules, approvers(state)).open;
}

function approvers(state: State): { id: string; roles: string[] }[] {
  const asked = state.decisions.filter((decision) => decision.requestId === state.request?.requestId);
  const yes = [...new Set(asked.map(({ by }) => by))].filter((by) => standing(asked, by)?.decision === 'approve');
  return yes.flatMap((by) => state.admission?.people.filter((person) => person.id === by) ?? []);
}

/** What a person means in the end: the answer made last, by its own date, so that the order of arrival changes nothing. */
export function standing(decisions: readonly KeptDecision[], by: string): KeptDecision | null {
  const own = decisions.filter((decision) => decision.by === by);
  return own.reduce<KeptDecision | null>((last, next) => (last === null || !outlives(last, next) ? next : last), null);
}

function outlives(last: KeptDecision, next: KeptDecision): boolean {
  if (last.issuedAtMs !== next.issuedAtMs) return last.issuedAtMs > next.issuedAtMs;
  return next.decision === 'approve';
}

export function assuranceOf(state: State): Assurance {
  return state.admission?.assurance ?? 'identity';
}

/** A request does not age while the rollout is held. */
export function expiryMs(state: State, request: Request, nowMs: number): number {
  return request.expiresAtMs + (state.heldSinceMs === null ? 0 : nowMs - state.heldSinceMs);
}

/** Nobody may decide on numbers older than the policy allows. While held the judge is not asked, so nothing ages then. */
export function hasAged(state: State, nowMs: number): boolean {
  const ageMs = agesMs(state);
  return ageMs !== null && !isHeld(state) && nowMs >= ageMs;
}

/** When the open request's evidence becomes too old; null: never. */
export function agesMs({ request, admission }: State): number | null {
  const most = admission?.evidenceMaxAgeMs ?? null;
  return request && most !== null ? request.openedAtMs + most : null;
}

/** The open request belongs to this stage and attempt, neither it nor its evidence is too old, and it has its quorum. */
export function quorumStands(state: State, plan: Plan, nowMs: number): boolean {
  const stage = stageOf(state, plan);
  const { request } = state;
  if (!stage?.approval) return true;
  if (!request || request.stage !== stage.name || request.attempt !== state.attempt) return false;
  if (hasAged(state, nowMs)) return false;
  return nowMs < expiryMs(state, request, nowMs) && awaitedRoles(state).length === 0;
}

/**
 * May exposure rise to the step the state points at? The one place that says so (promise 1): nothing lowers or blocks,
 * every step before has passed, and where people decide their quorum stands for exactly this attempt.
 */
export function mayRaise(state: State, plan: Plan, nowMs: number): boolean {
  if (state.lowering || isHeld(state) || blocked(state.conditions) || state.unchecked.length > 0) return false;
  const first = state.stageIndex === 0 && state.stepIndex === 0;
  if (!first && state.bake?.passed !== true) return false;
  return state.stepIndex > 0 || quorumStands(state, plan, nowMs);
}

/** May the candidate become the baseline? */
export function mayPromote(state: State, plan: Plan): boolean {
  if (state.lowering || isHeld(state) || blocked(state.conditions)) return false;
  return state.stageIndex >= plan.stages.length && state.bake?.passed === true;
}

export function blocked(conditions: Conditions): boolean {
  return (
    conditions.blind.length > 0 ||
    conditions.splitBroken ||
    conditions.labelsBroken ||
    conditions.armWrong !== null ||
    conditions.editedDown !== null
  );
}
