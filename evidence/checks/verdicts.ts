/** Would the judge say again, from the windows in the bundle, what the journal says it said? Pure. */
import type { StepVerdict } from '../../workflows/contract/verdicts.js';
import { type Rejudged, rejudge } from '../rejudge.js';
import type { Passage } from '../walk.js';
import { told, windowDirectories } from '../dossier.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';

export const verdictChecks: Check[] = [{ name: 'verdicts', find: verdicts }];

function verdicts({ dossier, passages }: Case): Finding[] {
  const { plan } = dossier;
  if (!plan) return incomplete('without the plan nothing can be judged');
  const findings: Finding[] = [];
  const judged = passages.filter(
    ({ entry }) => entry.details['verdict'] === 'pass' || entry.details['verdict'] === 'fail',
  );
  const recorded = judged.filter(({ entry }) => entry.event === 'verdict');
  for (const passage of recorded) {
    const again = rejudge(dossier, plan, passage, sinceMs(passages, passage));
    const wrong = wrongVerdict(passage, again);
    if (wrong !== null) return invalid(wrong);
    findings.push(...reworded(passage, again));
  }
  const windows = windowDirectories(dossier).length;
  const from = `from the windows of ${count(windows, 'step')}`;
  return [...ok(`${count(recorded.length, 'verdict')} judged again ${from}: the same`), ...findings];
}

function wrongVerdict({ entry }: Passage, again: Rejudged): string | null {
  const said = told(entry.details['verdict']);
  if (again.kind === 'same') return null;
  if (again.kind === 'missing') return `the windows behind the ${said} of entry ${entry.seq} are not there`;
  return `entry ${entry.seq} says ${said}; its windows say ${again.verdict.verdict}: ${again.verdict.sentence}`;
}

/** Same answer in other words or numbers: a newer judge, or windows that were altered within what it allows. */
function reworded({ entry }: Passage, again: Rejudged): Finding[] {
  if (again.kind === 'missing' || sentencesOf(again.verdict) === kept(entry.details['gates'])) return [];
  const sentence = `the answer of entry ${entry.seq} is the same, but not its numbers: another version of the judge, or other windows`;
  return [{ state: 'note', sentence }];
}

function sentencesOf({ gates }: StepVerdict): string {
  return gates.map(({ gate, slice, verdict, sentence }) => `${gate}/${slice}/${verdict}/${sentence}`).join('\n');
}

function kept(gates: unknown): string {
  if (!Array.isArray(gates)) return '';
  const rows = gates as { gate: string; slice: string | null; verdict: string; sentence: string }[];
  return rows.map(({ gate, slice, verdict, sentence }) => `${gate}/${slice}/${verdict}/${sentence}`).join('\n');
}

/** When the exposure being judged came into force. */
function sinceMs(passages: readonly Passage[], { entry }: Passage): number {
  const before = passages.filter((each) => each.entry.event === 'raised' && each.entry.seq < entry.seq);
  return before.at(-1)?.entry.atMs ?? 0;
}
