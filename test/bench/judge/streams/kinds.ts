/** The kinds of metrics that have streams, with the gate each is judged by. */
import type { GateSpec, MetricSpec } from '../../../../workflows/contract/plan.js';
import { countStream } from './count.js';
import { latencyStream, trueQuantile } from './latency.js';
import type { StreamClass } from './noise.js';
import { ERROR_RATE, rateStream } from './rate.js';
import { ratioStream } from './ratio.js';
import { scoreStream, SHORTFALL } from './score.js';
import { METRIC, type Stream, type StreamSetting } from './stream.js';

export interface Kind {
  name: 'rate' | 'score' | 'quantile' | 'ratio' | 'count';
  what: string;
  stream(setting: StreamSetting): Stream;
  spec(of: StreamClass): MetricSpec;
  /** No worse than the baseline at all, within a quarter of its intensity. */
  gate: GateSpec;
  /** What a verdict should estimate at a true ratio of intensities, in the unit of the gate's margin. */
  truth(ratio: number): number;
}

export const QUANTILE = 0.99;
const WORST_RATIO = 1.25;

/** Users of both arms stay where they are; the judge is told how many there are. */
const common = (of: StreamClass): Pick<MetricSpec, 'from' | 'unit' | 'users' | 'slices'> => ({
  from: 'traffic',
  unit: of.stickyUsers > 0 ? 'user' : 'request',
  users: of.stickyUsers > 0 ? 2 * of.stickyUsers : null,
  slices: null,
});

const gate = (change: Partial<GateSpec> = {}): GateSpec => ({
  metric: METRIC,
  role: 'guardrail',
  rollbackWhen: { provenWorseBy: '0%' },
  promoteWhen: { provenWithin: '25%' },
  fastLane: null,
  ...change,
});

const reading = { kind: 'sql', query: 'select', file: null } as const;

export const RATE: Kind = {
  name: 'rate',
  what: `errors among requests, ${ERROR_RATE * 100} % in the baseline; margins 0 % and 25 %, fast lane from 1.5 times on`,
  stream: rateStream,
  spec: (of) => ({ ...common(of), kind: 'rate', better: 'lower', reading }),
  gate: gate({ fastLane: { ratio: 1.5, share: 0.25 } }),
  truth: (ratio) => ratio - 1,
};

export const SCORE: Kind = {
  name: 'score',
  what: 'graded answers from 0 to 1, mean 0.9; margins 0 and 0.025 (a quarter of what the baseline falls short by)',
  stream: scoreStream,
  spec: (of) => ({ ...common(of), kind: 'score', better: 'higher', range: [0, 1], reading }),
  gate: gate({
    rollbackWhen: { provenWorseBy: '0abs' },
    promoteWhen: { provenWithin: `${SHORTFALL * (WORST_RATIO - 1)}abs` },
  }),
  truth: (ratio) => SHORTFALL * (ratio - 1),
};

export const LATENCY: Kind = {
  name: 'quantile',
  what: 'the 99th percentile of latency, about 400 ms, from a histogram; only the tail gets worse; margins 0 % and 25 %',
  stream: latencyStream,
  spec: (of) => ({ ...common(of), kind: 'quantile', better: 'lower', q: QUANTILE, reading }),
  gate: gate(),
  truth: (ratio) => trueQuantile(QUANTILE, ratio),
};

export const RATIO: Kind = {
  name: 'ratio',
  what: 'cost per interaction by user, for one user in a hundred a hundred times the usual; margins 0 % and 25 %',
  stream: ratioStream,
  spec: (of) => ({ ...common(of), kind: 'ratio', better: 'lower', reading }),
  gate: gate(),
  truth: (ratio) => ratio - 1,
};

export const COUNT: Kind = {
  name: 'count',
  what: 'events per exposure, one in a hundred; margins 0 % and 25 %',
  stream: countStream,
  spec: (of) => ({ ...common(of), kind: 'count', better: 'lower', reading }),
  gate: gate(),
  truth: (ratio) => ratio - 1,
};

export const KINDS: readonly Kind[] = [RATE, SCORE, LATENCY, RATIO, COUNT];
