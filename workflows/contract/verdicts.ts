/** Verdicts: what the judge says of a gate and of a step, with its numbers and one plain sentence. Sandbox-safe. */

export type VerdictKind = 'pass' | 'fail' | 'inconclusive';

/** Which procedure decided or is furthest along. */
export type Lane = 'grid' | 'fast' | 'main' | 'absolute' | 'quantile' | 'burn' | 'drift' | 'groups';

/**
 * What the candidate was compared with: the arm beside it (`concurrent`), that arm in an earlier step (`carried`), the
 * baseline as it was before the stage (`frozen`), or nothing but the limit (`none`).
 */
export type Control = 'concurrent' | 'carried' | 'frozen' | 'none';

export interface GateVerdict {
  gate: string;
  metric: string;
  /** `null` for the whole. */
  slice: string | null;
  lane: Lane;
  verdict: VerdictKind;
  /** In the margin's own unit (ratio - 1 for `%`, difference for `pp` and `abs`, milliseconds); null: no data yet. */
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  /** Limits the bounds are held against, same unit. */
  rollbackLimit: number | null;
  promoteLimit: number;
  level: number;
  eValue: number | null;
  units: { baseline: number; candidate: number };
  events: { baseline: number; candidate: number };
  windows: number;
  control: Control;
  /** Overdispersion factor used; `assumed` when nothing recorded could calibrate it. */
  dispersion: { factor: number; assumed: boolean };
  /**
   * Stable codes, each withholding a pass but for the remarks: `insufficientData`, `undecided`, `noData`, `sourceError`,
   * `badNumbers`, `minUnits`, `minBake`, `unsupportedLimit`, `noControl`, `splitBroken`, `labelsBroken` (outcomes complete
   * in one arm only), `simpson` (the whole and its slices disagree), `thinSlice` (also a fairness group too small, or fewer
   * than two) with `thinSliceHold` and `thinSliceEscalate`, `noEdge`, `noFrozenEdge`, `controlNearZero`, `cutTooOften`,
   * `ticket` (slo: the budget burns too fast for the period, or an outage that is not the candidate's fault), `drift` (a
   * proven change beyond the limit), `noReference` (drift: no baseline from before the stage), `otherBins` (drift: the
   * newest window lacks the bins compared in). Remarks: `carried`, `dispersionAssumed`, `winsorised`, `badSlice`.
   */
  reasons: string[];
  /** One sentence of plain English: what was found and what would change it. */
  sentence: string;
}

export interface SplitVerdict {
  broken: boolean;
  /** Anytime-valid p. */
  p: number;
  expectedShare: number;
  observedShare: number | null;
  sentence: string;
}

export interface StepVerdict {
  verdict: VerdictKind;
  /** The gate (and slice) that decided a fail; for inconclusive the one waited for; null on pass. */
  decidedBy: { gate: string; slice: string | null } | null;
  gates: GateVerdict[];
  split: SplitVerdict;
  /** Close of the last window judged, and of the first window at which this verdict held. */
  asOfMs: number;
  sinceMs: number;
  sentence: string;
}
