/** What one check of a bundle found, and what all checks work with. Pure. */
import type { PublicKey } from '../../approvals/ssh-key.js';
import type { Policy } from '../../approvals/policy.js';
import type { Dossier } from '../dossier.js';
import type { Passage } from '../walk.js';

/** `incomplete`: nothing is wrong, but something needed to be sure is not there. `note`: said, and counts for nothing. */
export type LineState = 'ok' | 'invalid' | 'incomplete' | 'note';

export interface Line {
  check: string;
  state: LineState;
  sentence: string;
}

export interface Case {
  /** Of the bundle, by path. */
  files: ReadonlyMap<string, Uint8Array>;
  dossier: Dossier;
  /** As its signed text says, where there is one. */
  policy: Policy | null;
  /** Keys of policy roots the auditor brought along; null: none. */
  trust: readonly PublicKey[] | null;
  passages: Passage[];
  isSigned: boolean;
  hasEnded: boolean;
}

/** One check: its name, and what it finds. It may throw on evidence nobody could have written; that is then its finding. */
export interface Check {
  name: string;
  find: (bundle: Case) => Finding[];
}

export interface Finding {
  state: LineState;
  sentence: string;
}

export function ok(sentence: string): Finding[] {
  return [{ state: 'ok', sentence }];
}

export function invalid(sentence: string): Finding[] {
  return [{ state: 'invalid', sentence }];
}

export function incomplete(sentence: string): Finding[] {
  return [{ state: 'incomplete', sentence }];
}

export function said(sentence: string): Finding[] {
  return [{ state: 'note', sentence }];
}

/** `1 entry`, `63 entries`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
