/** What must be undone, and in which order: exposure first, then the other steps, last done first undone. Pure. */
import type { State } from './state.js';

export type Compensation = 'exposure' | 'alias';

/** A step counts as soon as it was attempted: a write that timed out may have happened. */
export function compensations(state: State): Compensation[] {
  return [...(state.touched ? (['exposure'] as const) : []), ...(state.aliasMoved ? (['alias'] as const) : [])];
}
