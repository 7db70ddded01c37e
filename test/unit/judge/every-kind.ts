/** For each kind of metric a gate that passes on ordinary windows, and such windows. */
import type { GateSpec, MetricKind, MetricSpec, Plan } from '../../../workflows/contract/plan.js';
import type { Cell, Payload } from '../../../workflows/contract/windows.js';
import { cellOf, count, drift, fairness, judging, quantile, rate, ratio, scored, score, slo, summed } from './world.js';

const GROUPS = ['group=a', 'group=b'] as const;
const ALTERNATELY = [0, 1, 2, 1] as const;

/** What both arms show in one window, a little different from look to look. */
const ORDINARY: Record<MetricKind, (look: number) => Payload> = {
  rate: (look) => ({ kind: 'rate', units: 1_000, events: 4 + swing(look) }),
  slo: (look) => ({ kind: 'rate', units: 10_000, events: 1 + swing(look) }),
  fairness: (look) => ({ kind: 'rate', units: 400, events: 200 + swing(look) }),
  quantile: (look) => histogram(500, [250, 499 - swing(look)]),
  drift: (look) => histogram(500, [250 + swing(look), 450]),
  score: (look) => scored(Array.from({ length: 20 }, (_, i) => 0.7 + 0.02 * ((i + look) % 3))),
  count: (look) => ({ kind: 'count', events: 9 + swing(look), exposure: 4.5 }),
  ratio: (look) =>
    summed(Array.from({ length: 20 }, (_, i) => [(1 + (i % 3)) * (3 + 0.1 * ((i + look) % 4)), 1 + (i % 3)] as const)),
};

const swing = (look: number): number => ALTERNATELY[look % 4] ?? 0;

function histogram(n: number, [first, second]: [number, number]): Payload {
  return {
    kind: 'quantile',
    n,
    buckets: [
      [10, first],
      [50, second],
      [null, n],
    ],
  };
}

const GATES: Record<MetricKind, [MetricSpec, Partial<GateSpec>]> = {
  rate: [rate(), { promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } }],
  slo: [slo(), { promoteWhen: { provenBelow: '6abs' }, rollbackWhen: { provenAbove: '14abs' } }],
  fairness: [
    fairness({ slices: { by: ['group'], minUnits: 100, onThin: 'extend' } }),
    { promoteWhen: { provenBelow: '20pp' }, rollbackWhen: { provenAbove: '30pp' } },
  ],
  quantile: [quantile(), { promoteWhen: { provenBelow: '50ms' }, rollbackWhen: { provenAbove: '50ms' } }],
  drift: [drift({ against: ['control'] }), { promoteWhen: { provenBelow: '0.2abs' } }],
  score: [score(), { promoteWhen: { provenWithin: '0.05abs' }, rollbackWhen: { provenWorseBy: '0.02abs' } }],
  count: [count(), { promoteWhen: { provenWithin: '1abs' }, rollbackWhen: { provenWorseBy: '0.4abs' } }],
  ratio: [ratio(), { promoteWhen: { provenWithin: '0.5abs' }, rollbackWhen: { provenWorseBy: '0.2abs' } }],
};

export const KINDS = Object.keys(ORDINARY) as MetricKind[];

export function planOf(kind: MetricKind): Plan {
  const [metric, spec] = GATES[kind];
  return judging(metric, spec);
}

export const ordinary = (kind: MetricKind, look: number): Payload => ORDINARY[kind](look);

/** Both arms, and for kinds that compare groups their groups. */
export function cellsOf(kind: MetricKind, look: number): Cell[] {
  const both = (slice: string | null): Cell[] => [
    cellOf('baseline', ordinary(kind, look + 1), slice),
    cellOf('candidate', ordinary(kind, look), slice),
  ];
  return kind === 'fairness' ? [...both(null), ...GROUPS.flatMap(both)] : both(null);
}
