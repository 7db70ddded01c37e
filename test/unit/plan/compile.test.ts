import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../../plan/canonical.js';
import { readPlan } from '../../../plan/read.js';
import { accepted, changed, example, queries, read } from './support.js';

const EXAMPLE = example('spam-filter.rollout.yaml');

describe('a compiled plan', () => {
  const { plan, warnings, digest } = accepted(EXAMPLE);

  it('takes the example of the design as it stands, without a warning', () => {
    assert.deepEqual(warnings, []);
    assert.equal(digest, digestOf(plan));
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it('accumulates cohorts and caps shares at the hold-back', () => {
    assert.deepEqual(
      plan.stages.map(({ steps }) => steps),
      [
        [{ share: 0, cohorts: ['staff'] }],
        [{ share: 0.25, cohorts: ['staff'] }],
        [
          { share: 0.5, cohorts: ['staff'] },
          { share: 0.95, cohorts: ['staff'] },
        ],
      ],
    );
  });

  it('drops a cohort from where it is dropped, and leaves out a step the cap makes equal', () => {
    const text = changed('{ share: [50%, 100%] }', '{ share: [50%, 98%, 100%], drop: [staff] }');
    assert.deepEqual(accepted(text).plan.stages[2]?.steps, [
      { share: 0.5, cohorts: [] },
      { share: 0.95, cohorts: [] },
    ]);
  });

  it('keeps the share in force in a stage that only adds a cohort', () => {
    const text = changed(
      '  - name: general',
      '  - { name: partners, exposure: { cohorts: [partners] }, gates: [errors-low] }\n  - name: general',
    );
    assert.deepEqual(accepted(text).plan.stages[2]?.steps, [{ share: 0.25, cohorts: ['staff', 'partners'] }]);
  });

  it('fills rollback conditions: 0.4 of the promote margin, the mirror of a limit, never for an improvement', () => {
    const text = changed(
      '{ rollbackWhen: { provenWorseBy: 0.8pp }, promoteWhen: { provenWithin: 2pp } }',
      '{ promoteWhen: { provenWithin: 25% } }',
    );
    const { gates } = accepted(text).plan;
    assert.deepEqual(gates['mail-lost']?.rollbackWhen, { provenWorseBy: '10%' });
    assert.deepEqual(gates['errors-low']?.rollbackWhen, { provenAbove: '1%' });
    assert.equal(gates['spam-kept']?.rollbackWhen, null);
    assert.deepEqual(gates['errors']?.fastLane, { ratio: 1.5, share: 0.25 });
  });

  it('turns durations into milliseconds and embeds the text of queries', () => {
    assert.equal(plan.lease.forMs, 900_000);
    assert.equal(plan.stages[1]?.approval?.timeoutMs, 259_200_000);
    assert.equal(plan.sources['outcomes']?.settleMs, 2_000);
    assert.deepEqual(plan.metrics['mail-lost']?.reading, {
      kind: 'sql',
      query: queries('mail-lost.sql'),
      file: 'mail-lost.sql',
    });
    assert.equal(accepted(changed('for: 15m', 'for: 1h30m')).plan.lease.forMs, 5_400_000);
  });

  it('reads users from `unit: { user: about N }`', () => {
    const { metrics } = accepted(
      changed('better: lower, slices', 'unit: { user: about 5000 }, better: lower, slices'),
    ).plan;
    assert.equal(metrics['mail-lost']?.unit, 'user');
    assert.equal(metrics['mail-lost']?.users, 5000);
  });
});

describe('the digest', () => {
  const { digest } = accepted(EXAMPLE);

  it('is the same for other key order, comments and layout', () => {
    const moved = changed(
      'owner: team-mail-ml\n',
      '',
      changed('risk: medium\n', 'risk: medium   # other words\nowner: "team-mail-ml"\n'),
    );
    const gatesMoved = changed(/ {2}latency: {4}\{ promoteWhen.*\n/, '', moved).replace(
      'gates:\n',
      'gates:\n  latency: {promoteWhen: {provenBelow: 50ms}}\n',
    );
    assert.equal(accepted(gatesMoved).digest, digest);
  });

  it('is the same for a preset whatever the order of metrics', () => {
    const text = example('standard.rollout.yaml');
    const [errors = ''] = /^ {2}errors:.*\n/m.exec(text) ?? [];
    const [latency = ''] = /^ {2}latency:.*\n/m.exec(text) ?? [];
    assert.equal(accepted(text.replace(errors + latency, latency + errors)).digest, accepted(text).digest);
  });

  it('is another for another query text', () => {
    const reading = readPlan(EXAMPLE, { file: 'p.yaml', queries: (path) => `${queries(path)} -- changed` });
    assert.ok(reading.kind === 'plan');
    assert.notEqual(reading.digest, digest);
  });
});

describe('the filled-in plan', () => {
  for (const file of ['spam-filter.rollout.yaml', 'standard.rollout.yaml']) {
    it(`reads back to the same digest (${file})`, () => {
      const { filled, digest } = accepted(example(file));
      const again = accepted(filled);
      assert.equal(again.digest, digest);
      assert.deepEqual(again.defaults, []);
    });
  }

  it('marks exactly what the author left out', () => {
    const { filled, defaults } = accepted(EXAMPLE);
    assert.match(filled, /guardEvery: 5m # default/);
    assert.match(filled, /^owner: team-mail-ml$/m);
    assert.ok(defaults.some(({ path, value }) => path === 'stages[0].bake.onTimeout' && value === 'hold'));
    assert.ok(!defaults.some(({ path }) => path.startsWith('stages[1].exposure')));
  });
});

describe('preset: standard', () => {
  const text = example('standard.rollout.yaml');
  it('makes a legal plan of twelve lines, with rising steps, an approval and a hold-back', () => {
    assert.ok(text.trim().split('\n').length <= 12);
    const { plan } = accepted(text);
    assert.deepEqual(
      plan.stages.map(({ name }) => name),
      ['beta', 'general'],
    );
    assert.deepEqual(plan.gates['errors']?.rollbackWhen, { provenWorseBy: '0.4pp' });
    assert.equal(plan.after?.holdBack, 0.05);
  });

  for (const risk of ['low', 'medium', 'high']) {
    it(`is legal at risk ${risk}`, () => {
      accepted(text.replace('tenant: mail', `tenant: mail\nrisk: ${risk}`));
    });
  }

  it('gives way to what the file says itself', () => {
    const own = `${text}stages: [{ name: all, exposure: { share: [50%, 100%] }, gates: [errors] }]\n`;
    const reading = read(own);
    assert.ok(reading.kind === 'plan');
    assert.deepEqual(
      reading.plan.stages.map(({ name }) => name),
      ['all'],
    );
  });
});
