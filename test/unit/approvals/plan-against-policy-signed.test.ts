import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Policy, PolicyPerson } from '../../../approvals/policy.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import { codes, plan, refusals, SIGNED, withFloor, withStages, withTier } from './against-policy.js';
import { DAY, listed, NOW } from './decided.js';
import { forgeKey, type Kind } from './forge.js';

describe('decisions that must be proven', () => {
  const keyed = (id: string, roles: string[], ...kinds: Kind[]): PolicyPerson => {
    return { id, kind: 'human', roles, keys: kinds.map((kind) => listed(forgeKey(kind))) };
  };
  const people = (...them: PolicyPerson[]): Policy => ({
    ...withTier('medium', { assurance: 'signed' }),
    people: them,
  });
  const ada = keyed('ada', ['modelOwner'], 'ed25519');
  const rex = keyed('rex', ['risk'], 'sk-ed25519');

  it('are not where the worker has no trust roots', () => {
    for (const assurance of ['signed', 'hardware'] as const) {
      const policy = withTier('medium', { assurance });
      const [only, ...others] = refusals({ policy, assurance: 'identity' });
      assert.deepEqual([only?.code, only?.stage, others], ['belowFloor', null, []]);
      assert.match(only?.remedy ?? '', /--trust-roots/);
    }
    assert.deepEqual(codes({ policy: withTier('medium', { assurance: 'signed' }) }), ['belowFloor:null']);
  });

  it('admit a plan whose approvers have keys', () => {
    assert.deepEqual(codes({ policy: people(ada, rex), assurance: 'signed' }), []);
  });

  it('cannot come from people without any key', () => {
    const policy = people(ada, { ...rex, keys: [] });
    assert.deepEqual(codes({ policy, assurance: 'signed' }), ['unsatisfiableQuorum:general']);
    assert.match(refusals({ policy, assurance: 'signed' })[0]?.message ?? '', /risk.*key/);
  });

  it('cannot come from the second key of whoever starts the rollout', () => {
    const two = keyed('ada', ['modelOwner'], 'ed25519', 'ecdsa');
    assert.deepEqual(codes({ policy: people(two, rex), initiator: 'ada', assurance: 'signed' }), [
      'unsatisfiableQuorum:general',
    ]);
  });

  it('cannot come from one person in two roles', () => {
    const both = keyed('ada', ['modelOwner', 'risk'], 'ed25519', 'sk-ed25519');
    assert.deepEqual(codes({ policy: people(both), assurance: 'signed' }), ['unsatisfiableQuorum:general']);
  });

  it('cannot come from keys that are revoked or have run out', () => {
    const dated = (change: Parameters<typeof listed>[1]) => {
      return people({ ...ada, keys: ada.keys.map((key) => ({ ...key, ...change })) }, rex);
    };
    const at = (policy: Policy) => codes({ policy, assurance: 'signed', atMs: NOW });
    const lost = ['unsatisfiableQuorum:beta', 'unsatisfiableQuorum:general'];
    assert.deepEqual(at(dated({ revokedAtMs: NOW })), lost);
    assert.deepEqual(at(dated({ validToMs: NOW })), lost);
    assert.deepEqual(at(dated({ revokedAtMs: NOW + 1, validToMs: NOW + 1 })), []);
    assert.deepEqual(at(dated({ validFromMs: NOW + DAY })), []);
  });

  it('by security keys cannot come from key files', () => {
    const policy = withTier('medium', { assurance: 'hardware' }, people(ada, rex));
    assert.deepEqual(codes({ policy, assurance: 'signed' }), [
      'unsatisfiableQuorum:beta',
      'unsatisfiableQuorum:general',
    ]);
    const sure = { ...policy, people: [keyed('ada', ['modelOwner'], 'ed25519', 'sk-ecdsa'), rex] };
    assert.deepEqual(codes({ policy: sure, assurance: 'signed' }), []);
  });

  it('by security keys are asked of a plan that raises its tier to one that demands them', () => {
    const policy = withFloor('high', {}, withTier('high', { assurance: 'hardware' }, people(ada, rex)));
    assert.deepEqual(codes({ policy, assurance: 'signed' }), []);
    assert.deepEqual(codes({ plan: { ...plan, risk: 'high' }, policy, assurance: 'signed' }).length, 2);
  });
});

describe('the example of a signed policy', () => {
  it('admits the example plan, whoever starts it, with the gates it defines', () => {
    for (const initiator of ['p-ada', 'p-grace', 's-ci']) {
      assert.deepEqual(codes({ policy: SIGNED, initiator, assurance: 'signed', atMs: NOW }), []);
    }
  });

  it('refuses it on a worker without roots, and with the start of high risk', () => {
    assert.deepEqual(codes({ policy: SIGNED }), ['belowFloor:null']);
    const raised = codes({ plan: { ...plan, risk: 'high' }, policy: SIGNED, assurance: 'signed', atMs: NOW });
    assert.ok(raised.includes('belowFloor:internal') && raised.includes('belowFloor:general'), raised.join());
  });

  it('leaves each of its tiers a quorum with keys good enough for it, whoever starts', () => {
    for (const { model, tier, tenant, target, registry } of SIGNED.models) {
      const floor = SIGNED.floor[tier];
      const asking = withStages(({ name, approval }) => {
        const rules = floor[name] ?? [];
        return { approval: approval && rules.length > 0 ? { ...approval, rules } : null };
      });
      const own: Plan = {
        ...asking,
        model,
        tenant,
        risk: tier,
        target: { ...plan.target, flag: target.slice('flags/'.length) },
        candidate: { ...plan.candidate, registry },
      };
      for (const { id } of SIGNED.people) {
        const found = refusals({ plan: own, policy: SIGNED, initiator: id, assurance: 'signed', atMs: NOW });
        assert.deepEqual(
          found.filter(({ code }) => code !== 'belowFloor'),
          [],
          `${model}, started by ${id}`,
        );
      }
    }
  });
});
