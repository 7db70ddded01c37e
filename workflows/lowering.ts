/** The first cause that lowers exposure wins and stays. Pure and sandbox-safe. */
import type { Lowering } from './contract/view.js';
import { note } from './journal.js';
import type { State } from './state.js';

type Why = Pick<Lowering, 'cause' | 'by' | 'reason'> &
  Partial<Pick<Lowering, 'gate' | 'slice' | 'verdict'>> & { detectedAtMs?: number | null };

/** Marks the rollout as lowering: nothing may rise from here on, whatever else arrives in the same task. */
export function lower(state: State, nowMs: number, why: Why): State {
  if (state.lowering) return state;
  const lowering: Lowering = {
    cause: why.cause,
    by: why.by,
    reason: why.reason,
    gate: why.gate ?? null,
    slice: why.slice ?? null,
    verdict: why.verdict ?? null,
    times: { detectedAtMs: why.detectedAtMs ?? null, decidedAtMs: nowMs, safeAtMs: null, zeroObservedAtMs: null },
  };
  const closed = state.request ? note({ ...state, request: null }, nowMs, 'requestClosed', { why: why.cause }) : state;
  return note(
    { ...closed, lowering, status: 'rollingBack' },
    nowMs,
    'rollbackStarted',
    { cause: why.cause, reason: why.reason },
    why.by,
  );
}
