/** Adding to the journal and to the answers. Pure and sandbox-safe. */
import { linked } from '../evidence/chain.js';
import type { JournalEntry, Json } from './contract/journal.js';
import { ANSWERS_KEPT, type Answer } from './contract/messages.js';
import type { State } from './state.js';

export function note(
  state: State,
  nowMs: number,
  event: JournalEntry['event'],
  details: { [key: string]: Json } = {},
  by: string | null = null,
): State {
  const seq = state.seq + 1;
  const entry = linked({ seq, atMs: nowMs, event, by, details, prev: state.head });
  return { ...state, seq, head: entry.hash, journal: [...state.journal, entry] };
}

/** Forgets entries the evidence store has confirmed. */
export function exported(state: State, upToSeq: number): State {
  return { ...state, journal: state.journal.filter((entry) => entry.seq > upToSeq) };
}

export function answered(state: State, answer: Answer): State {
  return { ...state, answers: [...state.answers, answer].slice(-ANSWERS_KEPT) };
}
