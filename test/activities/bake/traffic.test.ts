import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observedShare } from '../../../activities/bake/share.js';
import { trafficMetrics, trafficOf } from '../../../activities/traffic.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import type { Arm } from '../../../workflows/contract/plan.js';
import type { Payload, Via, Window } from '../../../workflows/contract/windows.js';
import { count, fairness, quantile, rate, ratio, score } from '../sources/builders.js';

const reading: MetricSpec['reading'] = { kind: 'sql', query: '', file: null };

function window(metric: string, payloads: Record<Arm, Payload>, fields: { via?: Via; index?: number } = {}): Window {
  const { via = 'share', index = 0 } = fields;
  const cells = (['baseline', 'candidate'] as const).map((arm) => ({ arm, via, slice: null, payload: payloads[arm] }));
  const observation = { kind: 'value' as const, cells };
  return { version: 1, metric, index, startMs: 0, endMs: 1, phase: 'bake', share: 0.25, observation };
}

const hours = (exposure: number): Payload => ({ kind: 'count', events: 0, exposure });
const units = (n: number, unlabelled?: number): Payload => ({
  kind: 'rate',
  units: n,
  events: 0,
  ...(unlabelled === undefined ? {} : { unlabelled }),
});

describe('the share that traffic shows', () => {
  const metrics = { crashes: count(reading), errors: rate(reading) };

  test('is of units, never of hours of exposure while something counts units', () => {
    const seen = [
      window('errors', { baseline: units(300), candidate: units(100) }),
      window('crashes', { baseline: hours(1), candidate: hours(9) }),
    ];
    assert.deepEqual(observedShare({ metrics }, seen), { share: 0.25, how: 'traffic' });
    assert.equal(observedShare({ metrics }, seen.slice(1)), null);
    assert.deepEqual(observedShare({ metrics: { crashes: count(reading) } }, seen), { share: 0.9, how: 'traffic' });
  });

  test('counts units whose outcome has not arrived', () => {
    const late = window('errors', { baseline: units(300), candidate: units(0, 100) });
    assert.deepEqual(observedShare({ metrics }, [late])?.share, 0.25);
  });

  test('is not moved by cohorts, and is unknown while the baseline has no units', () => {
    const staff = window('errors', { baseline: units(1), candidate: units(1) }, { via: 'cohort:staff' });
    assert.equal(observedShare({ metrics }, [staff]), null);
    assert.equal(observedShare({ metrics }, [window('errors', { baseline: units(0), candidate: units(5) })]), null);
  });
});

test('traffic is told by what counts every unit, then by what may see some of them, then by exposure', () => {
  const all = {
    crashes: count(reading),
    judged: score(reading),
    groups: fairness(reading, ['lang']),
    cost: ratio(reading),
    latency: quantile(reading),
    errors: rate(reading),
  };
  assert.deepEqual(trafficMetrics({ metrics: all }), ['errors', 'latency', 'cost']);
  const { crashes, judged, groups } = all;
  assert.deepEqual(trafficMetrics({ metrics: { crashes, groups, judged } }), ['judged', 'groups']);
  assert.deepEqual(trafficMetrics({ metrics: { crashes } }), ['crashes']);
  assert.deepEqual(trafficMetrics({ metrics: {} }), []);
});

test('a candidate that served only units without outcome yet has traffic', () => {
  assert.equal(trafficOf(units(0, 7)), 7);
  assert.equal(trafficOf({ kind: 'ratio', n: 3, sy: 1, sz: 1, syy: 1, szz: 1, syz: 1 }), 3);
});
