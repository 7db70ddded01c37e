/** Seeded traffic, windows and plans for tests of the judge. */
import { makeJudge } from '../../../judge/judge.js';
import type { Judge, JudgeState, StepContext } from '../../../judge/types.js';
import type {
  Arm,
  CountMetric,
  DriftMetric,
  FairnessMetric,
  GateSpec,
  MetricSpec,
  Plan,
  QuantileMetric,
  RateMetric,
  RatioMetric,
  ScoreMetric,
  SloMetric,
} from '../../../workflows/contract/plan.js';
import type { GateVerdict, StepVerdict } from '../../../workflows/contract/verdicts.js';
import type { Cell, Observation, Payload, Via, Window } from '../../../workflows/contract/windows.js';
import { type Random, normal } from '../../../judge/numerics/seeded.js';
import { STAGE, aPlan } from '../../support/plans.js';

export { normal, type Random, seeded } from '../../../judge/numerics/seeded.js';

export function poisson(random: Random, mean: number): number {
  if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let [k, product] = [0, random()];
  while (product > limit) {
    k += 1;
    product *= random();
  }
  return k;
}

/** A factor with mean 1 and the given coefficient of variation. */
export function burst(random: Random, cv: number): number {
  const variance = Math.log(1 + cv * cv);
  return Math.exp(Math.sqrt(variance) * normal(random) - variance / 2);
}

export const rate = (change: Partial<RateMetric> = {}): RateMetric => ({
  kind: 'rate',
  from: 'traffic',
  better: 'lower',
  unit: 'request',
  users: null,
  slices: null,
  reading: { kind: 'scrape', units: 'requests_total', events: 'requests_failed_total' },
  ...change,
});

export const quantile = (change: Partial<QuantileMetric> = {}): QuantileMetric => ({
  kind: 'quantile',
  from: 'traffic',
  better: 'lower',
  unit: 'request',
  users: null,
  slices: null,
  q: 0.99,
  reading: { kind: 'scrapeHistogram', histogram: 'request_seconds' },
  ...change,
});

export const gate = (change: Partial<GateSpec> = {}): GateSpec => ({
  metric: 'errors',
  role: 'guardrail',
  rollbackWhen: null,
  promoteWhen: { provenWithin: '0.5pp' },
  fastLane: null,
  ...change,
});

export function plan(
  metrics: Record<string, MetricSpec>,
  gates: Record<string, GateSpec>,
  change: Partial<Plan> = {},
): Plan {
  const stages = [STAGE.internal(), STAGE.beta(), STAGE.general()].map((stage) => ({
    ...stage,
    gates: Object.keys(gates),
  }));
  return aPlan({ metrics, gates, stages, ...change });
}

/** A plan of one rate gate named `errors`. */
export const one = (spec: Partial<GateSpec>, metric: Partial<RateMetric> = {}, change: Partial<Plan> = {}): Plan =>
  plan({ errors: rate(metric) }, { errors: gate(spec) }, change);

export const step = (change: Partial<StepContext> = {}): StepContext => {
  const share = change.share ?? 0.5;
  return {
    stage: 'beta',
    step: 0,
    share,
    randomised: share > 0 && share < 1,
    gates: ['errors'],
    minUnits: 0,
    minMs: 0,
    judgedFromMs: 0,
    mode: 'bake',
    ...change,
  };
};

export const WINDOW_MS = 1_000;

export function window(index: number, observation: Observation, change: Partial<Window> = {}): Window {
  return {
    version: 1,
    metric: 'errors',
    index,
    startMs: index * WINDOW_MS,
    endMs: (index + 1) * WINDOW_MS,
    phase: 'bake',
    share: 0.5,
    observation,
    ...change,
  };
}

export type Counts = [units: number, events: number];

export function cell(arm: Arm, [units, events]: Counts, slice: string | null = null, via: Via = 'share'): Cell {
  return { arm, via, slice, payload: { kind: 'rate', units, events } };
}

export const cells = (...all: Cell[]): Observation => ({ kind: 'value', cells: all });

/** Both arms, assigned by share. */
export const both = (baseline: Counts, candidate: Counts): Observation =>
  cells(cell('baseline', baseline), cell('candidate', candidate));

/** A judge at work, with a counter of windows. */
export class Bench {
  readonly judge: Judge;
  readonly state: JudgeState;
  #next = 0;

  constructor(of: Plan) {
    this.judge = makeJudge(of);
    this.state = this.judge.create();
  }

  open(change: Partial<StepContext> = {}): this {
    this.#next = 0;
    this.judge.openStep(this.state, step(change));
    return this;
  }

  /** The same observation in `times` windows one after the other. */
  show(observation: Observation, times = 1, change: Partial<Window> = {}): this {
    for (let i = 0; i < times; i += 1) {
      this.judge.update(this.state, window(this.#next, observation, change));
      this.#next += 1;
    }
    return this;
  }

  verdict(): StepVerdict {
    return this.judge.explain(this.state);
  }

  gate(name = 'errors', slice: string | null = null): GateVerdict {
    const found = this.verdict().gates.find((one) => one.gate === name && one.slice === slice);
    if (!found) throw new Error(`no verdict on ${name} ${slice}: ${JSON.stringify(this.verdict().gates)}`);
    return found;
  }
}

const READ = { from: 'traffic', unit: 'request', users: null, slices: null } as const;
const SQL = { kind: 'sql', query: '', file: null } as const;

export const score = (change: Partial<ScoreMetric> = {}): ScoreMetric => ({
  kind: 'score',
  better: 'higher',
  range: [0, 1],
  reading: SQL,
  ...READ,
  ...change,
});

export const count = (change: Partial<CountMetric> = {}): CountMetric => ({
  kind: 'count',
  better: 'lower',
  reading: { kind: 'scrapeCount', events: 'alerts_total', exposure: 'hours_total' },
  ...READ,
  ...change,
});

export const ratio = (change: Partial<RatioMetric> = {}): RatioMetric => ({
  kind: 'ratio',
  better: 'lower',
  reading: SQL,
  ...READ,
  ...change,
});

/** A plan of one gate named `errors` on a metric of any kind. */
export const judging = (metric: MetricSpec, spec: Partial<GateSpec>, change: Partial<Plan> = {}): Plan =>
  plan({ errors: metric }, { errors: gate(spec) }, change);

export const cellOf = (arm: Arm, payload: Payload, slice: string | null = null, via: Via = 'share'): Cell => ({
  arm,
  via,
  slice,
  payload,
});

/** Both arms, assigned by share, of any kind. */
export const arms = (baseline: Payload, candidate: Payload): Observation =>
  cells(cellOf('baseline', baseline), cellOf('candidate', candidate));

export function scored(scores: readonly number[]): Payload & { kind: 'score' } {
  let [sum, sumSq] = [0, 0];
  for (const x of scores) [sum, sumSq] = [sum + x, sumSq + x * x];
  return { kind: 'score', n: scores.length, sum, sumSq };
}

/** Sums over users of y and z. */
export function summed(users: readonly (readonly [y: number, z: number])[]): Payload & { kind: 'ratio' } {
  let [sy, sz, syy, szz, syz] = [0, 0, 0, 0, 0];
  for (const [y, z] of users) {
    [sy, sz] = [sy + y, sz + z];
    [syy, szz, syz] = [syy + y * y, szz + z * z, syz + y * z];
  }
  return { kind: 'ratio', n: users.length, sy, sz, syy, szz, syz };
}

/** With a chance of `level` each, more of so many runs come up less than once in a hundred times. */
export function mostOf(runs: number, level: number): number {
  let [chance, sum, k] = [(1 - level) ** runs, 0, 0];
  for (; sum + chance < 0.99; k += 1) {
    sum += chance;
    chance *= ((runs - k) * level) / ((k + 1) * (1 - level));
  }
  return k;
}

export const DAY_MS = 86_400_000;

export const slo = (change: Partial<SloMetric> = {}): SloMetric => ({
  kind: 'slo',
  better: 'lower',
  objective: 0.999,
  periodMs: 30 * DAY_MS,
  reading: { kind: 'scrape', units: 'requests_total', events: 'requests_failed_total' },
  ...READ,
  ...change,
});

export const drift = (change: Partial<DriftMetric> = {}): DriftMetric => ({
  kind: 'drift',
  better: 'lower',
  against: ['reference', 'control'],
  reading: { kind: 'scrapeHistogram', histogram: 'prompt_tokens' },
  ...READ,
  ...change,
});

export const fairness = (change: Partial<FairnessMetric> = {}): FairnessMetric => ({
  kind: 'fairness',
  better: 'lower',
  measure: 'selectionRate',
  reading: SQL,
  ...READ,
  slices: { by: ['group'], minUnits: 100, onThin: 'extend' },
  ...change,
});
