/** Shares, margins and gate verdicts as people read them. Pure. */
import type { Exposure, GateSpec, PromoteWhen, RollbackWhen } from '../../workflows/contract/plan.js';
import type { GateVerdict } from '../../workflows/contract/verdicts.js';
import { safe } from './text.js';

/** `25 %`, `0.2 %`, `3.1 %`. */
export function percent(share: number): string {
  return `${trim(share * 100, 2)} %`;
}

export function exposureText(exposure: Exposure): string {
  const cohorts = exposure.cohorts.map(safe).join(', ');
  if (exposure.share === 0) return cohorts === '' ? 'nobody' : `cohorts ${cohorts}`;
  return cohorts === '' ? percent(exposure.share) : `${percent(exposure.share)} + ${cohorts}`;
}

/** The unit a gate's numbers are in, read off its margin as written. */
export type Unit = '%' | 'pp' | 'ms' | 'abs';

export function unitOf(spec: GateSpec | undefined): Unit {
  const margin = spec ? limitText(spec.promoteWhen) : '';
  if (margin.endsWith('pp')) return 'pp';
  if (margin.endsWith('ms')) return 'ms';
  return margin.endsWith('%') ? '%' : 'abs';
}

/** A number of a verdict in its unit: ratios and shares come as fractions of one. */
export function quantity(value: number, unit: Unit): string {
  switch (unit) {
    case '%':
      return `${trim(value * 100, 2)} %`;
    case 'pp':
      return `${trim(value * 100, 2)} pp`;
    case 'ms':
      return `${trim(value, 1)} ms`;
    case 'abs':
      return trim(value, 4);
  }
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function limitText(when: PromoteWhen | RollbackWhen): string {
  return Object.values(when)[0] ?? '';
}

/** `provenWithin 2pp`, as in the plan. */
export function ruleText(when: PromoteWhen | RollbackWhen): string {
  const [[rule, margin] = ['', '']] = Object.entries(when);
  return `${rule} ${margin}`;
}

/** `+1.2 pp [0.4 pp, 2.1 pp]`; `no data yet` when there is none. */
export function interval(gate: GateVerdict, unit: Unit): string {
  if (gate.estimate === null) return 'no data yet';
  // Whatever its margin is written in, a quantile is told in milliseconds.
  const own = gate.lane === 'quantile' ? 'ms' : unit;
  const bound = (value: number | null): string => (value === null ? '?' : quantity(value, own));
  return `${quantity(gate.estimate, own)} [${bound(gate.lower)}, ${bound(gate.upper)}]`;
}

/** `pass below 0.5 pp, roll back above 0.2 pp` in the words of the plan; bare limits when the plan is not known. */
export function limits(gate: GateVerdict, spec: GateSpec | undefined): string {
  if (!spec) {
    const back = gate.rollbackLimit === null ? '' : `, roll back at ${trim(gate.rollbackLimit, 4)}`;
    return `pass at ${trim(gate.promoteLimit, 4)}${back}`;
  }
  const back = spec.rollbackWhen === null ? '' : `, roll back: ${ruleText(spec.rollbackWhen)}`;
  return `pass: ${ruleText(spec.promoteWhen)}${back}`;
}

export function gateName(gate: Pick<GateVerdict, 'gate' | 'slice'>): string {
  return gate.slice === null ? safe(gate.gate) : `${safe(gate.gate)} (${safe(gate.slice)})`;
}
