/** Ratios turned so that one above 1 is harm, whichever event is counted; and room for sticky users. Pure, sandbox-safe. */
import type { Claim } from '../kind.js';
import { FAST_GRID } from '../procedures/grid.js';
import type { GateRule } from '../rules.js';
import type { ArmCounts, WindowCounts } from './moments.js';
import { RATE_CV, allowance, offsetOfArms } from './offset.js';

type Turning = { complement: boolean };

/** The candidate's events are good ones: then its harm is the baseline's rate over its own. */
export function goodEvents(rule: GateRule, { complement }: Turning): boolean {
  return (rule.spec.better === 'higher') !== complement;
}

/** Counts of the rarer side, in place. */
export function complemented({ control, treated }: WindowCounts): void {
  control.events = control.units - control.events;
  treated.events = treated.units - treated.events;
}

/** Control and treated arm, turned so that more of the treated arm's events is harm. */
export function turned(
  rule: GateRule,
  body: Turning,
  { control, treated }: { control: ArmCounts; treated: ArmCounts },
): { control: ArmCounts; treated: ArmCounts } {
  return goodEvents(rule, body) ? { control: treated, treated: control } : { control, treated };
}

/** The ratio of harm at a margin: `25%` worse is 1.25 errors for one, or three quarters of the successes. */
export function harmRatio(rule: GateRule, body: Turning, margin: number): number {
  if (!goodEvents(rule, body)) return Math.max(0, 1 + margin);
  return margin >= 1 ? 0 : 1 / (1 - margin);
}

/** Room for sticky users: a claim above needs a larger ratio, a claim below a smaller one. */
export function withOffset(
  ratio: number,
  claim: Claim,
  level: number,
  users: number | null,
  share: number,
  cv = RATE_CV,
): number {
  if (users === null) return ratio;
  const shift = Math.exp(allowance(level) * offsetOfArms(users, share, cv));
  return claim === 'above' ? ratio * shift : ratio / shift;
}

export const newFast = (): number[] => FAST_GRID.map(() => 0);
