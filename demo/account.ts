/** The account of an act: a rollout's own journal (`sluice log --json`), each entry that decided something as a line. Pure. */
import type { Json, JournalEntry } from '../workflows/contract/journal.js';
import { exposureText } from './telling.js';

export interface AccountLine {
  atMs: number;
  line: string;
}

/** In the order of the journal. */
export function accountOf(journal: readonly JournalEntry[]): AccountLine[] {
  const lines = journal.map((entry) => ({ atMs: entry.atMs, line: lineOf(entry) }));
  return lines.filter((one): one is AccountLine => one.line !== null);
}

function lineOf({ event, by, details }: JournalEntry): string | null {
  switch (event) {
    case 'started':
      return `started by ${by}`;
    case 'raising':
      return `raised: the candidate is for ${exposureOf(details)}`;
    case 'decided':
      return `${by}: ${text(details['decision'])} stage ${text(details['stage'])}`;
    case 'verdict':
      return `verdict ${text(details['verdict'])}: ${text(details['sentence'])}`;
    case 'held':
      return `held: ${text(details['reason'])}`;
    case 'rollbackStarted':
      // A gate's reason has just been told by its verdict.
      return details['cause'] === 'gate' ? 'rollback begins' : `rollback begins: ${text(details['reason'])}`;
    case 'zeroObserved':
      return text(details['sentence']);
    case 'promoted':
      return 'promoted: the candidate is the version that serves';
    case 'ended':
      return `ended: ${text(details['outcome'])}`;
    default:
      return null;
  }
}

function exposureOf({ share, cohorts }: JournalEntry['details']): string {
  const names = Array.isArray(cohorts) ? cohorts.filter((one) => typeof one === 'string') : [];
  return exposureText({ share: typeof share === 'number' ? share : 0, cohorts: names });
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
