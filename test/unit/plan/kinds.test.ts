/** Each kind of metric end to end: what may be written, what is filled in, what it compiles to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { COUNT, DRIFT, GAP, IMPACT, LEGAL, planOf, QUERY, RATIO, SCORE, SLO } from './kind-plans.js';
import { accepted } from './support.js';

function metricOf(metric: string, gate: string): MetricSpec {
  const { m } = accepted(planOf(metric, gate)).plan.metrics;
  assert.ok(m);
  return m;
}

describe('a metric of each kind compiles', () => {
  it('a score, with its range', () => {
    const score = metricOf(SCORE, '{ promoteWhen: { provenWithin: 0.01abs } }');
    assert.ok(score.kind === 'score');
    assert.deepEqual(score.range, [0, 1]);
    assert.equal(score.reading.kind, 'sql');
  });

  it('a count, from a page, a Prometheus server or a database', () => {
    const gate = '{ promoteWhen: { provenWithin: 10% }, fastLane: { ratio: 2 } }';
    const series = { events: 'retries_total', exposure: 'tokens_total' };
    assert.deepEqual(metricOf(COUNT, gate).reading, { kind: 'scrapeCount', ...series });
    assert.deepEqual(metricOf(COUNT.replace('traffic', 'metrics'), gate).reading, {
      kind: 'prometheusCount',
      ...series,
    });
    assert.equal(metricOf(RATIO.replace('ratio', 'count'), gate).reading.kind, 'sql');
  });

  it('a ratio, whose users are counted', () => {
    const ratio = metricOf(`${RATIO}, unit: { user: about 5000 }`, '{ promoteWhen: { provenWithin: 3% } }');
    assert.deepEqual([ratio.kind, ratio.unit, ratio.users], ['ratio', 'user', 5000]);
  });

  it('an slo, judged by burn rates of six and more unless the plan says otherwise', () => {
    const { plan, defaults } = accepted(planOf(SLO, '{ role: guardrail }'));
    const { m } = plan.metrics;
    assert.ok(m?.kind === 'slo');
    assert.deepEqual([m.objective, m.periodMs, m.better], [0.999, 2_592_000_000, 'lower']);
    assert.deepEqual(m.reading, { kind: 'scrape', units: 'requests_total', events: 'failed_total' });
    assert.deepEqual(plan.gates['m']?.promoteWhen, { provenBelow: '6abs' });
    assert.deepEqual(plan.gates['m']?.rollbackWhen, { provenAbove: '6abs' });
    for (const path of ['metrics.m.better', 'gates.m.promoteWhen.provenBelow', 'gates.m.rollbackWhen.provenAbove'])
      assert.ok(
        defaults.some((one) => one.path === path),
        `${path} is shown as filled in`,
      );
  });

  it('an slo at the very factor of a pair, and one that only holds', () => {
    accepted(planOf(SLO, '{ promoteWhen: { provenBelow: 14.4abs } }'));
    accepted(planOf(SLO.replace('30d', '1d'), '{ rollbackWhen: never }'));
  });

  it('a drift, which never rolls back, against both yardsticks unless the plan says otherwise', () => {
    const { plan } = accepted(planOf(DRIFT, '{ role: guardrail }'));
    const { m } = plan.metrics;
    assert.ok(m?.kind === 'drift');
    assert.deepEqual(m.against, ['reference', 'control']);
    assert.deepEqual(m.reading, { kind: 'scrapeHistogram', histogram: 'mail_length' });
    assert.deepEqual(plan.gates['m']?.promoteWhen, { provenBelow: '0.1abs' });
    assert.equal(plan.gates['m']?.rollbackWhen, null);
    const own = accepted(planOf(`${DRIFT}, against: [control, reference]`, '{}'));
    assert.equal(own.digest, accepted(planOf(`${DRIFT}, against: [reference, control]`, '{}')).digest);
  });

  it('fairness, as a gap with a limit of the author and as an impact ratio of four fifths', () => {
    const gap = accepted(planOf(GAP, '{ promoteWhen: { provenBelow: 5pp } }')).plan;
    assert.ok(gap.metrics['m']?.kind === 'fairness');
    assert.deepEqual([gap.metrics['m'].measure, gap.metrics['m'].better], ['truePositiveRate', 'lower']);
    assert.deepEqual(gap.gates['m']?.rollbackWhen, { provenAbove: '5pp' });
    const impact = accepted(planOf(IMPACT, '{ role: guardrail }')).plan;
    assert.equal(impact.metrics['m']?.better, 'higher');
    assert.deepEqual(impact.gates['m']?.promoteWhen, { provenAbove: '80%' });
    assert.deepEqual(impact.gates['m']?.rollbackWhen, { provenBelow: '80%' });
  });

  it('a quantile and a drift from the buckets of a query', () => {
    const quantile = `from: outcomes, kind: quantile, q: 0.99, query: ${QUERY}, better: lower`;
    assert.equal(metricOf(quantile, '{ promoteWhen: { provenBelow: 50ms } }').reading.kind, 'sql');
    assert.equal(metricOf(`from: outcomes, kind: drift, query: ${QUERY}`, '{}').reading.kind, 'sql');
    const histogram = { kind: 'prometheusHistogram', histogram: 'mail_length' };
    assert.deepEqual(metricOf(DRIFT.replace('traffic', 'metrics'), '{}').reading, histogram);
  });
});

describe('the filled-in plan of each kind reads back to the same digest', () => {
  const cases: [string, string, string][] = [
    ['score', SCORE, '{ promoteWhen: { provenBetterBy: 0.01abs } }'],
    ['count', COUNT, '{ promoteWhen: { provenBelow: 0.002abs } }'],
    ['ratio', `${RATIO}, expect: { perMinute: 90000, mean: 0.02, cv: 1.5 }`, '{ promoteWhen: { provenWithin: 3% } }'],
    ['slo', SLO, '{ role: guardrail }'],
    ['drift', DRIFT, '{ role: guardrail }'],
    ['gap', GAP, '{ promoteWhen: { provenWithin: 1pp } }'],
    ['impact ratio', IMPACT, '{ role: guardrail }'],
  ];
  for (const [title, metric, gate] of cases) {
    it(title, () => {
      const { digest, filled } = accepted(planOf(metric, gate));
      const again = accepted(filled);
      assert.equal(again.digest, digest);
      assert.deepEqual(again.defaults, []);
    });
  }
});

describe('an estimate for the forecast', () => {
  const estimate = (metric: string, gate: string) => metricOf(metric, gate).expect;
  it('keeps shares as fractions and leaves out what is not said', () => {
    assert.deepEqual(estimate(`${SLO}, expect: { perMinute: 24000, rate: 0.05% }`, '{}'), {
      perMinute: 24_000,
      rate: 0.0005,
    });
    assert.deepEqual(estimate(`${COUNT}, expect: { perMinute: 5e7, rate: 0.002 }`, LEGAL), {
      perMinute: 50_000_000,
      rate: 0.002,
    });
    assert.deepEqual(estimate(`${SCORE}, expect: { perMinute: 30000.5, mean: 0.8, sd: 0.2 }`, LEGAL), {
      perMinute: 30000.5,
      mean: 0.8,
      sd: 0.2,
    });
    assert.ok(!('expect' in metricOf(SCORE, LEGAL)));
  });
});

describe('preset: standard', () => {
  it('asks nothing of kinds other than rates, and says so', () => {
    const text = planOf(SLO, '{ role: guardrail }').replace('  m: { role: guardrail }\n', '');
    const { plan, warnings } = accepted(text);
    assert.ok(
      warnings.some(({ message, remedy }) => /`m` .* never used/.test(message) && /give it a gate/.test(remedy)),
    );
    assert.deepEqual(Object.keys(plan.gates).sort(), ['errors', 'latency']);
  });

  it('watches an explicit gate of any kind in every stage', () => {
    const { plan } = accepted(planOf(DRIFT, '{}'));
    for (const { gates } of plan.stages) assert.ok(gates.includes('m'));
  });
});
