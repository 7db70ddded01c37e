/** Margins as people write them, to numbers. Pure, sandbox-safe; plan and judge read them by this one grammar. */
import type { Margin } from '../workflows/contract/plan.js';

/**
 * `relative`: fraction of the control (`25%` -> 0.25), or, as limit of one arm, a rate (`1%` -> 0.01).
 * `pp`: difference of rates as a fraction (`0.5pp` -> 0.005). `ms`: milliseconds. `abs`: as written.
 */
export interface ParsedMargin {
  kind: 'relative' | 'pp' | 'ms' | 'abs';
  value: number;
}

const GRAMMAR = /^(\d{1,9}(?:\.\d{1,9})?)(%|pp|ms|abs)$/;

/** Null for anything but a plain decimal number directly followed by its unit. */
export function parseMargin(text: Margin): ParsedMargin | null {
  const found = GRAMMAR.exec(text);
  if (!found) return null;
  const number = Number(found[1]);
  if (found[2] === '%') return { kind: 'relative', value: number / 100 };
  if (found[2] === 'pp') return { kind: 'pp', value: number / 100 };
  return { kind: found[2] === 'ms' ? 'ms' : 'abs', value: number };
}
