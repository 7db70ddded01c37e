/** What a rollout did, in words that are the same for every run that did the same: for comparing outcomes. */
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Application } from './application.js';

/** Events that come and go with timing and change nothing by themselves. */
const QUIET: readonly JournalEntry['event'][] = ['started', 'stageOpened', 'conditions'];

/** What a healthy candidate's rollout of the default plan does when nobody disturbs it. */
export const UNDISTURBED = {
  story: [
    'admitted',
    'raising general 50 %',
    'raised',
    'verdict pass',
    'raising general 100 %',
    'raised',
    'verdict pass',
    'promoted',
    'ended completed',
  ],
  exposures: ['0: serving', '1: 50 %', '2: 100 %', '3: promoted'],
} as const;

/** Decisions, writes and outcome in order, without times and numbers. */
export function storyOf(journal: JournalEntry[]): string[] {
  return journal.filter(({ event }) => !QUIET.includes(event)).map(line);
}

function line({ event, details }: JournalEntry): string {
  const { stage, share, cohorts, verdict, cause, outcome, direction } = details;
  const percent = typeof share === 'number' ? `${share * 100} %` : undefined;
  const chosen = Array.isArray(cohorts) && cohorts.length > 0 ? cohorts.map(String).join('+') : undefined;
  const words = event === 'raised' ? [] : [stage, percent, chosen, verdict, cause, outcome, direction];
  return [event, ...words.filter((word) => typeof word === 'string')].join(' ');
}

/** The flag as the application saw it, one line a revision; renewals of the lease do not show. */
export function exposuresOf({ shown }: Application): string[] {
  const lines = shown.map(({ revision, mode, share, cohorts, closedFor }) => {
    const chosen = cohorts === '[]' ? '' : ` ${(JSON.parse(cohorts) as string[]).join('+')}`;
    const what = mode === 'exposing' ? `${share * 100} %${chosen}` : closedFor === null ? mode : 'closed';
    return `${revision}: ${what}`;
  });
  return lines.filter((text, index) => text !== lines[index - 1]);
}
