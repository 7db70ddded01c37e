/** Does Temporal's own record of the workflow hold the same journal? Pure. */
import { isSame } from '../../approvals/statement.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import { object, parsed, textOf } from '../dossier.js';
import { HISTORY } from '../manifest.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';
import { startedIn } from './policy.js';

export const historyChecks: Check[] = [{ name: 'history', find: history }];

/** `history.json`: every run of the rollout, oldest first, each as Temporal exports it. */
export interface RawHistory {
  version: 1;
  runs: { runId: string; history: { events: unknown[] } }[];
}

function history({ dossier, hasEnded }: Case): Finding[] {
  const text = textOf(dossier.files.get(HISTORY));
  if (text === null) {
    return incomplete(
      `not in the bundle${hasEnded ? ': nobody fetched it while Temporal had it' : ' before the rollout ends'}`,
    );
  }
  const events = eventsOf(parsed(text));
  if (!events) return invalid(`evidence/${HISTORY} is no history`);
  const told = events.flatMap(journalOf);
  if (told.some((each) => each === null)) return incomplete('its payloads are encoded, so they cannot be compared');
  const bySeq = new Map(dossier.entries.map((entry) => [entry.seq, entry]));
  for (const entry of told) {
    if (entry && !bySeq.has(entry.seq)) return invalid(`entry ${entry.seq} is in the history, but not in the journal`);
    if (entry && !isSame(bySeq.get(entry.seq), entry))
      return invalid(`entry ${entry.seq} is another one in the history`);
  }
  const seen = new Set(told.map((entry) => entry?.seq));
  const foreign = dossier.entries.find(({ seq }) => !seen.has(seq));
  if (foreign) return invalid(`entry ${foreign.seq} is not in the history`);
  const started = startedIn(dossier);
  if (!events.some((event) => inputsOf(event, STARTED).some((input) => isStartOf(input, started)))) {
    return invalid('the history is of another rollout');
  }
  return ok(`${count(events.length, 'event')} of Temporal hold the same ${count(seen.size, 'entry', 'entries')}`);
}

function eventsOf(value: unknown): Record<string, unknown>[] | null {
  const runs: unknown = object(value)?.['runs'];
  if (!Array.isArray(runs)) return null;
  const events = (runs as unknown[]).map((run) => object(object(run)?.['history'])?.['events']);
  if (!events.every(Array.isArray)) return null;
  return (events as unknown[][])
    .flat()
    .map(object)
    .filter((event) => event !== null);
}

const SCHEDULED = 'activityTaskScheduledEventAttributes';
const STARTED = 'workflowExecutionStartedEventAttributes';
/** Activities that carry the journal out of the workflow. */
const CARRIERS: readonly unknown[] = ['freezeEvidence', 'closeRollout'];

/** Entries that an event carries; null: it carries some that cannot be read. */
function journalOf(event: Record<string, unknown>): (JournalEntry | null)[] {
  const type = object(object(event[SCHEDULED])?.['activityType'])?.['name'];
  if (!CARRIERS.includes(type)) return [];
  return inputsOf(event, SCHEDULED).flatMap((input): (JournalEntry | null)[] => {
    const journal = object(input)?.['journal'];
    return Array.isArray(journal) ? (journal as JournalEntry[]) : [null];
  });
}

/** Arguments of an event, decoded; undefined for one that is encrypted or compressed. */
function inputsOf(event: Record<string, unknown>, attributes: string): unknown[] {
  const payloads = object(object(event[attributes])?.['input'])?.['payloads'];
  return Array.isArray(payloads) ? (payloads as unknown[]).map(decoded) : [];
}

const PLAIN = Buffer.from('json/plain').toString('base64');

function decoded(payload: unknown): unknown {
  const { metadata, data } = object(payload) ?? {};
  if (object(metadata)?.['encoding'] !== PLAIN || typeof data !== 'string') return undefined;
  return parsed(Buffer.from(data, 'base64').toString('utf8'));
}

function isStartOf(input: unknown, started: JournalEntry | undefined): boolean {
  const order = object(input);
  return order?.['rolloutId'] === started?.details['rolloutId'] && order?.['planDigest'] === started?.details['plan'];
}
