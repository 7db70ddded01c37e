/** The forecast against simulations of another hand, and what must hold of it whatever the numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast } from '../../../judge/forecast/forecast.js';
import { makeJudge } from '../../../judge/judge.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import { MINUTE_MS, caughtAt, forecastOf, level, planOf, rowOf } from './forecasts.js';
import { type Random, both, poisson, rate, seeded, step, window } from './world.js';

function draw(random: Random, mean: number, chance: number): [number, number] {
  const units = poisson(random, mean);
  let events = 0;
  for (let i = 0; i < units; i += 1) if (random() < chance) events += 1;
  return [units, events];
}

/** Window by window, unit by unit; sorted minutes until the first verdict of that kind. */
function direct(plan: Plan, chances: [number, number], perArm: number, kind: 'pass' | 'fail', runs: number): number[] {
  const judge = makeJudge(plan);
  const most = (plan.stages[0]?.bake.maxMs ?? 0) / MINUTE_MS;
  return Array.from({ length: runs }, (_, run) => {
    const random = seeded(1_000 + run);
    const state = judge.create();
    judge.openStep(state, step({ gates: ['g'] }));
    for (let minute = 0; minute < most; minute += 1) {
      const times = { metric: 'm', startMs: minute * MINUTE_MS, endMs: (minute + 1) * MINUTE_MS };
      const seen = both(draw(random, perArm, chances[0]), draw(random, perArm, chances[1]));
      judge.update(state, window(minute, seen, times));
      if (judge.verdict(state) === kind) return minute + 1;
    }
    return Number.POSITIVE_INFINITY;
  }).sort((a, b) => a - b);
}

const at = (sorted: readonly number[], part: number): number =>
  (sorted[Math.ceil(part * sorted.length) - 1] ?? 0) * MINUTE_MS;

function near(found: number | null | undefined, wanted: number, tolerance: number, what: string): void {
  assert.ok(found != null && Math.abs(found / wanted - 1) <= tolerance, `${what}: ${found} against ${wanted}`);
}

test('agrees with a direct simulation, window by window, on passing and on catching', () => {
  const plan = planOf({ rollbackWhen: { provenWorseBy: '0.4pp' }, promoteWhen: { provenWithin: '1pp' } });
  const row = forecastOf(plan, level(600));
  const passing = direct(plan, [0.01, 0.01], 300, 'pass', 100);
  near(row.passes?.p50Ms, at(passing, 0.5), 0.2, 'half pass');
  near(row.passes?.p80Ms, at(passing, 0.8), 0.2, 'four of five pass');
  const catching = direct(plan, [0.01, 0.04], 300, 'fail', 100);
  near(caughtAt(row, 4).takes?.p50Ms, at(catching, 0.5), 0.2, 'half are caught');
});

test('merging windows of a long bake into one look does not move the time to pass', () => {
  const plan = planOf({ promoteWhen: { provenWithin: '25%' } }, rate(), { maxMs: 2_880 * MINUTE_MS });
  const row = forecastOf(plan, level(600));
  const passing = direct(plan, [0.01, 0.01], 300, 'pass', 40);
  near(row.passes?.p50Ms, at(passing, 0.5), 0.25, 'half pass');
});

test('says the same thing each time it is asked', () => {
  const plan = planOf({ rollbackWhen: { provenWorseBy: '0.2pp' } });
  assert.deepEqual(forecast(plan, { m: level(600) }), forecast(plan, { m: level(600) }));
});

test('more traffic never makes a gate slower to pass or to catch', () => {
  const plan = planOf({ rollbackWhen: { provenWorseBy: '0.2pp' } }, rate(), { maxMs: 2_880 * MINUTE_MS });
  const rows = [150, 600, 2_400, 9_600].map((perMinute) => forecastOf(plan, level(perMinute)));
  for (const [i, slower] of rows.entries()) {
    const faster = rows[i + 1];
    if (!faster) break;
    const [before, after] = [slower.passes?.p80Ms ?? Infinity, faster.passes?.p80Ms ?? Infinity];
    assert.ok(after <= before, `passes: ${before} then ${after}`);
    const [caught, sooner] = [slower, faster].map((row) => caughtAt(row, 2).takes?.p50Ms ?? Infinity);
    assert.ok((sooner ?? 0) <= (caught ?? 0), `catches: ${caught} then ${sooner}`);
  }
});

test('a worse regression is caught sooner; one within the margin is tolerated, not simulated', () => {
  const row = forecastOf(
    planOf({ rollbackWhen: { provenWorseBy: '0.5pp' }, promoteWhen: { provenWithin: '1pp' } }),
    level(3_000),
  );
  assert.equal(caughtAt(row, 1.25).kind, 'tolerated');
  assert.equal(caughtAt(row, 1.25).takes, null);
  const [twice, fourfold] = [caughtAt(row, 2), caughtAt(row, 4)];
  assert.equal(twice.kind, 'caught');
  assert.ok((fourfold.takes?.p50Ms ?? Infinity) < (twice.takes?.p50Ms ?? 0));
});

test('a harm exactly at the margin is tolerated', () => {
  const row = forecastOf(planOf({ rollbackWhen: { provenWorseBy: '0.2pp' } }), level(3_000, { mean: 0.002 }));
  assert.equal(caughtAt(row, 2).kind, 'tolerated');
});

test('a gate that never rolls back says so, and one that no candidate can be so bad for', () => {
  const never = forecastOf(planOf({ rollbackWhen: null }), level(600));
  assert.deepEqual(new Set(never.catches.map(({ kind }) => kind)), new Set(['never']));
  const bad = forecastOf(
    planOf({ rollbackWhen: { provenWorseBy: '1pp' }, promoteWhen: { provenWithin: '5pp' } }),
    level(600, { mean: 0.3 }),
  );
  assert.equal(caughtAt(bad, 4).kind, 'impossible', 'four times 30 % is no rate');
});

test('warm-up, minimum bake, minimum units and settle delay a pass; only warm-up and settle delay a rollback', () => {
  const spec = { rollbackWhen: { provenWorseBy: '0.4pp' }, promoteWhen: { provenWithin: '1pp' } } as const;
  const quick = forecastOf(planOf(spec), level(60_000));
  const least = forecastOf(planOf(spec, rate(), { minMs: 30 * MINUTE_MS }), level(60_000));
  assert.equal(least.passes?.p50Ms, 30 * MINUTE_MS);
  assert.deepEqual(caughtAt(least, 4), caughtAt(quick, 4));
  const many = forecastOf(planOf(spec, rate(), { minUnits: 600_000 }), level(60_000));
  near(many.passes?.p50Ms, 20 * MINUTE_MS, 0.1, '600,000 units at 30,000 a minute');
  const late = planOf(spec);
  for (const stage of late.stages) stage.bake.warmupMs = 5 * MINUTE_MS;
  for (const source of Object.values(late.sources)) source.settleMs = 2 * MINUTE_MS;
  const delayed = forecastOf(late, level(60_000));
  assert.equal(delayed.passes?.p50Ms, (quick.passes?.p50Ms ?? 0) + 7 * MINUTE_MS);
  assert.equal(caughtAt(delayed, 4).takes?.p50Ms, (caughtAt(quick, 4).takes?.p50Ms ?? 0) + 7 * MINUTE_MS);
});

test('where the baseline shows no event, regressions are multiples of the limit', () => {
  const row = forecastOf(planOf({ rollbackWhen: { provenWorseBy: '0.2pp' } }), level(6_000, { mean: 0 }));
  assert.deepEqual(new Set(row.catches.map(({ of }) => of)), new Set(['limit']));
  assert.equal(caughtAt(row, 4).kind, 'caught');
  assert.ok((row.passes?.p80Ms ?? Infinity) <= 10 * MINUTE_MS);
});

test('a gate that asks for an improvement is forecast for a better candidate, since an equal one is not meant to pass', () => {
  const row = forecastOf(
    planOf({ rollbackWhen: null, promoteWhen: { provenBetterBy: '0%' } }),
    level(600, { mean: 0.2 }),
  );
  assert.equal(row.better, 2);
  assert.equal(row.passes?.share, 1);
  const more = forecastOf(
    planOf({ rollbackWhen: null, promoteWhen: { provenBetterBy: '60%' } }),
    level(600, { mean: 0.2 }),
  );
  assert.equal(more.better, 4, 'twice as good is only 50 % better');
});

test('a baseline beyond the limit can never pass it, and the rollouts counted as healthy leave that gate out', () => {
  const plan = planOf({ rollbackWhen: { provenAbove: '1%' }, promoteWhen: { provenBelow: '1%' } });
  const found = forecast(plan, { m: level(600, { mean: 0.012 }) });
  assert.equal(rowOf(found).basis, 'neverPasses');
  assert.equal(found.healthy, null);
});

test('without a level there is no forecast, and nothing is made up', () => {
  const found = forecast(planOf({}), {});
  assert.deepEqual(
    { ...rowOf(found), catches: [] },
    {
      gate: 'g',
      metric: 'm',
      basis: 'noEstimate',
      better: 1,
      passes: null,
      cannotDecide: null,
      catches: [],
      inSlice: null,
    },
  );
  assert.deepEqual(rowOf(found).catches, []);
  assert.equal(found.steps[0]?.decides, null);
});

test('what the plan expects comes before what was observed', () => {
  const plan = planOf({}, rate({ expect: { perMinute: 1_200, rate: 0.02 } }));
  const { levels } = forecast(plan, { m: level(5) });
  assert.deepEqual(
    [levels['m']?.perMinute, levels['m']?.whole.mean, levels['m']?.origin.kind],
    [1_200, 0.02, 'expect'],
  );
});

test('scatter beyond chance makes a gate slower', () => {
  const plan = planOf({ promoteWhen: { provenWithin: '1pp' } }, rate(), { maxMs: 720 * MINUTE_MS });
  const [even, bursty] = [1, 4].map(
    (scatter) => forecastOf(plan, level(600, {}, { scatter })).passes?.p50Ms ?? Infinity,
  );
  assert.ok((bursty ?? 0) > 1.5 * (even ?? Infinity), `${even} then ${bursty}`);
});

test('kinds whose verdict is not forecast say when their units are there', () => {
  const slo = { ...rate(), kind: 'slo', objective: 0.999, periodMs: 30 * 86_400_000 } as const;
  const row = forecastOf(
    planOf({ rollbackWhen: null, promoteWhen: { provenBelow: '6abs' } }, slo, { minUnits: 6_000 }),
    level(600),
  );
  assert.equal(row.basis, 'unitsOnly');
  assert.deepEqual(row.passes, { p50Ms: 20 * MINUTE_MS, p80Ms: 20 * MINUTE_MS, share: 1, runs: 0 });
});
