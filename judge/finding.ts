/** What a procedure reports, and what it is told beside the evidence. Pure, sandbox-safe. */
import type { Lane } from '../workflows/contract/verdicts.js';
import type { Dispersion } from './dispersion.js';
import type { Evidence } from './evidence.js';
import type { GateRule } from './rules.js';

export interface Finding {
  lane: Lane;
  /** In the margin's own unit; for quantiles the share of requests above the edge. */
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  level: number;
  eValue: number | null;
  dispersion: Dispersion;
  proven: boolean;
}

/** What is known beside the evidence of the process. */
export interface Surroundings {
  rule: GateRule;
  /** Dispersion recorded before the stage; null: none. */
  recorded: number | null;
  /** Only whether the claim is proven is asked: bounds may be left out. */
  brief: boolean;
  /** Distinct users of this slice, where units are requests of users. */
  users: number | null;
}

/** Share that weighs most in the evidence: its split sets the offset of sticky users. */
export function mainShare(evidence: Evidence): number {
  let best: Evidence[number] | null = null;
  for (const stratum of evidence) if (!best || stratum.treated.units > best.treated.units) best = stratum;
  return best?.share ?? 0;
}
