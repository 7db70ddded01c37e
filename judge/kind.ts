/**
 * What the judge asks of a kind of metric. One file per kind under kinds/, all of them in the table of kinds.ts: a new
 * kind is a file and a line there. Pure, sandbox-safe.
 */
import type { MetricSpec } from '../workflows/contract/plan.js';
import type { GateVerdict, Lane } from '../workflows/contract/verdicts.js';
import type { Cell, Window } from '../workflows/contract/windows.js';
import type { Levels } from './budget.js';
import type { Calibration } from './calibration.js';
import type { ParsedMargin } from './margin.js';
import type { Dispersion } from './means/dispersion.js';
import type { GateRule } from './rules.js';
import type { MetricState } from './state.js';
import type { StepContext } from './types.js';

/** Which side of the limit is to be proven. */
export type Claim = 'above' | 'below';

/** For quantiles: the bucket edge above which a request counts as an event. `frozen`: relative to the control's quantile. */
export type Edge = { kind: 'at'; ms: number } | { kind: 'frozen'; factor: number; plusMs: number };

/**
 * One limit of a gate as a question. `single`: about the candidate's arm, all its users when `everyone`. `difference`:
 * candidate minus baseline, positive is harm. `ratio`: harm as a fraction of the baseline.
 */
export interface Ask {
  measure: 'single' | 'difference' | 'ratio';
  claim: Claim;
  limit: number;
  edge: Edge | null;
  everyone: boolean;
  /** A slow day slows both arms: then the candidate must also be provably worse than the baseline beside it. */
  besidesBaseline: boolean;
}

export type Side = 'rollback' | 'promote';

/** The words a limit may be written in; each compares, or judges the candidate alone. */
export type LimitWord = 'provenWorseBy' | 'provenWithin' | 'provenBetterBy' | 'provenAbove' | 'provenBelow';

/** What a procedure reports of one question. */
export interface Finding {
  lane: Lane;
  /** In the margin's own unit. */
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  level: number;
  eValue: number | null;
  dispersion: Dispersion;
  proven: boolean;
}

/** How the evidence of one gate on the whole or one slice begins. */
export interface Beginning {
  slice: string | null;
  /** Slices judged by name. */
  slices: readonly string[];
  /** The event is the rule rather than the exception, as far as the baseline showed. */
  eventIsRule: boolean;
  /** Windows to merge so that neighbours hardly correlate. */
  merge: number;
}

/** A window, as it is shown to the evidence of one gate and slice. */
export interface Showing {
  window: Window;
  cells: readonly Cell[];
  slice: string | null;
  /** Slices judged by name. */
  named: readonly string[];
  calibration: Calibration;
  /** Distinct users of this slice, where units are requests of users; null where units are independent. */
  users: number | null;
  levels: Levels;
}

/** What is known when a gate and slice is asked where it stands. */
export interface Asked<Body = object> {
  body: Body;
  rule: GateRule;
  slice: string | null;
  /** Stage the promotion evidence is of. */
  stage: string;
  metric: MetricState;
  step: StepContext;
  levels: Levels;
  users: number | null;
  splitBroken: boolean;
  /** Error level at which the completeness of outcomes is compared. */
  labelLevel: number;
  /** Only whether a claim is proven is asked: bounds may be left out. */
  brief: boolean;
}

/** What numbers need to be told in the plan's unit. */
export type Known<Body = object> = Pick<Asked<Body>, 'body' | 'rule' | 'levels' | 'metric'>;

/** Plain totals of what one side of a gate was shown. */
export interface Counted {
  units: { baseline: number; candidate: number };
  events: { baseline: number; candidate: number };
  windows: number;
}

/** Numbers of a verdict, in the margin's own unit. */
export type Numbers = Pick<GateVerdict, 'estimate' | 'lower' | 'upper' | 'rollbackLimit' | 'promoteLimit'>;
/** A verdict that still lacks its sentence. */
export type Unworded = Omit<GateVerdict, 'sentence'>;

/** What has been found of both questions of a gate. */
export interface Findings {
  rollback: Finding | null;
  promote: Finding | null;
}

/**
 * A kind of metric. `Body` is its evidence of one gate on the whole or one slice: plain JSON that survives a round trip
 * exactly, at most 1 KB together with what the judge keeps beside it.
 */
export interface Kind<Body extends object = object> {
  /** True: slices are parts of one question (groups), so there is one process over all of them. */
  acrossSlices: boolean;
  /** Null: the kind cannot judge a limit in this unit. */
  ask(metric: MetricSpec, word: LimitWord, margin: ParsedMargin): Ask | null;
  begin(rule: GateRule, beginning: Beginning): Body;
  /** Promotion evidence begins anew with a stage. */
  restart(body: Body, rule: GateRule): void;
  /** Adds a window to every question it may answer; only a bake's own windows speak for promotion. */
  add(body: Body, rule: GateRule, showing: Showing): void;
  /** The lane that has proven harm at this look; null: none. Comparisons are void while the split is broken. */
  harm(asked: Asked<Body>, rollback: Finding | null): Lane | null;
  find(asked: Asked<Body>, side: Side): Finding | null;
  counted(body: Body, side: Side): Counted;
  /** Stable codes beyond those every gate has: each withholds a pass unless it is a mere remark. */
  reasons(asked: Asked<Body>, found: Findings): string[];
  numbers(asked: Known<Body>, found: Findings, failed: boolean): Numbers;
  /** What was found against which limit, as a clause without its full stop. */
  clause(asked: Asked<Body>, found: Unworded): string;
  /** What would change an undecided gate, beyond what every gate waits for; null: more units narrow the bound. */
  outlook(asked: Asked<Body>, found: Unworded): string | null;
}
