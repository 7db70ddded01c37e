/** What is kept stays small however long it goes on, and is kept exactly: a judge read back from JSON says the same to the byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import { opened } from '../../../judge/state.js';
import type { JudgeState } from '../../../judge/types.js';
import type { GateSpec, MetricSpec, Plan } from '../../../workflows/contract/plan.js';
import type { Payload } from '../../../workflows/contract/windows.js';
import {
  type Random,
  burst,
  cellOf,
  cells,
  count,
  drift,
  fairness,
  judging,
  normal,
  poisson,
  quantile,
  rate,
  ratio,
  score,
  scored,
  seeded,
  slo,
  step,
  summed,
  window,
} from './world.js';

interface Lane {
  what: string;
  plan: Plan;
  /** Of one arm in one window with `n` units. */
  draw: (random: Random, n: number) => Payload;
}

const SLICE = 'mailType=hard-ham';
const SLICES = { by: ['mailType'], minUnits: 200, onThin: 'extend' as const };

const relative = (promote: string, rollback: string): Partial<GateSpec> => ({
  promoteWhen: { provenWithin: promote },
  rollbackWhen: { provenWorseBy: rollback },
});
const RELATIVE = relative('25%', '10%');
const FAST: Partial<GateSpec> = { ...RELATIVE, fastLane: { ratio: 1.5, share: 0.25 } };

const lane = (what: string, metric: MetricSpec, spec: Partial<GateSpec>, draw: Lane['draw']): Lane => ({
  what,
  plan: judging({ ...metric, slices: SLICES }, spec),
  draw,
});

const failures = (random: Random, n: number): Payload => ({
  kind: 'rate',
  units: n,
  events: poisson(random, n * 0.01),
});
const successes = (random: Random, n: number): Payload => ({
  kind: 'rate',
  units: n,
  events: n - Math.min(n, poisson(random, n * 0.04)),
});
const alerts = (random: Random, n: number): Payload => {
  const exposure = (n / 60) * (0.5 + random());
  return { kind: 'count', events: poisson(random, 3 * exposure), exposure };
};
/** Sums stand for single units, of which a window would hold too many to draw. */
const stars = (random: Random, n: number): Payload => {
  const { sum, sumSq } = scored(Array.from({ length: 10 }, () => Math.min(5, Math.max(1, 3.7 + 0.6 * normal(random)))));
  return { kind: 'score', n, sum: (sum * n) / 10, sumSq: (sumSq * n) / 10 };
};
const costs = (random: Random, n: number): Payload => {
  const { sy, sz, syy, szz, syz } = summed(
    Array.from({ length: 10 }, () => [12.5 * burst(random, 2), 1 + Math.floor(4 * random())] as const),
  );
  const times = n / 10;
  return { kind: 'ratio', n, sy: sy * times, sz: sz * times, syy: syy * times, szz: szz * times, syz: syz * times };
};
/** Prometheus' own edges, or as many as a histogram may have to be estimated from. */
const EDGES = Array.from({ length: 40 }, (_, i) => Math.round(5 * 1.25 ** i * 10) / 10);
const latencies =
  (edges: readonly number[]): Lane['draw'] =>
  (random, n) => {
    let left = n;
    const counts = edges.map((_, i) => {
      const here = Math.min(left, poisson(random, n * 0.3 * 0.7 ** i));
      left -= here;
      return here;
    });
    let below = 0;
    const buckets = edges.map((edge, i): [number | null, number] => [edge, (below += counts[i] ?? 0)]);
    return { kind: 'quantile', n, buckets: [...buckets, [null, n]] };
  };
const DEFAULT_EDGES = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

const LANES: Lane[] = [
  lane('rate: grid, main and fast lane', rate(), FAST, failures),
  lane('rate: the rarer side', rate({ better: 'higher' }), FAST, successes),
  lane('rate: points', rate(), relative('0.5pp', '0.2pp'), failures),
  lane('rate: one arm', rate(), { promoteWhen: { provenBelow: '2%' }, rollbackWhen: { provenAbove: '2%' } }, failures),
  lane('count: grid, main and fast lane', count(), FAST, alerts),
  lane('count: its own unit', count(), relative('1abs', '0.4abs'), alerts),
  lane('score: its own unit', score({ range: [1, 5] }), relative('0.1abs', '0.04abs'), stars),
  lane('score: main lane', score({ range: [0, 5] }), RELATIVE, stars),
  lane('ratio: its own unit', ratio(), relative('3abs', '1abs'), costs),
  lane('ratio: main lane', ratio(), RELATIVE, costs),
  lane(
    'quantile: one arm, the edges of Prometheus',
    quantile(),
    { promoteWhen: { provenBelow: '50ms' }, rollbackWhen: { provenAbove: '50ms' } },
    latencies(DEFAULT_EDGES),
  ),
  lane(
    'quantile: frozen edge, the edges of Prometheus',
    quantile({ q: 0.9 }),
    relative('33%', '30%'),
    latencies(DEFAULT_EDGES),
  ),
  lane('quantile: frozen edge, forty edges', quantile({ q: 0.9 }), relative('12%', '10%'), latencies(EDGES)),
  lane('slo', slo(), { promoteWhen: { provenBelow: '6abs' }, rollbackWhen: { provenAbove: '14abs' } }, (random, n) => ({
    kind: 'rate',
    units: n,
    events: poisson(random, n * 0.0005),
  })),
  lane('drift', drift(), { promoteWhen: { provenBelow: '0.1abs' } }, latencies(DEFAULT_EDGES)),
  lane(
    'fairness',
    fairness(),
    { promoteWhen: { provenBelow: '20pp' }, rollbackWhen: { provenAbove: '30pp' } },
    failures,
  ),
];

const UNITS = 6_000;

/** Windows of three shares in one stage, after sixty of the baseline; `each` sees the state after every one. */
function bake({ plan, draw }: Lane, windows: number, each: (state: JudgeState) => JudgeState): JudgeState {
  const [judge, random] = [makeJudge(plan), seeded(3)];
  let state = judge.create();
  const whole = (arm: 'baseline' | 'candidate', n: number) => {
    const payload = draw(random, n);
    return [cellOf(arm, payload), cellOf(arm, payload, SLICE), cellOf(arm, payload, 'mailType=soft')];
  };
  for (let i = 0; i < 60; i += 1)
    judge.update(state, window(i, cells(...whole('baseline', UNITS)), { phase: 'baseline', share: 0 }));
  for (const [index, share] of [0.1, 0.25, 0.5].entries()) {
    judge.openStep(state, step({ step: index, share }));
    for (let i = 0; i < windows / 3; i += 1) {
      const candidate = Math.round(UNITS * share);
      const all = [...whole('baseline', UNITS - candidate), ...whole('candidate', candidate)];
      judge.update(state, window(i, cells(...all), { share }));
      state = each(state);
    }
  }
  return state;
}

const size = (json: unknown): number => Buffer.byteLength(JSON.stringify(json));

for (const each of LANES)
  test(`${each.what}: after 10,000 windows at most 1 KB a gate and slice, and verdicts of at most 2 KB`, () => {
    const state = bake(each, 10_000, (same) => same);
    const { processes, metrics, split } = opened(state);
    const { gates } = makeJudge(each.plan).explain(state);
    assert.ok(
      gates.every(({ windows, metric }) => metric === 'errors' && windows >= 9_999),
      JSON.stringify(gates[0]),
    );
    const [largest, verdict] = [Math.max(...processes.map(size)), Math.max(...gates.map(size))];
    if (process.env['SHOW']) console.log(each.what, largest, verdict, size(metrics), size(split), gates[0]?.sentence);
    assert.ok(largest <= 1_024, `${largest} bytes of state`);
    assert.ok(verdict <= 2_048, `${verdict} bytes of verdict`);
  });

for (const each of LANES)
  test(`${each.what}: read back from JSON after every window, it goes on to the same verdicts, to the byte`, () => {
    const judge = makeJudge(each.plan);
    const kept: string[] = [];
    bake(each, 240, (state) => {
      kept.push(JSON.stringify(judge.explain(state)));
      return state;
    });
    let at = 0;
    bake(each, 240, (state) => {
      const text = JSON.stringify(state);
      const back = JSON.parse(text) as JudgeState;
      assert.deepEqual(back, state);
      // A judge of its own: nothing may be remembered outside the state.
      assert.equal(JSON.stringify(makeJudge(each.plan).explain(back)), kept[at]);
      at += 1;
      return back;
    });
    assert.equal(at, kept.length);
    assert.ok(new Set(kept).size > 100, 'and they are not all the same');
  });
