/**
 * The canonical plan: what `plan/` makes of a rollout file and what every other room reads.
 * Every default is filled in, durations are integer milliseconds, margins are strings
 * (`25%`, `0.5pp`, `20ms`, `0.01abs`), texts a plan refers to (queries) are embedded, so the digest covers them.
 * Sandbox-safe: types and constants only.
 */

/** `sha256:<hex>` over canonical JSON (RFC 8785) or over a sorted file manifest. */
export type Digest = `sha256:${string}`;

export type Arm = 'baseline' | 'candidate';
export type RiskTier = 'low' | 'medium' | 'high';
export type OnSilence = 'baseline' | 'keep';

export interface Plan {
  version: 1;
  model: string;
  tenant: string;
  owner: string;
  intent: string;
  risk: RiskTier;
  runbook: string | null;
  candidate: { registry: string; version: string };
  target: Target;
  /** Scrape connection that reports health and served digest of both arms; null: nobody reports them, and admission says so. */
  arms: string | null;
  sources: Record<string, SourceSpec>;
  metrics: Record<string, MetricSpec>;
  gates: Record<string, GateSpec>;
  /** Error budget of the whole rollout: shares of rollouts wrongly rolled back, and of gates wrongly passed. */
  falseAlarms: { rollback: number; promote: number };
  lease: { forMs: number; onSilence: OnSilence };
  /** Longest pause between two polls of a guard. The worker never lets it exceed a third of the lease. */
  guardEveryMs: number;
  splitCheck: SplitCheckSpec;
  stages: StageSpec[];
  after: AfterSpec | null;
  notify: string[];
}

export interface Target {
  store: string;
  flag: string;
  /** Name of the attribute whose hash decides the bucket; the application passes it as targeting key. */
  stickyBy: string;
  /** Context attribute that names a user's cohort. */
  cohortAttribute: string;
}

export type SourceKind = 'scrape' | 'sql' | 'prometheus';

export interface SourceSpec {
  kind: SourceKind;
  /** Name of a connection in the worker's platform file. */
  connection: string;
  windowMs: number;
  /** How long after a window's end outcomes may still arrive; the window closes at end + settle. */
  settleMs: number;
}

/** A metric is read by the fields of its source's kind. */
export type Reading =
  | { kind: 'scrape'; units: string; events: string }
  | { kind: 'scrapeHistogram'; histogram: string }
  | { kind: 'scrapeCount'; events: string; exposure: string }
  | { kind: 'sql'; query: string; file: string | null }
  | { kind: 'prometheus'; units: string; events: string }
  | { kind: 'prometheusCount'; events: string; exposure: string }
  | { kind: 'prometheusHistogram'; histogram: string };

export interface SliceSpec {
  by: string[];
  /** Units the candidate arm needs in a slice before the slice may pass. */
  minUnits: number;
  onThin: 'extend' | 'hold' | 'escalate';
}

/**
 * What the author expects of a healthy baseline, for the forecast; no verdict reads it. `perMinute`: units over both arms
 * at full traffic (count: exposure, ratio: users). `rate`: events per unit or per exposure (rate, slo, fairness, count).
 * `mean`, `sd`: of the scores of single units. `mean`, `cv`: of a ratio; cv = sd(y - mean z) / mean(y) over users.
 */
export interface Expect {
  perMinute: number;
  rate?: number;
  mean?: number;
  sd?: number;
  cv?: number;
}

interface MetricBase {
  from: string;
  better: 'lower' | 'higher';
  /** What one unit is: a request, or a user (then about how many distinct ones each arm sees at full traffic). */
  unit: 'request' | 'user';
  users: number | null;
  reading: Reading;
  slices: SliceSpec | null;
  expect?: Expect;
}
/** Events per unit. Payload `rate`. */
export interface RateMetric extends MetricBase {
  kind: 'rate';
}
/** A quantile of a histogram. Payload `quantile`. */
export interface QuantileMetric extends MetricBase {
  kind: 'quantile';
  q: number;
}
/** Mean of scores that cannot leave `range`. Payload `score`. */
export interface ScoreMetric extends MetricBase {
  kind: 'score';
  range: [lowest: number, highest: number];
}
/** Events per exposure, which may exceed one. Payload `count`. */
export interface CountMetric extends MetricBase {
  kind: 'count';
}
/** Sum of y over sum of z. Payload `ratio`. */
export interface RatioMetric extends MetricBase {
  kind: 'ratio';
}
/** Error budget of a service: `objective` of its units are good over `periodMs`; limits are burn rates. Payload `rate`. */
export interface SloMetric extends MetricBase {
  kind: 'slo';
  objective: number;
  periodMs: number;
}
/** Distribution of a feature against the baseline's: limits are Jensen-Shannon distances, 0..1. Payload `quantile`. */
export interface DriftMetric extends MetricBase {
  kind: 'drift';
  against: ('reference' | 'control')[];
}
/**
 * Difference between groups; the groups are the metric's slices. Payload `rate`, whose units are those the measure is a
 * share of: all (selectionRate, impactRatio), the truly positive (truePositiveRate), the truly negative (falsePositiveRate).
 */
export interface FairnessMetric extends MetricBase {
  kind: 'fairness';
  measure: 'selectionRate' | 'truePositiveRate' | 'falsePositiveRate' | 'impactRatio';
}
export type MetricSpec =
  | RateMetric
  | QuantileMetric
  | ScoreMetric
  | CountMetric
  | RatioMetric
  | SloMetric
  | DriftMetric
  | FairnessMetric;
export type MetricKind = MetricSpec['kind'];

/** A margin as written: `25%` relative, `0.5pp` absolute on a rate, `20ms`, `0.01abs`. */
export type Margin = string;
export type RollbackWhen = { provenWorseBy: Margin } | { provenAbove: Margin } | { provenBelow: Margin };
export type PromoteWhen =
  | { provenWithin: Margin }
  | { provenBetterBy: Margin }
  | { provenBelow: Margin }
  | { provenAbove: Margin };

export interface GateSpec {
  metric: string;
  role: 'guardrail' | 'success';
  /** Null: this gate can only withhold a pass, never roll back. Lint fills the mirror of the promote limit. */
  rollbackWhen: RollbackWhen | null;
  promoteWhen: PromoteWhen;
  fastLane: { ratio: number; share: number } | null;
}

/** Whole and absolute: who sees the candidate. `share` is of randomised users, 0..1. */
export interface Exposure {
  share: number;
  cohorts: string[];
}

export interface SplitCheckSpec {
  /** Error level of the always-on sample-ratio check. */
  level: number;
}

export interface Bake {
  warmupMs: number;
  minMs: number;
  maxMs: number;
  /** Units the candidate arm needs; binds pass only. */
  minUnits: number;
  onTimeout: 'hold' | 'escalate' | 'rollback';
  onBlind: 'hold' | 'rollback';
  /** How long sources may fail in a row before the gate counts as blind. */
  blindAfterMs: number;
  /** How long a blind hold may last before `onBlind` acts. */
  blindDeadlineMs: number;
}

export interface ApprovalRule {
  role: string;
  min: number;
}

export interface ApprovalSpec {
  rules: ApprovalRule[];
  exclude: 'initiator'[];
  timeoutMs: number;
  onTimeout: 'hold' | 'reject' | 'rollback';
  onReject: 'stay' | 'rollback';
  remindEveryMs: number;
}

export interface StageSpec {
  name: string;
  /** Absolute exposures, in order; cohorts accumulated, shares capped by the hold-back. At least one. */
  steps: Exposure[];
  approval: ApprovalSpec | null;
  bake: Bake;
  /** Every gate asked, each once. Any of them rolls back when it fails. */
  gates: string[];
  /** Which of them must pass; absent: all. */
  passWhen?: GateTree;
}

/** Which gates must pass for a step to pass. A gate that proves harm rolls back wherever it stands. */
export type GateTree = string | { all: GateTree[] } | { any: GateTree[] } | { atLeast: number; of: GateTree[] };

export interface AfterSpec {
  forMs: number;
  everyMs: number;
  /** Share kept on the old model until `after` ends, 0..1. */
  holdBack: number;
  gates: string[];
}
