/** `watch` in a pipe: one plain line for each change. Pure. */
import { observedOf, type Standing, verdictOf } from '../standing.js';
import { given } from './decisions.js';
import { exposureText, gateName, percent } from './numbers.js';
import { clock, safe, words } from './text.js';

/** The facts worth a line, by name; a line is printed when one differs from what it was. */
function facts(standing: Standing): Map<string, string> {
  const { view } = standing;
  const all = new Map<string, string>([
    ['status', words(standing.status) + (standing.stage ? `, stage ${safe(standing.stage)}` : '')],
  ]);
  if (view) {
    all.set('asked', `asked ${exposureText(view.asked)}`);
    all.set(
      'awaited',
      view.request ? `request ${view.request.requestId} awaits ${view.awaited.map(safe).join(', ') || 'nobody'}` : '',
    );
    all.set('given', view.request ? given(view, view.request).join('; ') : '');
    all.set('holds', view.holds.map((hold) => `held by ${safe(hold.owner)}: ${safe(hold.reason)}`).join('; '));
    all.set('lowering', view.lowering ? `rolling back: ${safe(view.lowering.reason)}` : '');
  }
  const share = observedOf(standing)?.share ?? null;
  if (share !== null) all.set('observed', `observed ${percent(Math.round(share * 100) / 100)}`);
  for (const gate of verdictOf(standing)?.gates ?? []) {
    all.set(`gate ${gateName(gate)}`, `gate ${gateName(gate)}: ${gate.verdict}: ${safe(gate.sentence)}`);
  }
  standing.notes.forEach((note, i) => all.set(`note ${i}`, `note: ${safe(note)}`));
  if (standing.ending) all.set('ending', `ended: ${safe(standing.ending.sentence)}`);
  return all;
}

/** A gate's line comes with a new verdict, not with every new number. */
function settled(key: string, value: string | undefined): string | undefined {
  return key.startsWith('gate ') ? value?.split(': ').slice(0, 2).join(': ') : value;
}

/** Traffic scatters about the share in force; a line comes with a new exposure or a real move. */
const SCATTER = 0.05;

function onlyScatter(before: Standing | null, now: Standing): boolean {
  const [then, seen] = [before && observedOf(before)?.share, observedOf(now)?.share];
  if (typeof then !== 'number' || typeof seen !== 'number') return false;
  const asked = (standing: Standing | null): string => JSON.stringify(standing?.view?.asked ?? null);
  return asked(before) === asked(now) && Math.abs(seen - then) < SCATTER;
}

/** Lines for what changed since `before`; everything when there was nothing before. */
export function changes(before: Standing | null, now: Standing): string[] {
  const old = before ? facts(before) : new Map<string, string>();
  const lines: string[] = [];
  for (const [key, value] of facts(now)) {
    if (key === 'observed' && onlyScatter(before, now)) continue;
    if (value !== '' && settled(key, old.get(key)) !== settled(key, value)) lines.push(value);
  }
  return lines.map((line) => `${clock(now.asOfMs, now.asOfMs)} ${safe(now.model)} ${line}`);
}
