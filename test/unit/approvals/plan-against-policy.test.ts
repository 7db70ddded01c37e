import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Policy } from '../../../approvals/policy.js';
import { gateDigest } from '../../../approvals/required-gates.js';
import { strictest } from '../../../approvals/tiers.js';
import type { Digest, Plan } from '../../../workflows/contract/plan.js';
import { codes, plan, POLICY, refusals, withFloor, withStage, withStages, withTier } from './against-policy.js';

describe('a kind of gate that the tier requires', () => {
  const fairness = withTier('medium', { requiredKinds: { general: ['fairness'] } });
  const slices = withTier('medium', { requiredKinds: { general: ['slices'] } });

  it('refuses a stage that asks no gate of it', () => {
    const [only, ...others] = refusals({ policy: fairness });
    assert.deepEqual([only?.code, only?.stage, others], ['belowFloor', 'general', []]);
    assert.match(only?.message ?? '', /fairness/);
  });

  it('admits a stage that asks one', () => {
    assert.deepEqual(codes({ policy: slices }), []);
    assert.deepEqual(codes({ policy: withTier('medium', { requiredKinds: { beta: ['quantile', 'slices'] } }) }), []);
  });

  it('refuses a stage whose gate of it asks a metric without slices', () => {
    const flat = { ...plan, metrics: { ...plan.metrics } };
    for (const [name, metric] of Object.entries(plan.metrics)) flat.metrics[name] = { ...metric, slices: null };
    assert.deepEqual(codes({ plan: flat, policy: slices }), ['belowFloor:general']);
  });

  it('refuses a stage that asks one and can pass without it', () => {
    const around = withStage('general', { passWhen: { any: ['errors', 'mail-lost'] } });
    assert.deepEqual(codes({ plan: around, policy: slices }), ['belowFloor:general']);
    const most = withStage('general', { passWhen: { atLeast: 2, of: ['errors', 'latency', 'mail-lost'] } });
    assert.deepEqual(codes({ plan: most, policy: slices }), ['belowFloor:general']);
    const left = withStage('general', { passWhen: { all: ['errors'] } });
    assert.deepEqual(codes({ plan: left, policy: slices }), ['belowFloor:general']);
  });

  it('admits a stage that passes with any of two gates of it', () => {
    const rates = withTier('medium', { requiredKinds: { general: ['rate'] } });
    const either = withStage('general', { passWhen: { all: ['latency', { any: ['errors', 'mail-lost'] }] } });
    assert.deepEqual(codes({ plan: either, policy: rates }), []);
  });

  it('is asked of the stage that reaches most users, by whatever name', () => {
    const renamed = withStages(({ name }) => ({ name: `my-${name}` }));
    assert.deepEqual(codes({ plan: renamed, policy: fairness }), ['belowFloor:my-general']);
    const early = {
      ...plan,
      stages: plan.stages.flatMap((stage) => (stage.name === 'general' ? [{ ...stage, name: 'beta' }, stage] : [])),
    };
    assert.deepEqual(codes({ plan: early, policy: fairness }), ['belowFloor:beta', 'belowFloor:general']);
  });
});

describe('exposure before the first approval', () => {
  const capped = withTier('medium', { capBeforeApproval: 0.05 });
  const unasked = withStage('beta', { approval: null });

  it('stays within the cap of the tier', () => {
    assert.deepEqual(codes({ policy: capped }), []);
    const [only, ...others] = refusals({ plan: unasked, policy: capped });
    assert.deepEqual([only?.code, only?.stage, others], ['belowFloor', 'beta', []]);
    assert.match(only?.message ?? '', /25%.*5%/);
  });

  it('is taken at its highest step, and may equal the cap', () => {
    const steps = [0.01, 0.25, 0.05].map((share) => ({ share, cohorts: ['staff'] }));
    const rising = withStage('beta', { steps }, unasked);
    assert.deepEqual(codes({ plan: rising, policy: withTier('medium', { capBeforeApproval: 0.24 }) }), [
      'belowFloor:beta',
    ]);
    assert.deepEqual(codes({ plan: rising, policy: withTier('medium', { capBeforeApproval: 0.25 }) }), []);
  });

  it('is not opened by an approval that asks for nobody', () => {
    const empty = withStages(({ name, approval }) => {
      return { approval: name === 'beta' && approval ? { ...approval, rules: [] } : approval };
    });
    assert.deepEqual(codes({ plan: empty, policy: capped }), ['belowFloor:beta']);
  });

  it('includes promotion, where small steps lead to everyone and nobody is ever asked', () => {
    const silent = withStages(() => ({ approval: null, steps: [{ share: 0.01, cohorts: [] }] }));
    const policy = withFloor('medium', {}, capped);
    const [only, ...others] = refusals({ plan: silent, policy });
    assert.deepEqual([only?.stage, others], ['general', []]);
    assert.match(only?.message ?? '', /promotion/);
    assert.deepEqual(codes({ plan: silent, policy: withFloor('medium', {}) }), []);
  });
});

describe('a gate that the policy defines', () => {
  const bound = (gates: Record<string, Digest>): Policy => ({
    ...POLICY,
    models: POLICY.models.map((model) => ({ ...model, gates })),
  });
  const own = gateDigest(plan, 'mail-lost');
  assert.ok(own);
  const policy = bound({ 'mail-lost': own });

  it('is admitted as defined', () => {
    assert.deepEqual(codes({ policy }), []);
  });

  it('refuses a looser margin, and tells both digests', () => {
    const gate = plan.gates['mail-lost'];
    assert.ok(gate);
    const loose = { ...plan, gates: { ...plan.gates, 'mail-lost': { ...gate, promoteWhen: { provenWithin: '9pp' } } } };
    const [only, ...others] = refusals({ plan: loose, policy });
    assert.deepEqual([only?.code, only?.stage, others], ['belowFloor', null, []]);
    const changed = gateDigest(loose, 'mail-lost');
    assert.notEqual(changed, own);
    for (const digest of [own, changed]) assert.ok(only?.message.includes(String(digest)), String(digest));
  });

  it('refuses another query behind the same name', () => {
    const metric = plan.metrics['mail-lost'];
    assert.ok(metric?.reading.kind === 'sql');
    const reading = { ...metric.reading, query: 'select 0' };
    const swapped = { ...plan, metrics: { ...plan.metrics, 'mail-lost': { ...metric, reading } } };
    assert.deepEqual(codes({ plan: swapped, policy }), ['belowFloor:null']);
  });

  it('refuses a plan without it, also under a name that every object has', () => {
    assert.deepEqual(codes({ policy: bound({ fairness: own }) }), ['belowFloor:null']);
    assert.deepEqual(codes({ policy: bound({ constructor: own }) }), ['belowFloor:null']);
    assert.equal(gateDigest(plan, 'constructor'), null);
  });

  it('refuses a plan that defines it and reaches everyone without asking it', () => {
    const unasked = withStage('general', { gates: ['errors', 'latency'] });
    assert.deepEqual(codes({ plan: unasked, policy }), ['belowFloor:general']);
    const around = withStage('general', { passWhen: { any: ['errors', 'mail-lost'] } });
    assert.deepEqual(codes({ plan: around, policy }), ['belowFloor:general']);
  });

  it('is not asked of a stage before that', () => {
    assert.deepEqual(codes({ plan: withStage('beta', { gates: ['errors', 'latency'] }), policy }), []);
  });
});

describe('a plan that raises its tier', () => {
  const raised: Plan = { ...plan, risk: 'high' };

  it('is held to the rules of both, whichever is stricter', () => {
    const twice = withFloor('medium', { general: [{ role: 'modelOwner', min: 2 }] });
    const policy = withFloor('high', { general: [{ role: 'modelOwner', min: 1 }] }, twice);
    const [only, ...others] = refusals({ plan: raised, policy });
    assert.deepEqual([only?.code, only?.stage, others], ['belowFloor', 'general', []]);
    assert.match(only?.remedy ?? '', /min: 2/);
  });

  it('is told of one lacking role once, with the larger number', () => {
    const policy = withFloor(
      'high',
      { general: [{ role: 'risk', min: 3 }] },
      withFloor('medium', { general: [{ role: 'risk', min: 2 }] }),
    );
    const [only, ...others] = refusals({ plan: raised, policy });
    assert.deepEqual([only?.stage, others], ['general', []]);
    assert.match(`${only?.message}; ${only?.remedy}`, /2 more people.*min: 3/);
  });

  it('gains no cap, no age and no assurance by it', () => {
    const lax = withFloor(
      'high',
      {},
      withTier('high', { capBeforeApproval: 1, evidenceMaxAgeMs: 9, assurance: 'identity' }),
    );
    const policy = withTier('medium', { capBeforeApproval: 0.05, evidenceMaxAgeMs: 5, assurance: 'signed' }, lax);
    const rules = { capBeforeApproval: 0.05, evidenceMaxAgeMs: 5, assurance: 'signed' };
    assert.deepEqual(strictest(raised, policy), rules);
    const swapped = { ...policy, tiers: { ...policy.tiers, high: policy.tiers.medium, medium: policy.tiers.high } };
    assert.deepEqual(strictest(raised, swapped), rules);
    assert.equal(strictest(plan, swapped).assurance, 'identity');
  });

  it('has the gates that both tiers require', () => {
    const high = withFloor('high', {}, withTier('high', { requiredKinds: { general: ['fairness'] } }));
    const policy = withTier('medium', { requiredKinds: { general: ['drift'] } }, high);
    assert.deepEqual(codes({ plan: raised, policy }), ['belowFloor:general', 'belowFloor:general']);
    assert.deepEqual(codes({ plan, policy }), ['belowFloor:general']);
  });

  it('that says less than the policy is held to the policy', () => {
    const policy = withTier('medium', { capBeforeApproval: 0 });
    const lowered = withStage('beta', { approval: null }, { ...plan, risk: 'low' });
    assert.deepEqual(codes({ plan: lowered, policy }), ['belowFloor:null', 'belowFloor:beta']);
  });
});
