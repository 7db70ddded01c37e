import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkStartOrder, START_ORDER_AGE_MS, type StartFacts } from '../../../approvals/start-order.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import { type BreakGlass, NAMESPACES, type StartStatement } from '../../../workflows/contract/decisions.js';
import { type Approver, ada, aPolicy, DAY, digest, eve, MINUTE, NOW, PEOPLE, rex } from './decided.js';

type Asked = Parameters<typeof checkStartOrder>[0];

const FACTS: StartFacts = {
  tenant: 'mail',
  model: 'spam-filter',
  rolloutId: 'r-aaaaaaaaaaaaaaaaaaaaaaaaaa',
  plan: digest('a'),
  by: 'p-ada',
};
const EMERGENCY: BreakGlass = { reasonCode: 'incident', reason: 'INC-7', waive: ['latency'] };

interface Order {
  signer?: Approver;
  change?: Partial<StartStatement> | Record<string, unknown>;
  facts?: Partial<StartFacts>;
  madeFor?: string;
  namespace?: Asked['namespace'];
  policy?: Asked['policy'];
  atMs?: number;
}

function check(order: Order = {}): ReturnType<typeof checkStartOrder> {
  const { signer = ada, facts, namespace = NAMESPACES.start, policy = aPolicy(), atMs = NOW } = order;
  const [key] = signer.keys;
  assert.ok(key);
  const { by: _, ...bound } = FACTS;
  const whose = { by: signer.person.id, key: key.fingerprint, issuedAtMs: NOW, breakGlass: null };
  const statement = canonicalStatement({ version: 1, ...bound, ...whose, ...order.change });
  const signed = { statement, signature: key.sign(statement, order.madeFor ?? namespace) };
  return checkStartOrder({ signed, policy, facts: { ...FACTS, ...facts }, namespace, atMs });
}

function codeOf(order: Order): string {
  const checked = check(order);
  return checked.kind === 'valid' ? 'valid' : checked.code;
}

describe('a start order', () => {
  it('says who started it', () => {
    const checked = check();
    assert.equal(checked.kind, 'valid');
    if (checked.kind !== 'valid') return;
    assert.equal(checked.person.id, 'p-ada');
    assert.equal(checked.key.fingerprint, ada.keys[0]?.fingerprint);
    assert.equal(checked.statement.plan, FACTS.plan);
  });

  it('for another tenant, model, rollout or plan is refused', () => {
    assert.equal(codeOf({ facts: { tenant: 'shop' } }), 'wrongTenant');
    assert.equal(codeOf({ facts: { model: 'fraud' } }), 'wrongRollout');
    assert.equal(codeOf({ facts: { rolloutId: 'r-bbbbbbbbbbbbbbbbbbbbbbbbbb' } }), 'wrongRollout');
    assert.equal(codeOf({ facts: { plan: digest('0') } }), 'planMismatch');
  });

  it('of somebody else than the start says is refused: the initiator is who signed', () => {
    assert.equal(codeOf({ facts: { by: 'p-rex' } }), 'requestMismatch');
    assert.equal(codeOf({ change: { by: 'p-rex' }, facts: { by: 'p-rex' } }), 'unknownKey');
  });

  it('made as a decision, or as an emergency approval, is refused', () => {
    for (const madeFor of [NAMESPACES.approve, NAMESPACES.breakGlass, 'git']) {
      assert.equal(codeOf({ madeFor }), 'wrongNamespace', madeFor);
    }
  });

  it('kept for another day, or dated tomorrow, is refused', () => {
    assert.equal(codeOf({ atMs: NOW + START_ORDER_AGE_MS }), 'valid');
    assert.equal(codeOf({ atMs: NOW + START_ORDER_AGE_MS + 1 }), 'expired');
    assert.equal(codeOf({ atMs: NOW - 5 * MINUTE }), 'valid');
    assert.equal(codeOf({ atMs: NOW - DAY }), 'clockSkew');
  });

  it('with anything left out, added or of another type is refused', () => {
    const changes = [
      { version: 2 },
      { note: 'x' },
      { plan: 7 },
      { breakGlass: {} },
      { breakGlass: { ...EMERGENCY, cap: 1 } },
      { breakGlass: { ...EMERGENCY, waive: 'latency' } },
      { breakGlass: { ...EMERGENCY, waive: [7] } },
      { breakGlass: { ...EMERGENCY, reason: null } },
      { breakGlass: [] },
    ];
    for (const change of changes) assert.equal(codeOf({ change }), 'notCanonical', JSON.stringify(change));
    assert.equal(codeOf({ change: { breakGlass: undefined } }), 'notCanonical');
  });

  it('of a revoked key is refused', () => {
    const revoked = ada.person.keys.map((key) => ({ ...key, revokedAtMs: NOW }));
    assert.equal(codeOf({ policy: aPolicy([{ ...ada.person, keys: revoked }]) }), 'keyRevoked');
  });

  it('may come from a service, and with a file key at any tier', () => {
    const service = { ...ada.person, kind: 'service' as const };
    assert.equal(codeOf({ policy: aPolicy([service], ['medium']) }), 'valid');
  });
});

describe('an approval of an emergency start', () => {
  const approval: Order = {
    signer: eve,
    namespace: NAMESPACES.breakGlass,
    change: { breakGlass: EMERGENCY },
    facts: { by: null, breakGlass: EMERGENCY },
  };

  it('counts for whoever signed it', () => {
    const checked = check(approval);
    assert.equal(checked.kind === 'valid' && checked.person.id, 'p-eve');
  });

  it('for another emergency than the order is refused', () => {
    for (const change of [{ waive: ['errors', 'latency'] }, { reason: 'INC-8' }, { reasonCode: 'other' }]) {
      assert.equal(codeOf({ ...approval, change: { breakGlass: { ...EMERGENCY, ...change } } }), 'breakGlassRefused');
    }
  });

  it('that waives nothing is refused', () => {
    const none: Order = { ...approval, change: { breakGlass: null } };
    assert.equal(codeOf(none), 'breakGlassRefused');
    assert.equal(codeOf({ ...none, facts: { by: null } }), 'breakGlassRefused');
  });

  it('is no start order, and a start order is no approval', () => {
    assert.equal(codeOf({ ...approval, madeFor: NAMESPACES.start }), 'wrongNamespace');
  });

  it('of a service, or with a file key where a security key is demanded, is refused', () => {
    const service = { ...eve.person, kind: 'service' as const };
    assert.equal(codeOf({ ...approval, policy: aPolicy([service]) }), 'notAPerson');
    const strict = aPolicy(PEOPLE, ['medium']);
    assert.equal(codeOf({ ...approval, policy: strict }), 'weakKey');
    assert.equal(codeOf({ ...approval, signer: rex, policy: strict }), 'valid');
  });
});
