/** The margin or limit with which a gate would decide in time. Pure, sandbox-safe. */
import { type PassQuestion, timeFor } from './bound.js';
import { type Claim, claimOf } from './harm.js';

/** The nearest one that takes `withinMs`; null: none could be written, or it is not the margin. */
export function marginFor(question: PassQuestion, withinMs: number): string | null {
  const claim = claimOf(question.promoteWhen);
  if (!claim || claim.word === 'provenBetterBy') return null;
  const at = (part: number): Claim => ({ ...claim, margin: { ...claim.margin, value: moved(claim, part) } });
  if (timeFor(question, at(1)) > withinMs || timeFor(question, claim) <= withinMs) return null;
  let [near, far] = [0, 1];
  for (let i = 0; i < 20; i += 1) {
    const middle = (near + far) / 2;
    if (timeFor(question, at(middle)) > withinMs) near = middle;
    else far = middle;
  }
  return written(at(far));
}

/** From the margin as it is (0) to one that is hardly a question any more (1), evenly by ratio. */
function moved({ word, margin: { kind, value }, comparing }: Claim, part: number): number {
  if (word === 'provenAbove') return value * (1 - part);
  const most = kind === 'relative' && comparing ? 3 : kind === 'relative' || kind === 'pp' ? 0.5 : value * 1_000;
  return value * (Math.max(value, most) / value) ** part;
}

/** Two figures, rounded away from what was too narrow. */
function written({ word, margin: { kind, value } }: Claim): string {
  const shown = kind === 'relative' || kind === 'pp' ? value * 100 : value;
  const size = 10 ** (Math.floor(Math.log10(Math.max(1e-9, shown))) - 1);
  const rounded = (word === 'provenAbove' ? Math.floor(shown / size + 1e-6) : Math.ceil(shown / size - 1e-6)) * size;
  const unit = { relative: '%', pp: 'pp', ms: 'ms', abs: 'abs' }[kind];
  return `${Number(rounded.toPrecision(2))}${unit}`;
}
