/** Latency is judged by the share of requests above a bucket edge, for a quantile between edges is not known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSpec } from '../../../workflows/contract/plan.js';
import type { Cell, Observation } from '../../../workflows/contract/windows.js';
import { Bench, cells, gate, plan, quantile, window } from './world.js';

const below50 = { promoteWhen: { provenBelow: '50ms' }, rollbackWhen: { provenAbove: '50ms' } };
const within10 = { promoteWhen: { provenWithin: '10%' }, rollbackWhen: { provenWorseBy: '4%' } };

const of = (spec: Partial<GateSpec>) =>
  plan({ latency: quantile() }, { latency: gate({ metric: 'latency', ...spec }) });

/** `n` requests, `slow` of them above the edge of 50 ms, none above 100 ms. */
function arm(name: Cell['arm'], n: number, slow: number, edges = [10, 50, 52, 55, 100]): Cell {
  const buckets = edges.map((edge): [number, number] => [
    edge,
    edge === 10 ? Math.floor((n - slow) / 2) : edge < 100 ? n - slow : n,
  ]);
  return { arm: name, via: 'share', slice: null, payload: { kind: 'quantile', n, buckets: [...buckets, [null, n]] } };
}

class Latency extends Bench {
  look(observation: Observation, times: number): this {
    return this.show(observation, times, { metric: 'latency' });
  }
}
const opened = (spec: Partial<GateSpec>) => new Latency(of(spec)).open({ gates: ['latency'] });

test('fewer than 1 % above the edge passes, in milliseconds a person can read', () => {
  const bench = opened(below50).look(cells(arm('baseline', 500, 2), arm('candidate', 500, 1)), 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
  const { upper, promoteLimit, lane } = bench.gate('latency');
  assert.deepEqual([upper, promoteLimit, lane], [50, 50, 'quantile']);
  assert.match(
    bench.gate('latency').sentence,
    /99th percentile is about \d+(\.\d+)? ms: 0\.2 % of requests took more than 50 ms; at most 1 % may/,
  );
});

test('more than 1 % above the edge fails, though most requests are fast', () => {
  const bench = opened(below50).look(cells(arm('baseline', 500, 1), arm('candidate', 500, 20)), 20);
  assert.equal(bench.verdict().verdict, 'fail');
  assert.match(bench.verdict().sentence, /4 % of requests took more than 50 ms/);
});

test('no bucket edge at the limit: it says which, and neither passes nor fails', () => {
  const bench = opened(below50).look(
    cells(arm('baseline', 500, 1, [10, 100]), arm('candidate', 500, 499, [10, 100])),
    50,
  );
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate('latency').reasons.includes('noEdge'));
  assert.match(bench.gate('latency').sentence, /no bucket edge at the limit/);
});

/** Baseline p99 of 50 ms recorded before the stage. */
function recorded(bench: Latency, n: number): Latency {
  const observation = cells(arm('baseline', n, n / 100));
  bench.judge.update(bench.state, window(0, observation, { metric: 'latency', phase: 'baseline', share: 0 }));
  return bench.open({ gates: ['latency'] }) as Latency;
}

test('a comparison stands on an edge frozen before the stage: within 10 % of 50 ms is judged at 55 ms', () => {
  const bench = recorded(new Latency(of(within10)), 2_000);
  bench.look(cells(arm('baseline', 500, 4), arm('candidate', 500, 1)), 20);
  assert.equal(bench.gate('latency').promoteLimit, 55);
  assert.equal(bench.gate('latency').rollbackLimit, 52);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('too few baseline requests before the stage: no comparison, however many come during it', () => {
  const bench = recorded(new Latency(of(within10)), 900);
  bench.look(cells(arm('baseline', 500, 1), arm('candidate', 500, 0)), 50);
  assert.equal(bench.verdict().verdict, 'inconclusive');
  assert.ok(bench.gate('latency').reasons.includes('noFrozenEdge'));
});

test('the baseline of an earlier stage is a record for the next one', () => {
  const bench = new Latency(of(within10)).open({ stage: 'internal', share: 0, gates: [] }) as Latency;
  bench.show(cells(arm('baseline', 500, 5)), 4, { metric: 'latency', share: 0 });
  bench.open({ gates: ['latency'] });
  bench.look(cells(arm('baseline', 500, 4), arm('candidate', 500, 1)), 20);
  assert.equal(bench.verdict().verdict, 'pass', bench.verdict().sentence);
});

test('a candidate provably slower than the frozen quantile and than the baseline beside it fails', () => {
  const bench = recorded(new Latency(of(within10)), 2_000);
  assert.equal(bench.look(cells(arm('baseline', 500, 4), arm('candidate', 500, 40)), 20).verdict().verdict, 'fail');
});

test('a slow day that slows both arms rolls nothing back', () => {
  const bench = recorded(new Latency(of(within10)), 2_000);
  bench.look(cells(arm('baseline', 500, 40), arm('candidate', 500, 40)), 60);
  assert.equal(bench.verdict().verdict, 'inconclusive');
});

for (const [what, buckets, n] of [
  [
    'falling counts',
    [
      [10, 9],
      [50, 5],
      [null, 9],
    ],
    9,
  ],
  [
    'falling edges',
    [
      [50, 5],
      [10, 9],
      [null, 9],
    ],
    9,
  ],
  [
    'more in a bucket than in all',
    [
      [50, 12],
      [null, 12],
    ],
    9,
  ],
] as const)
  test(`a histogram with ${what} counts as bad numbers`, () => {
    const broken = {
      ...arm('candidate', 9, 0),
      payload: { kind: 'quantile' as const, n, buckets: buckets.map(([e, c]): [number | null, number] => [e, c]) },
    };
    const bench = opened(below50).look(cells(arm('baseline', 500, 1), broken), 5);
    assert.deepEqual(bench.gate('latency').reasons, ['noData', 'badNumbers']);
  });
