/** A payload whose numbers cannot be true is refused by name; true ones never are, whatever rounding did to their sums. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { payloadKind, unitsOf, wrongPayload } from '../../../judge/payload.js';
import type { MetricKind, MetricSpec } from '../../../workflows/contract/plan.js';
import type { Payload } from '../../../workflows/contract/windows.js';

const base = {
  from: 'source',
  better: 'lower',
  unit: 'request',
  users: null,
  reading: { kind: 'sql', query: '', file: null },
  slices: null,
} as const;
const METRICS: Record<MetricKind, MetricSpec> = {
  rate: { ...base, kind: 'rate' },
  slo: { ...base, kind: 'slo', objective: 0.999, periodMs: 1 },
  fairness: { ...base, kind: 'fairness', measure: 'selectionRate' },
  quantile: { ...base, kind: 'quantile', q: 0.5 },
  drift: { ...base, kind: 'drift', against: ['control'] },
  score: { ...base, kind: 'score', range: [-2, 3] },
  count: { ...base, kind: 'count' },
  ratio: { ...base, kind: 'ratio' },
};
const TRUE: Record<Payload['kind'], Payload> = {
  rate: { kind: 'rate', units: 10, events: 2 },
  quantile: {
    kind: 'quantile',
    n: 10,
    buckets: [
      [5, 2],
      [9, 2],
      [null, 10],
    ],
  },
  score: { kind: 'score', n: 10, sum: 5, sumSq: 4 },
  count: { kind: 'count', events: 12, exposure: 2.5 },
  ratio: { kind: 'ratio', n: 2, sy: 5, sz: 3, syy: 13, szz: 5, syz: 7 },
};
const ofKind = (kind: MetricKind): Payload => TRUE[payloadKind(kind)];

function sums(pairs: readonly (readonly [number, number])[]) {
  const add = (value: (y: number, z: number) => number) => pairs.reduce((sum, [y, z]) => sum + value(y, z), 0);
  return {
    n: pairs.length,
    sy: add((y) => y),
    sz: add((_, z) => z),
    syy: add((y) => y * y),
    szz: add((_, z) => z * z),
    syz: add((y, z) => y * z),
  };
}

describe('a payload', () => {
  it('of each kind is taken by its metrics and no other', () => {
    for (const [kind, metric] of Object.entries(METRICS))
      for (const payload of Object.values(TRUE))
        assert.equal(wrongPayload(metric, payload) === null, payload.kind === payloadKind(metric.kind), kind);
    assert.deepEqual(Object.values(TRUE).map(unitsOf), [10, 10, 10, 2.5, 2]);
  });

  it('with any number replaced by what is none is refused', () => {
    const garbage = fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1e300,
      Number.MAX_VALUE,
      '1',
      null,
      true,
      {},
      [],
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(METRICS)), fc.nat(), garbage, (name, pick, bad) => {
        const metric = METRICS[name as MetricKind];
        const { kind, ...numbers } = { ...ofKind(metric.kind), firstSeen: 1, unlabelled: 1 };
        const field = Object.keys(numbers)[pick % Object.keys(numbers).length] ?? '';
        const wrong = wrongPayload(metric, { kind, ...numbers, [field]: bad } as unknown as Payload);
        // No bucket at all is no contradiction.
        if (field !== 'buckets' || !Array.isArray(bad)) assert.notEqual(wrong, null, `${field} ${JSON.stringify(bad)}`);
      }),
    );
  });

  it('that is missing is refused', () => {
    for (const metric of Object.values(METRICS)) {
      assert.match(wrongPayload(metric, null) ?? '', /^it has no /);
      assert.notEqual(wrongPayload(metric, { kind: payloadKind(metric.kind) } as Payload), null);
    }
  });

  it('may not have more first seen than units, but exposure is no number of units', () => {
    assert.match(wrongPayload(METRICS.score, { ...TRUE.score, firstSeen: 11 }) ?? '', /11 units first seen among 10/);
    assert.equal(wrongPayload(METRICS.count, { ...TRUE.count, firstSeen: 11 }), null);
    assert.equal(wrongPayload(METRICS.rate, { ...TRUE.rate, unlabelled: 99 }), null);
  });
});

describe('sums', () => {
  /** Without numbers whose fourth powers are below what a double holds. */
  const between = (min: number, max: number) =>
    fc.double({ min, max, noNaN: true }).map((value) => (Math.abs(value) < 1e-60 ? 0 : value));
  const value = between(-1e6, 1e6);
  /** Nothing is less than none of something. */
  const amount = between(0, 1e6).map((some) => (some < 1e-6 ? 0 : some));
  const scores = fc.array(between(-2, 3), { maxLength: 300 });

  it('of real scores are never refused', () => {
    fc.assert(
      fc.property(scores, (values) => {
        const { n, sy, syy } = sums(values.map((y) => [y, 0]));
        assert.equal(wrongPayload(METRICS.score, { kind: 'score', n, sum: sy, sumSq: syy }), null);
      }),
    );
  });

  it('of real pairs are never refused, constant and proportional ones included', () => {
    const pairs = fc.oneof(
      fc.array(fc.tuple(value, amount), { maxLength: 300 }),
      fc.tuple(value, amount, fc.nat(300)).map(([y, z, n]) => Array.from({ length: n }, () => [y, z] as const)),
      fc.tuple(value, fc.array(amount, { maxLength: 300 })).map(([r, zs]) => zs.map((z) => [r * z, z] as const)),
    );
    fc.assert(
      fc.property(pairs, (of) => {
        assert.equal(wrongPayload(METRICS.ratio, { kind: 'ratio', ...sums(of) }), null);
      }),
    );
  });

  it('of a million scores added one by one keep within the tolerance', () => {
    const sum = { y: 0, yy: 0 };
    for (let i = 0; i < 1_000_000; i++) {
      sum.y += 0.1;
      sum.yy += 0.1 * 0.1;
    }
    assert.equal(wrongPayload(METRICS.score, { kind: 'score', n: 1_000_000, sum: sum.y, sumSq: sum.yy }), null);
  });

  it('that would give a negative variance are refused', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, less) => {
        const { n, sy, syy } = sums(values.map((y) => [y, 0]));
        fc.pre(n > 0 && syy > 0.01);
        const tooSmall = (sy * sy) / n - less;
        assert.notEqual(wrongPayload(METRICS.score, { kind: 'score', n, sum: sy, sumSq: tooSmall }), null);
      }),
    );
  });

  it('whose y and z would correlate by more than one are refused, though each square is possible', () => {
    // The spreads are 2 * 10 - 4^2 = 4 and 2 * 10.5 - 4^2 = 5, so (2 syz - 16)^2 is at most 20; Cauchy-Schwarz alone allows 10.246.
    const withProducts = (syz: number) =>
      wrongPayload(METRICS.ratio, { kind: 'ratio', n: 2, sy: 4, sz: 4, syy: 10, szz: 10.5, syz });
    assert.deepEqual([withProducts(10.23), withProducts(5.77)], [null, null]);
    assert.equal(withProducts(10.24), 'no 2 pairs with these sums have the sum of products syz 10.24');
    assert.equal(withProducts(5.76), 'no 2 pairs with these sums have the sum of products syz 5.76');
  });
});
