/** A forecast as people and machines get it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { troublesOf } from '../../../client/forecast/trouble.js';
import { about, forecastLines, headline } from '../../../client/render/forecast.js';
import { plain } from '../../../client/render/paint.js';
import type { Catch, Forecast, GateForecast, Spread, StepForecast } from '../../../judge/forecast/types.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import { STAGE, aPlan } from '../../support/plans.js';
import { sluice } from './run-cli.js';

const MINUTE_MS = 60_000;

const spread = (p50: number | null, p80: number | null = p50): Spread => ({
  p50Ms: p50 === null ? null : p50 * MINUTE_MS,
  p80Ms: p80 === null ? null : p80 * MINUTE_MS,
  share: p80 === null ? 0.1 : 1,
  runs: 40,
});
const caught = (factor: number, minutes: number | null): Catch => ({
  factor,
  of: 'level',
  kind: minutes === null ? 'late' : 'caught',
  takes: spread(minutes),
});
const row = (change: Partial<GateForecast> = {}): GateForecast => ({
  gate: 'errors-low',
  metric: 'errors',
  basis: 'simulated',
  better: 1,
  passes: spread(14, 20),
  cannotDecide: null,
  catches: [caught(1.25, 30), caught(2, 3), caught(4, 1)],
  inSlice: null,
  ...change,
});
const step = (change: Partial<StepForecast> = {}): StepForecast => ({
  stage: 'beta',
  step: 0,
  share: 0.25,
  cohorts: [],
  maxMs: 60 * MINUTE_MS,
  decides: spread(14, 20),
  without: [],
  gates: [row()],
  ...change,
});
const whole = { slice: null, part: 1, mean: 0.01, sd: null, shape: null };
const found = (gates: GateForecast[], origin: 'expect' | 'past' = 'past'): Forecast => ({
  steps: [step({ gates })],
  levels: {
    errors: {
      perMinute: 600,
      whole,
      slices: [],
      scatter: 1,
      origin:
        origin === 'expect' ? { kind: 'expect' } : { kind: 'past', windows: 60, spanMs: 1, units: 6_000, events: 60 },
    },
  },
  healthy: { budget: 0.02, rolledBack: 1, runs: 100, without: [] },
});
const plan = aPlan({ stages: [STAGE.beta()] });

test('says of a step when it decides and how long a doubling stays unnoticed', () => {
  assert.equal(headline(step()), 'beta (25 %) decides in about 14 min; a 2x regression is caught in about 3 min');
});

test('says by how many gates a doubling is caught, by which not, and when none can', () => {
  const two = [
    row(),
    row({ gate: 'slow', catches: [caught(2, 20)] }),
    row({ gate: 'blind', catches: [caught(2, null)] }),
  ];
  assert.match(
    headline(step({ gates: two })),
    /caught in about 3 min to 20 min, by gate \(blind: not within 60 min\)$/,
  );
  assert.match(
    headline(step({ gates: [row({ catches: [caught(2, null)] })] })),
    /not expected to be caught within 60 min$/,
  );
});

test('says what holds a step up that is not expected to decide', () => {
  const gates = [row(), row({ gate: 'slow', passes: spread(null) })];
  assert.match(
    headline(step({ gates, decides: spread(null) })),
    /not expected to decide within its 60 min: slow takes longer/,
  );
});

test('never speaks of a gate it left out as if it had been asked', () => {
  const gates = [row(), row({ gate: 'unknown', basis: 'noEstimate', passes: null, catches: [] })];
  const lines = forecastLines(plan, found(gates), { paint: plain, width: 120 }).join('\n');
  assert.match(headline(step({ gates, without: ['unknown'] })), /decides in about 14 min \(without unknown\)/);
  assert.match(lines, /unknown +no estimate/);
  assert.match(lines, /write `expect`/);
});

test('shows rows, where the level comes from, and the measured false rollbacks beside the budget', () => {
  const lines = forecastLines(plan, found([row()]), { paint: plain, width: 120 }).join('\n');
  assert.match(lines, /beta 25 % +errors-low +14 min +20 min +30 min +3 min +60 s/);
  assert.match(lines, /errors: 10 a second, 1 % \(60 in 6,000, the last 60 windows\)/);
  assert.match(lines, /1 of 100 simulated healthy rollouts were rolled back; the plan allows 2 %/);
});

test('without any level it says what to do instead of a table', () => {
  const lines = forecastLines(plan, { ...found([row()]), levels: { errors: null } }, { paint: plain, width: 120 });
  assert.equal(lines.length, 3);
  assert.match(lines.join(' '), /write `expect`/);
});

test('times have two figures', () => {
  assert.deepEqual([4_250, 44_000, 110_000, 210_000, 5.5 * 3_600_000, 9 * 86_400_000].map(about), [
    '4.3 s',
    '44 s',
    '110 s',
    '3.5 min',
    '5.5 h',
    '9 d',
  ]);
});

const stuck = row({ passes: spread(null), cannotDecide: { slice: 'x=a', needsMaxMs: 9 * 3_600_000, margin: '0.5pp' } });

test('a gate that cannot decide refuses the plan only where the plan itself expects so', () => {
  const [seen] = troublesOf(plan, found([stuck]));
  assert.equal(seen?.refuses, false);
  assert.match(seen?.message ?? '', /gate errors-low cannot decide in beta within 1 h: .* on x=a/);
  assert.match(seen?.remedy ?? '', /raise `max` to about 9h, or write a wider `provenBelow` of about 0.5pp/);
  assert.equal(troublesOf(plan, found([stuck], 'expect'))[0]?.refuses, true);
});

test('a stage that can pass without the slow gate is in no trouble', () => {
  const [stage] = plan.stages;
  assert.ok(stage);
  const both = [stuck, row({ gate: 'quick' })];
  const of = (passWhen: object) => ({ ...plan, stages: [{ ...stage, gates: ['errors-low', 'quick'], ...passWhen }] });
  assert.equal(troublesOf(of({}), found(both)).length, 1);
  assert.deepEqual(troublesOf(of({ passWhen: { any: ['errors-low', 'quick'] } }), found(both)), []);
});

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-forecast-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const rollout = (perMinute: number) => `version: 1
model: ranker
tenant: shop
owner: team-ranking
candidate: { registry: models, version: v2 }
target: { store: flags, flag: ranker, stickyBy: userId }
sources: { traffic: { scrape: servers, window: 1m } }
metrics:
  errors: { from: traffic, kind: rate, units: requests_total, events: failed_total, better: lower, expect: { perMinute: ${perMinute}, rate: 1% } }
gates: { errors: { promoteWhen: { provenWithin: 0.5pp } } }
stages:
  - { name: everyone, exposure: { share: [50%, 100%] }, bake: { warmup: 1m, min: 5m, max: 3h, minUnits: 50 }, gates: [errors] }
`;

test('`sluice plan` shows it from what the plan expects alone, and in JSON for machines', async () => {
  const file = join(directory, 'ranker.yaml');
  await writeFile(file, rollout(6_000));
  const people = await sluice(['plan', file], { cwd: directory });
  assert.equal(people.code, EXIT.done, people.err);
  assert.match(people.out, /everyone \(50 %\) decides in about [\d.]+ min/);
  assert.match(people.out, /as the plan expects/);
  const { out, code } = await sluice(['plan', file, '--json'], { cwd: directory });
  assert.equal(code, EXIT.done);
  const { forecast } = JSON.parse(out) as { forecast: Forecast & { troubles: unknown[]; notes: string[] } };
  assert.equal(forecast.steps.length, 2);
  assert.ok((forecast.steps[0]?.decides?.p50Ms ?? 0) > 6 * MINUTE_MS);
  assert.deepEqual([forecast.troubles, forecast.notes], [[], []]);
});

test('`sluice plan` refuses what can never decide in time, at its line', async () => {
  const file = join(directory, 'slow.yaml');
  await writeFile(file, rollout(60));
  const { code, err } = await sluice(['plan', file], { cwd: directory });
  assert.equal(code, EXIT.badInput);
  assert.match(err, /slow\.yaml:12:\d+: gate `errors` cannot decide within `max: 3h`.*raise `max` to about \d+h/);
});
