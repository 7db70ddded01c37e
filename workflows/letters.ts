/** A message whose envelope is in order, and what may become of it. Sandbox-safe. */
import type { ErrorCode } from './contract/errors.js';
import type { Message, Verb } from './contract/messages.js';
import type { State } from './state.js';

export interface Letter extends Message {
  messageId: string;
  verb: Verb;
  reason: string;
}

export interface Refusal {
  code: ErrorCode;
  sentence: string;
}

/** `sentence` null: put aside; it is answered later. */
export type Outcome = { state: State; sentence: string | null } | Refusal;

export function refuse(code: ErrorCode, sentence: string): Refusal {
  return { code, sentence };
}
