/** Holds: who parks a rollout, and what happens to its deadlines meanwhile. Pure and sandbox-safe. */
import type { Hold } from './contract/view.js';
import { note } from './journal.js';
import type { State } from './state.js';

/** A second hold of the same owner for the same cause changes nothing. */
export function addHold(state: State, nowMs: number, hold: Omit<Hold, 'sinceMs'>): State {
  if (state.holds.some((h) => h.cause === hold.cause && h.owner === hold.owner)) return state;
  const held = {
    ...state,
    holds: [...state.holds, { ...hold, sinceMs: nowMs }],
    heldSinceMs: state.heldSinceMs ?? nowMs,
  };
  return note(held, nowMs, 'held', { class: hold.class, cause: hold.cause, reason: hold.reason }, hold.owner);
}

/** When the last hold goes, the deadlines that stood still move on by the time held. */
export function liftHolds(state: State, nowMs: number, by: string, which: (hold: Hold) => boolean): State {
  const lifted = state.holds.filter(which);
  if (lifted.length === 0) return state;
  const holds = state.holds.filter((hold) => !which(hold));
  const freed = holds.length === 0 ? moveDeadlines(state, nowMs - (state.heldSinceMs ?? nowMs)) : state;
  const heldSinceMs = holds.length === 0 ? null : state.heldSinceMs;
  return note({ ...freed, holds, heldSinceMs }, nowMs, 'resumed', { causes: lifted.map((hold) => hold.cause) }, by);
}

/** Until the next hold lifts by itself, in milliseconds; null: none does. */
export function lapseMs(state: State, nowMs: number): number | null {
  const ends = state.holds.flatMap(({ untilMs }) => untilMs ?? []);
  return ends.length === 0 ? null : Math.max(1, Math.min(...ends) - nowMs);
}

export function liftLapsed(state: State, nowMs: number): State {
  return liftHolds(state, nowMs, 'policy', ({ untilMs }) => untilMs !== undefined && untilMs <= nowMs);
}

function moveDeadlines(state: State, heldMs: number): State {
  const { bake, request } = state;
  return {
    ...state,
    bake:
      bake && !bake.passed
        ? { ...bake, deadlineMs: bake.deadlineMs + heldMs, parked: false, epoch: bake.epoch + 1 }
        : bake,
    request: request && { ...request, expiresAtMs: request.expiresAtMs + heldMs },
  };
}
