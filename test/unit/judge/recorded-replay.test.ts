/** Recorded windows shown to the judge again: what it is shown, in which order, and what counts as the decision. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import { decisionAt, judgedFrom, type Look, replay } from '../../../judge/recorded/replay.js';
import type { Judge, StepContext } from '../../../judge/types.js';
import type { StepVerdict, VerdictKind } from '../../../workflows/contract/verdicts.js';
import { accepted, csv, type Fields, pair, row } from './recorded-world.js';
import { gate, plan, poisson, rate, seeded, step } from './world.js';

/** A judge that only writes down what it is shown, and says what it is told to. */
function scribe(says: (windows: number) => VerdictKind = () => 'inconclusive'): { judge: Judge; seen: string[] } {
  const seen: string[] = [];
  const verdict = (): VerdictKind => says(seen.filter((line) => line.startsWith('bake')).length);
  const judge: Judge = {
    create: () => ({ version: 1 }),
    openStep: (_state, { stage }) => void seen.push(`open ${stage}`),
    update: (_state, { phase, metric, index }) => void seen.push(`${phase} ${metric} ${index}`),
    verdict,
    explain: () => {
      seen.push('look');
      const kind = verdict();
      const decidedBy = kind === 'fail' ? { gate: 'errors', slice: 'mailType=hard' } : null;
      return { verdict: kind, decidedBy, gates: [] } as unknown as StepVerdict;
    },
  };
  return { judge, seen };
}

const counts = (units: number, events: number): Fields => ({ units, events });
const both = (metric: string, window: number) => pair(metric, window, counts(100, 1), counts(100, 1));

test('shows the baseline first, opens the step, then looks once after all windows of an index', () => {
  const recorded = accepted(
    csv([
      row('errors', { window: -1, ...counts(9, 1) }),
      ...both('errors', 0),
      ...both('errors', 1),
      ...both('budget', 1),
      ...both('errors', 3),
    ]),
  );
  const { judge, seen } = scribe();
  const looks = [...replay(judge, recorded, step({ judgedFromMs: judgedFrom(recorded) }))];
  assert.deepEqual(seen, [
    'baseline errors 0',
    'open beta',
    'bake errors 0',
    'look',
    'bake errors 1',
    'bake budget 1',
    'look',
    'bake errors 3',
    'look',
  ]);
  assert.deepEqual(
    looks.map(({ window }) => window),
    [0, 1, 3],
  );
});

test('goes by time where metrics of two sources number their windows differently', () => {
  const late = (window: number, minute: number) => {
    const at = (m: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + m * 60_000).toISOString();
    return { ...row('budget', { window, ...counts(1, 0) }), start: at(minute), end: at(minute + 1) };
  };
  const recorded = accepted(
    csv([...both('errors', 0), ...both('errors', 1), late(29_000_000, 0), late(29_000_001, 1)]),
  );
  const { judge, seen } = scribe();
  for (const _look of replay(judge, recorded, step()));
  assert.deepEqual(
    seen.filter((line) => line.startsWith('bake')),
    ['bake errors 0', 'bake budget 29000000', 'bake errors 1', 'bake budget 29000001'],
  );
});

test('goes on looking after the first decision, which is the first that is not inconclusive', () => {
  const recorded = accepted(csv([0, 1, 2, 3].flatMap((window) => both('errors', window))));
  const says = (windows: number): VerdictKind => (windows < 3 ? 'inconclusive' : windows === 3 ? 'fail' : 'pass');
  const looks: Look[] = [...replay(scribe(says).judge, recorded, step())];
  assert.deepEqual(
    looks.map((look) => decisionAt(look)),
    [
      null,
      null,
      { window: 2, verdict: 'fail', gate: 'errors', slice: 'mailType=hard' },
      { window: 3, verdict: 'pass', gate: null, slice: null },
    ],
  );
});

/** Minutes of 2,000 requests an arm, one in a hundred of which fails; the candidate's fail `ratio` times as often. */
function traffic(seed: number, ratio: number, minutes: number): string {
  const random = seeded(seed);
  const arm = (times: number) => counts(2_000, Math.min(2_000, poisson(random, 20 * times)));
  const before = Array.from({ length: 60 }, (_, i) => row('errors', { window: i - 60, ...arm(1) }));
  return csv([
    ...before,
    ...Array.from({ length: minutes }, (_, window) => pair('errors', window, arm(1), arm(ratio))).flat(),
  ]);
}

const PLAN = plan({ errors: rate() }, { errors: gate({ rollbackWhen: { provenWorseBy: '0.2pp' } }) });

function firstOf(text: string, context: Partial<StepContext> = {}) {
  const recorded = accepted(text, PLAN.metrics);
  const judged = { ...PLAN, splitCheck: { level: 0 } };
  const looks = [...replay(makeJudge(judged), recorded, step({ judgedFromMs: judgedFrom(recorded), ...context }))];
  return looks.map((look) => decisionAt(look)).find((decision) => decision !== null) ?? null;
}

test('a candidate that fails four times as often is rolled back, an equal one passes', () => {
  const bad = firstOf(traffic(1, 4, 30));
  assert.equal(bad?.verdict, 'fail');
  assert.equal(bad?.gate, 'errors');
  assert.equal(firstOf(traffic(2, 1, 240))?.verdict, 'pass');
});

test('minimums withhold a pass, never a fail', () => {
  const text = traffic(2, 1, 60);
  const units = 2_000 * 50;
  const soon = firstOf(text);
  assert.ok(soon !== null && soon.window < 49, JSON.stringify(soon));
  assert.equal(firstOf(text, { minUnits: units })?.window, 49);
  assert.equal(firstOf(text, { minMs: 3_000_000 })?.window, 49);
  assert.deepEqual(firstOf(traffic(1, 4, 30), { minUnits: 1e9, minMs: 1e9 }), firstOf(traffic(1, 4, 30)));
});
