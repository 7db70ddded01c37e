import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ada,
  anApprover,
  type Answer,
  aPolicy,
  aRequest,
  codeOf,
  eve,
  MINUTE,
  NOW,
  PEOPLE,
  recheck,
  rex,
  signedAnswer,
} from './decided.js';

const TWO_OWNERS = [{ role: 'modelOwner', min: 2 }];

/** Whether these answers fill two slots of one role. */
function fillTwo(answers: Answer[], people = PEOPLE): string {
  const request = aRequest({ rules: TWO_OWNERS, excluded: [] });
  return recheck(answers, { request, pinned: { rules: TWO_OWNERS, excluded: [] }, policy: aPolicy(people), people })
    .kind;
}

describe('one person fills one slot', () => {
  it('where two people fill two', () => {
    assert.equal(fillTwo([{}, { by: eve }]), 'stands');
  });

  it('however often the same decision arrives', () => {
    assert.equal(fillTwo(Array.from({ length: 100 }, () => ({}))), 'lost');
  });

  it('with two keys of theirs', () => {
    for (const nth of [0, 1]) assert.equal(codeOf(signedAnswer({ nth })), 'valid');
    assert.equal(fillTwo([{ nth: 0 }, { nth: 1 }]), 'lost');
  });

  it('with the two signatures that ECDSA allows for one text', () => {
    for (const mirrored of [false, true]) assert.equal(codeOf(signedAnswer({ nth: 1, mirrored })), 'valid');
    assert.equal(fillTwo([{ nth: 1 }, { nth: 1, mirrored: true }]), 'lost');
  });

  it('with two roles', () => {
    const both = anApprover('p-uma', ['modelOwner', 'risk']);
    const people = [...PEOPLE, both.person];
    assert.equal(recheck([{ by: both }], { policy: aPolicy(people), people }).kind, 'lost');
    assert.equal(recheck([{ by: both }, {}], { policy: aPolicy(people), people }).kind, 'stands');
    assert.equal(recheck([{ by: both }, { by: rex }], { policy: aPolicy(people), people }).kind, 'stands');
  });

  it('and none at all where they started the rollout', () => {
    assert.equal(recheck([{ by: rex }, { by: eve }]).kind, 'lost');
    assert.equal(recheck([{ by: rex }, { by: eve }, {}]).kind, 'stands');
  });
});

describe('the last word of a person', () => {
  const yes: Answer[] = [{}, { by: rex }];

  it('is the one of the latest date, in whatever order the answers come', () => {
    const later = { issuedAtMs: NOW + 1 };
    const cases: [Answer[], string][] = [
      [[...yes, { decision: 'revoke', ...later }], 'lost'],
      [[...yes, { decision: 'revoke', issuedAtMs: NOW - 1 }], 'stands'],
      [[...yes, { decision: 'revoke', issuedAtMs: NOW - 1 }, { ...later }], 'stands'],
      [[...yes, { by: rex, decision: 'revoke', ...later }], 'lost'],
    ];
    for (const [answers, expected] of cases) {
      fc.assert(
        fc.property(fc.shuffledSubarray(answers, { minLength: answers.length }), (order) => {
          assert.equal(recheck(order).kind, expected);
        }),
        { numRuns: 8 },
      );
    }
  });

  it('is no, where yes and no carry the same date', () => {
    assert.equal(recheck([...yes, { decision: 'revoke' }]).kind, 'lost');
  });

  it('takes a yes away although its key was revoked since', () => {
    const keys = ada.person.keys.map((key, nth) => (nth === 1 ? { ...key, revokedAtMs: NOW + 30_000 } : key));
    const policy = aPolicy([{ ...ada.person, keys }, rex.person]);
    const taken = recheck([...yes, { nth: 1, decision: 'revoke', issuedAtMs: NOW + 1 }], { policy });
    assert.equal(taken.kind, 'lost');
  });

  it('of a rejecting reviewer outweighs any quorum', () => {
    const check = recheck([...yes, { by: eve, decision: 'reject' }]);
    assert.match(check.kind === 'lost' ? check.sentence : '', /p-eve rejected/);
  });

  it('cannot be faked: a revocation signed by somebody else is not counted', () => {
    const fake: Answer = { decision: 'revoke', by: { person: ada.person, keys: rex.keys }, issuedAtMs: NOW + 1 };
    const check = recheck([...yes, fake]);
    assert.equal(check.kind, 'stands');
    assert.deepEqual(
      check.refused.map(({ code }) => code),
      ['unknownKey'],
    );
  });
});

describe('a mandate that a forged workflow made up', () => {
  const yes: Answer[] = [{}, { by: rex }];

  it('with fewer rules than the plan is refused, although people signed just that', () => {
    const weaker = aRequest({ rules: [{ role: 'modelOwner', min: 1 }] });
    for (const answers of [[], yes]) {
      const check = recheck(answers, { request: weaker });
      assert.equal(check.kind === 'lost' && check.code, 'planMismatch');
    }
  });

  it('without the exclusion, with other steps, or for another stage, plan or model is refused', () => {
    const { digests } = aRequest();
    const forged = [
      aRequest({ excluded: [] }),
      aRequest({ steps: [{ share: 1, cohorts: [] }] }),
      aRequest({ stage: 'beta' }),
      aRequest({ tenant: 'shop' }),
      aRequest({ rolloutId: 'r-bbbbbbbbbbbbbbbbbbbbbbbbbb' }),
      aRequest({ digests: { ...digests, plan: digests.policy } }),
      aRequest({ digests: { ...digests, candidate: digests.policy } }),
    ];
    for (const request of forged) {
      const check = recheck(yes, { request });
      assert.equal(check.kind === 'lost' && check.code, 'planMismatch');
    }
  });

  it('on other evidence than the caller knows of is refused', () => {
    const { digests } = aRequest();
    assert.equal(recheck(yes, { pinned: { digests } }).kind, 'stands');
    assert.equal(recheck(yes, { pinned: { digests: { ...digests, evidence: digests.plan } } }).kind, 'lost');
    assert.equal(recheck(yes, { pinned: { firstRunId: 'run-0' } }).kind, 'lost');
  });

  it('with no decisions, or with those of another request, is refused', () => {
    assert.equal(recheck([]).kind, 'lost');
    const banked = recheck(yes.map((answer) => ({ ...answer, request: aRequest({ challenge: 'c-0' }) })));
    assert.deepEqual(
      banked.refused.map(({ code }) => code),
      ['staleChallenge', 'staleChallenge'],
    );
  });

  it('that says somebody else decided is refused', () => {
    for (const answer of [{ passedOnAs: 'p-rex' }, { change: { by: 'p-rex' }, passedOnAs: 'p-ada' }]) {
      const check = recheck([answer, { by: rex }]);
      assert.equal(check.kind, 'lost');
      assert.deepEqual(
        check.refused.map(({ code }) => code),
        ['badSignature'],
      );
    }
  });

  it('with approvals accepted in the future or after the deadline is refused', () => {
    assert.equal(recheck(yes, { atMs: NOW - 10 * MINUTE }).kind, 'lost');
    const short = aRequest({ expiresAtMs: NOW });
    const check = recheck(yes, { request: short });
    assert.deepEqual(
      check.refused.map(({ code }) => code),
      ['expired', 'expired'],
    );
  });

  it('cannot pass for an answer by naming something else as its kind', () => {
    const check = recheck([{ change: { decision: 'reject' } }, { by: rex }]);
    assert.deepEqual(
      check.refused.map(({ code }) => code),
      ['wrongNamespace'],
    );
    assert.equal(check.kind, 'lost');
  });
});
