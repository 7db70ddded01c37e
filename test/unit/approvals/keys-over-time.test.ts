import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DecidingPolicy } from '../../../approvals/decision-check.js';
import type { PolicyKey } from '../../../approvals/policy.js';
import { ada, aPolicy, codeOf, DAY, listed, MINUTE, NOW, recheck, rex, signedAnswer } from './decided.js';

/** Ada's first key with these dates; her second as it is. */
function withKey(change: Partial<PolicyKey>): DecidingPolicy {
  const keys = ada.keys.map((key, nth) => listed(key, nth === 0 ? change : {}));
  return aPolicy([{ ...ada.person, keys }, rex.person]);
}

function answers(nth = 0): Parameters<typeof recheck>[0] {
  return [{ nth }, { by: rex }];
}

describe('a key', () => {
  it('counts from the moment it is valid to the moment it is not', () => {
    const policy = withKey({ validFromMs: NOW, validToMs: NOW + DAY });
    const at = (atMs: number) => codeOf(signedAnswer(), { policy, atMs });
    assert.equal(at(NOW - 1), 'keyNotYetValid');
    assert.equal(at(NOW), 'valid');
    assert.equal(at(NOW + DAY - 1), 'valid');
    assert.equal(at(NOW + DAY), 'keyExpired');
  });

  it('is judged by workflow time, whatever date the approver wrote', () => {
    const policy = withKey({ validToMs: NOW + 2 * MINUTE });
    const signed = signedAnswer({ issuedAtMs: NOW });
    assert.equal(codeOf(signed, { policy, atMs: NOW + MINUTE }), 'valid');
    assert.equal(codeOf(signed, { policy, atMs: NOW + 3 * MINUTE }), 'keyExpired');
  });

  it('revoked is refused with the reason the policy gives, also when its dates are past', () => {
    const policy = withKey({ revokedAtMs: NOW, revokedWhy: 'laptop lost', validToMs: NOW - DAY });
    assert.equal(codeOf(signedAnswer(), { policy }), 'keyRevoked');
    const lost = recheck(answers(), { policy });
    assert.match(lost.kind === 'lost' ? lost.sentence : '', /laptop lost/);
  });

  it('to be revoked tomorrow counts today', () => {
    assert.equal(codeOf(signedAnswer(), { policy: withKey({ revokedAtMs: NOW + DAY }) }), 'valid');
  });

  it('of one person does not sign for another who lists none', () => {
    const policy = aPolicy([{ ...ada.person, keys: [] }, rex.person]);
    assert.equal(codeOf(signedAnswer(), { policy }), 'unknownKey');
  });
});

describe('between the approval and the raise', () => {
  it('nothing changes, and the raise stands on the people who agreed', () => {
    const check = recheck(answers());
    assert.deepEqual(check, {
      kind: 'stands',
      assignment: [
        { role: 'modelOwner', id: 'p-ada' },
        { role: 'risk', id: 'p-rex' },
      ],
      refused: [],
    });
  });

  it('a key runs out, and the approval it gave in time still counts', () => {
    const policy = withKey({ validToMs: NOW + 1 });
    assert.equal(recheck(answers(), { policy, atMs: NOW + DAY }).kind, 'stands');
  });

  it('a key that had already run out at the approval is no excuse', () => {
    const check = recheck(answers(), { policy: withKey({ validToMs: NOW }) });
    assert.equal(check.kind === 'lost' && check.code, 'quorumLost');
    assert.deepEqual(
      check.refused.map(({ by, code }) => [by, code]),
      [['p-ada', 'keyExpired']],
    );
  });

  it('a key is revoked, and the quorum is lost', () => {
    const check = recheck(answers(), { policy: withKey({ revokedAtMs: NOW + 30_000 }) });
    assert.equal(check.kind === 'lost' && check.code, 'quorumLost');
    assert.match(check.kind === 'lost' ? check.sentence : '', /modelOwner/);
    assert.deepEqual(
      check.refused.map(({ code }) => code),
      ['keyRevoked'],
    );
  });

  it('a key is revoked that nobody used, and nothing is lost', () => {
    assert.equal(recheck(answers(1), { policy: withKey({ revokedAtMs: NOW }) }).kind, 'stands');
  });

  it('a key is revoked of one approver more than were needed, and the rest are counted again', () => {
    const spare = [...answers(), { by: { person: { ...rex.person, id: 'p-sue' }, keys: rex.keys } }];
    const sue = { ...rex.person, id: 'p-sue', roles: ['risk'] };
    const revoked = { ...rex.person, keys: rex.person.keys.map((key) => ({ ...key, revokedAtMs: NOW })) };
    const people = [ada.person, revoked, sue];
    const check = recheck(spare, { policy: aPolicy(people), people });
    assert.equal(check.kind, 'stands');
    assert.deepEqual(check.kind === 'stands' && check.assignment.map(({ id }) => id), ['p-ada', 'p-sue']);
    assert.deepEqual(
      check.refused.map(({ by }) => by),
      ['p-rex'],
    );
  });

  it('an approver leaves, and the quorum is lost', () => {
    const check = recheck(answers(), { policy: aPolicy([rex.person]) });
    assert.equal(check.kind === 'lost' && check.code, 'quorumLost');
    assert.deepEqual(
      check.refused.map(({ code }) => code),
      ['unknownPerson'],
    );
  });

  it('an approver loses the role, and the quorum is lost', () => {
    const check = recheck(answers(), { policy: aPolicy([{ ...ada.person, roles: [] }, rex.person]) });
    assert.equal(check.kind === 'lost' && check.code, 'quorumLost');
  });

  it('the policy gives somebody a role, and a rollout under way gains nothing by it', () => {
    const people = [{ ...ada.person, roles: [] }, rex.person];
    assert.equal(recheck(answers(), { people }).kind, 'lost');
    assert.equal(recheck(answers(), { people: [rex.person] }).kind, 'lost');
  });

  it('a group is emptied, and nothing passes by itself', () => {
    const check = recheck(answers(), { policy: aPolicy([]) });
    assert.equal(check.kind === 'lost' && check.code, 'quorumLost');
    assert.equal(check.refused.length, 2);
  });
});
