/** The design's own example: a candidate that is better overall and ruins one slice, and one that is better everywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJudge } from '../../../judge/judge.js';
import type { Judge, JudgeState } from '../../../judge/types.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import { BAD, GOOD, type Model, demoPlan, demoWindow } from './demo-plan.js';
import { type Random, seeded, step } from './world.js';

interface Bake {
  verdict: StepVerdict;
  /** Seconds of judged time. */
  took: number;
}

function bakeOf(
  judge: Judge,
  state: JudgeState,
  plan: Plan,
  random: Random,
  at: [string, number, number],
  model: Model,
): Bake {
  const [stage, index, share] = at;
  const spec = plan.stages.find(({ name }) => name === stage);
  assert.ok(spec);
  const { minUnits, minMs, maxMs } = spec.bake;
  judge.openStep(state, step({ stage, step: index, share, gates: spec.gates, minUnits, minMs }));
  for (let window = 0; window * 2_000 < maxMs; window += 1) {
    const times = { index: window, startMs: window * 2_000, endMs: (window + 1) * 2_000 };
    for (const [metric, observation] of Object.entries(demoWindow(random, share, model)))
      judge.update(state, { version: 1, metric, ...times, phase: 'bake', share, observation });
    const verdict = judge.explain(state);
    if (verdict.verdict !== 'inconclusive') return { verdict, took: (window + 1) * 2 };
  }
  return { verdict: judge.explain(state), took: maxMs / 1_000 };
}

test('the bad candidate passes internal and is failed at beta on hard ham in 10 to 90 s, for every seed', () => {
  const took: number[] = [];
  for (let seed = 1; seed <= 20; seed += 1) {
    const plan = demoPlan();
    const [judge, random] = [makeJudge(plan), seeded(seed)];
    const state = judge.create();
    assert.equal(bakeOf(judge, state, plan, random, ['internal', 0, 0], BAD).verdict.verdict, 'pass');
    const beta = bakeOf(judge, state, plan, random, ['beta', 0, 0.25], BAD);
    assert.equal(beta.verdict.verdict, 'fail', beta.verdict.sentence);
    assert.deepEqual(beta.verdict.decidedBy, { gate: 'mail-lost', slice: 'mailType=hard-ham' });
    assert.match(
      beta.verdict.sentence,
      /^Gate mail-lost failed: mail-lost on mailType=hard-ham is [\d.]+ points worse, at least [\d.]+/,
    );
    took.push(beta.took);
    if (process.env['SHOW']) console.log(seed, beta.took, beta.verdict.sentence);
  }
  assert.ok(Math.min(...took) >= 10 && Math.max(...took) <= 90, `took ${took.join(', ')} s`);
});

test('the good candidate passes every step of every stage within its max, for every seed', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const plan = demoPlan();
    const [judge, random] = [makeJudge(plan), seeded(seed)];
    const state = judge.create();
    const steps: [string, number, number][] = [
      ['internal', 0, 0],
      ['beta', 0, 0.25],
      ['general', 0, 0.5],
      ['general', 1, 0.95],
    ];
    for (const at of steps) {
      const { verdict, took } = bakeOf(judge, state, plan, random, at, GOOD);
      assert.equal(verdict.verdict, 'pass', `seed ${seed}, ${at.join(' ')}: ${verdict.sentence}`);
      assert.equal(verdict.decidedBy, null);
      if (process.env['SHOW']) console.log(seed, at.join(' '), took);
    }
    assert.ok(JSON.stringify(state).length < 32_000, `state of ${JSON.stringify(state).length} bytes`);
    if (process.env['SHOW'] && seed === 1)
      console.log(
        JSON.stringify(state).length,
        makeJudge(plan)
          .explain(state)
          .gates.map((g) => g.sentence),
      );
  }
});
