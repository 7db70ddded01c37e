/**
 * Messages: every operator verb is a signal named as the verb, with one argument. Whatever arrives has an effect or
 * is a recorded refusal; the answer is read by query. Sandbox-safe: names and wire types only.
 */
import type { ErrorCode } from './errors.js';

export const VERBS = ['approve', 'reject', 'revoke', 'hold', 'resume', 'extend', 'rollback', 'supersede'] as const;
export type Verb = (typeof VERBS)[number];

/** Fields a message may carry. All but `by` are optional on the wire; the reducer says what it misses. */
export interface Message {
  version: 1;
  /** Minted by the sender; typed by hand in the UI without one, the hash of the content stands in. */
  messageId?: string;
  /** Required unless the message lowers exposure; a wrong one is always refused. */
  rolloutId?: string;
  /** Required for approve, reject and revoke, unless a signed statement names it. */
  requestId?: string;
  by: string;
  reason?: string;
  /** Signed decisions: the exact text that was signed, and the armored SSHSIG over it. */
  statement?: string;
  signature?: string;
}

/** `pending` is only what a client shows while nobody has answered yet. */
export interface Answer {
  messageId: string;
  state: 'pending' | 'accepted' | 'refused';
  code: ErrorCode | 'accepted';
  sentence: string;
}

/** Answers kept (and carried over continue-as-new). */
export const ANSWERS_KEPT = 200;

export const QUERIES = {
  /** () -> RolloutView */
  view: 'view',
  /** (messageId) -> Answer | null */
  answer: 'answer',
  /** (fromSeq) -> JournalEntry[] not yet exported */
  journal: 'journal',
} as const;
