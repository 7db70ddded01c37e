/** From two looks at a rollout to what is worth saying about the difference. Pure. */
import type { Exposure } from '../workflows/contract/plan.js';
import type { GateVerdict, StepVerdict } from '../workflows/contract/verdicts.js';
import type { Times } from '../workflows/contract/view.js';
import type { Standing } from './sluice.js';

const NOBODY = 'nobody: everybody gets the baseline';

/** What changed between two looks, oldest concern first. */
export function tell(before: Standing | null, now: Standing): string[] {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const [old, view] = [before?.view ?? null, now.view];
  if (view !== null) {
    passed(old?.verdict ?? null, view.verdict).forEach(say);
    const asked = exposureText(view.asked);
    if (asked !== (old === null ? NOBODY : exposureText(old.asked))) say(`the candidate is for ${asked}`);
    if (view.request !== null && view.request.requestId !== old?.request?.requestId)
      say(
        `stage ${view.request.stage} asks for a yes of ${view.awaited.join(', ')} (request ${view.request.requestId})`,
      );
    for (const hold of view.holds)
      if (!old?.holds.some(({ cause, sinceMs }) => cause === hold.cause && sinceMs === hold.sinceMs))
        say(`held (${hold.cause}): ${hold.reason}`);
    if (view.promotedAtMs !== null && !old?.promotedAtMs)
      say(`promoted: ${view.candidateVersion} is the version that serves; the guards stay for a while`);
    if (view.lowering !== null && !old?.lowering) say(`rolls back: ${view.lowering.reason}`);
  }
  if (now.status !== before?.status) say(`status: ${now.status}${now.stage ? `, stage ${now.stage}` : ''}`);
  if (now.ending !== null && !before?.ending) {
    const { outcome, sentence, lowering } = now.ending;
    say(`ended: ${outcome}${lowering?.reason === sentence ? '' : `, ${sentence}`}`);
    if (now.ending.lowering) timesText(now.ending.lowering.times).forEach(say);
  }
  return said;
}

/** A step that just passed, with the sentence of each of its gates. */
function passed(before: StepVerdict | null, now: StepVerdict | null): string[] {
  if (now?.verdict !== 'pass' || (before?.verdict === 'pass' && before.asOfMs === now.asOfMs)) return [];
  return ['the step passes:', ...now.gates.map((gate) => `  ${gateName(gate)}: ${gate.sentence}`)];
}

/** What a step still waits for, in one line: the gate the judge names, and how many more there are. Null: nothing. */
export function waitsFor({ status, view, live }: Standing): string | null {
  const verdict = live?.heartbeat?.verdict ?? view?.verdict ?? null;
  if (status !== 'baking' || verdict?.verdict !== 'inconclusive') return null;
  const waiting = verdict.gates.filter((gate) => gate.verdict === 'inconclusive');
  const { decidedBy } = verdict;
  const named = waiting.find(({ gate, slice }) => gate === decidedBy?.gate && slice === decidedBy.slice) ?? waiting[0];
  if (named === undefined) return null;
  const others = waiting.length - 1;
  return `${gateName(named)}${others > 0 ? ` (and ${others} more)` : ''}: ${named.sentence}`;
}

export function gateName({ gate, slice }: Pick<GateVerdict, 'gate' | 'slice'>): string {
  return slice === null ? gate : `${gate} [${slice}]`;
}

export function exposureText({ share, cohorts }: Exposure): string {
  const parts = [
    ...cohorts.map((cohort) => `cohort ${cohort}`),
    ...(share > 0 ? [`${percent(share)} of the mailboxes`] : []),
  ];
  return parts.join(' and ') || NOBODY;
}

function timesText({ detectedAtMs, decidedAtMs, safeAtMs, zeroObservedAtMs }: Times): string[] {
  const since = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`;
  const parts = [
    ...(detectedAtMs === null
      ? []
      : [`decided ${since(detectedAtMs, decidedAtMs)} after the window that proved it closed`]),
    ...(safeAtMs === null ? [] : [`zero in force ${since(decidedAtMs, safeAtMs)} after the decision`]),
    ...(safeAtMs === null || zeroObservedAtMs === null
      ? []
      : [`zero observed ${since(safeAtMs, zeroObservedAtMs)} later`]),
  ];
  return parts.length === 0 ? [] : [parts.join('; ')];
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
