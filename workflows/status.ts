/** The status people see. Pure and sandbox-safe. */
import type { Status } from './contract/view.js';
import { isHeld, type State } from './state.js';

const ENDED: readonly Status[] = ['completed', 'rolledBack', 'cancelled', 'refused'];

export function hasEnded(state: State): boolean {
  return ENDED.includes(state.status);
}

/** A hold shows over whatever it parks; lowering shows over every hold. */
export function statusOf(state: State): Status {
  if (state.lowering || hasEnded(state)) return state.status;
  return isHeld(state) ? 'held' : state.status;
}
