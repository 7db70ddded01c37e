/** A past rollout judged again: what each step would have come to, and what its own record says. Pure. */
import type { JournalEntry } from '../../workflows/contract/journal.js';
import type { StepOutcome } from '../rejudge/outcome.js';
import type { Kept } from '../local.js';
import { mark, trackName } from './judge.js';
import { clockOf } from './judge-scale.js';
import { columns, duration, pad, safe, widthOf, words, wrap } from './text.js';
import type { Canvas } from './tree.js';

export function rolloutHead(kept: Kept): string {
  const model = safe(kept.plan?.model ?? '');
  return `rollout ${kept.rolloutId} of ${model} (tenant ${safe(kept.tenant)}): what would these gates have done?`;
}

/** A line for each step, in order. */
export function outcomeLines(outcomes: readonly StepOutcome[], { paint }: Canvas): string[] {
  const clock = clockOf(outcomes[0]?.beganMs ?? 0, outcomes.at(-1)?.look.endMs ?? 1);
  const failed = outcomes.findIndex(({ decision }) => decision?.verdict === 'fail');
  return columns(
    outcomes.map(({ name, canPass, beganMs, looks, decision, look }, index) => {
      if (failed >= 0 && index > failed) return [`    ${safe(name)}`, 'would not have been reached'];
      const when = `at window ${look.window} (${clock(look.startMs)}), after ${duration(look.endMs - beganMs)}`;
      if (decision?.verdict === 'fail') {
        const gate = decision.gate === null ? '' : `: ${trackName({ gate: decision.gate, slice: decision.slice })}`;
        return [`  ${mark('fail', paint)} ${safe(name)}`, `would have rolled back ${when}${gate}`];
      }
      if (decision?.verdict === 'pass') return [`  ${mark('pass', paint)} ${safe(name)}`, `would have passed ${when}`];
      const waits = canPass ? 'would still be waiting' : 'no harm proven';
      return [`  ${canPass ? mark('inconclusive', paint) : ' '} ${safe(name)}`, `${waits} after ${looks} looks`];
    }),
  );
}

/** Steps after one that would not have passed were reached under the old gates only. */
export function hypothesis(outcomes: readonly StepOutcome[]): string[] {
  const failed = outcomes.findIndex(({ decision }) => decision?.verdict === 'fail');
  const open = outcomes.findIndex(({ canPass, decision }) => canPass && decision === null);
  const later = outcomes.slice(open + 1, failed < 0 ? undefined : failed + 1).some(({ canPass }) => canPass);
  if (open < 0 || !later) return [];
  const name = outcomes[open]?.name ?? '';
  return [
    `these gates would still be waiting at ${name}; the steps after it are judged on what was recorded all the same`,
  ];
}

const TOLD: ReadonlySet<string> = new Set(['raised', 'verdict', 'held', 'rollbackStarted', 'promoted', 'ended']);

/** What happened then, by the journal in the evidence. */
export function recordLines(journal: readonly JournalEntry[], { paint, width }: Canvas): string[] {
  const told = journal.filter(({ event }) => TOLD.has(event));
  const title = ['', paint.bold('What its own record says')];
  if (told.length === 0) return [...title, '  nothing: no journal is kept with its windows'];
  const clock = clockOf(told[0]?.atMs ?? 0, (told.at(-1)?.atMs ?? 0) + 1);
  const indent = widthOf(clock(0)) + 4;
  return [
    ...title,
    ...told.flatMap((entry) =>
      wrap(`  ${pad(clock(entry.atMs), indent - 4)}  ${recordText(entry)}`, width, ' '.repeat(indent)),
    ),
  ];
}

function recordText({ event, details }: JournalEntry): string {
  const of = (key: string): string => {
    const value = details[key];
    return typeof value === 'string' ? safe(value) : typeof value === 'number' ? String(value) : '';
  };
  if (event === 'raised') return `raised: ${of('stage')} step ${Number(of('step')) + 1}`;
  if (event === 'verdict') return `verdict ${of('verdict')}: ${of('sentence')}`;
  const why = of('sentence') || of('reason') || of('version');
  return why === '' ? words(event) : `${words(event)}: ${why}`;
}

export function recordDocument(journal: readonly JournalEntry[]): object[] {
  return journal
    .filter(({ event }) => TOLD.has(event))
    .map(({ atMs, event, by, details }) => ({ atMs, event, by, details }));
}
