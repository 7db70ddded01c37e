/** The first cause that lowers exposure wins and stays. Pure and sandbox-safe. */
import type { Lowering } from './contract/view.js';
import { answered, note } from './journal.js';
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
  const open = unanswered(state);
  const closed = open.request ? note({ ...open, request: null }, nowMs, 'requestClosed', { why: why.cause }) : open;
  return note(
    { ...closed, lowering, status: 'rollingBack' },
    nowMs,
    'rollbackStarted',
    { cause: why.cause, reason: why.reason },
    why.by,
  );
}

/** Answers that still wait for their check come too late now. */
function unanswered(state: State): State {
  const sentence = 'Users are being put back on the baseline; nothing else is taken any more.';
  return state.unchecked.reduce<State>(
    (sum, { messageId }) => answered(sum, { messageId, state: 'refused', code: 'rollbackInProgress', sentence }),
    { ...state, unchecked: [] },
  );
}
