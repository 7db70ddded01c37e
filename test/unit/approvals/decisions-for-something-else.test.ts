import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDecision } from '../../../approvals/decision-check.js';
import type { Request } from '../../../workflows/contract/decisions.js';
import {
  ada,
  anApprover,
  aPolicy,
  aRequest,
  codeOf,
  DAY,
  digest,
  MINUTE,
  NOW,
  OPENED,
  PEOPLE,
  rex,
  signedAnswer,
} from './decided.js';

const asked = aRequest();

function made(change: Partial<Request>): string {
  return codeOf(signedAnswer({ request: aRequest(change) }));
}

function madeOn(change: Partial<Request['digests']>): string {
  return made({ digests: { ...asked.digests, ...change } });
}

describe('a decision', () => {
  it('made for another tenant is refused, also when the message claims to be of this one', () => {
    assert.equal(made({ tenant: 'shop' }), 'wrongTenant');
    assert.equal(codeOf(signedAnswer(), { tenant: 'shop' }), 'wrongTenant');
  });

  it('made for another rollout, model or earlier first run is refused', () => {
    assert.equal(made({ rolloutId: 'r-bbbbbbbbbbbbbbbbbbbbbbbbbb' }), 'wrongRollout');
    assert.equal(made({ model: 'fraud' }), 'wrongRollout');
    assert.equal(made({ firstRunId: 'run-0' }), 'wrongRollout');
  });

  it('made for another stage, or an earlier attempt at it, is refused', () => {
    assert.equal(made({ stage: 'beta' }), 'wrongStage');
    assert.equal(made({ attempt: 2 }), 'wrongStage');
  });

  it('made for another request or an earlier opening is refused, as after a reset', () => {
    assert.equal(made({ requestId: 'q-0' }), 'staleRequest');
    assert.equal(made({ challenge: 'c-0' }), 'staleChallenge');
    assert.equal(made({ runId: 'run-2' }), 'requestMismatch');
  });

  it('made on another plan, policy, model or evidence is refused', () => {
    for (const field of ['plan', 'policy', 'candidate', 'baseline'] as const) {
      assert.equal(madeOn({ [field]: digest('0') }), 'planMismatch', field);
    }
    assert.equal(madeOn({ evidence: digest('0') }), 'evidenceMismatch');
  });

  it('that repeats the request with anything else changed, added or left out is refused', () => {
    const changes: Partial<Request>[] = [
      { steps: [{ share: 1, cohorts: [] }] },
      { exposureCap: { share: 0.5, cohorts: ['staff'] } },
      { exposureBefore: { share: 0, cohorts: [] } },
      { rules: [{ role: 'modelOwner', min: 1 }] },
      { excluded: [] },
      { shown: [] },
      { candidateVersion: 'nb-3' },
      { baselineVersion: 'nb-0' },
      { openedAtMs: OPENED - 1 },
      { journalSeq: 11 },
      { journalHead: digest('1') },
    ];
    for (const change of changes) assert.equal(made(change), 'requestMismatch', Object.keys(change).join());
    const { shown, ...less } = asked;
    assert.ok(shown.length > 0);
    assert.equal(codeOf(signedAnswer({ request: less as Request })), 'requestMismatch');
    assert.equal(codeOf(signedAnswer({ request: { ...asked, note: 'x' } as Request })), 'requestMismatch');
    assert.equal(madeOn({ extra: digest('1') } as Partial<Request['digests']>), 'requestMismatch');
  });

  it('counts although the deadline moved while the rollout was held', () => {
    const moved = aRequest({ expiresAtMs: asked.expiresAtMs + DAY });
    assert.equal(codeOf(signedAnswer(), { request: moved }), 'valid');
    assert.equal(codeOf(signedAnswer({ request: moved }), { request: asked }), 'valid');
    assert.equal(made({ expiresAtMs: 'never' as unknown as number }), 'requestMismatch');
  });

  it('handled at or after the deadline is refused, whatever deadline it repeats', () => {
    const late = asked.expiresAtMs;
    const signed = signedAnswer({ request: aRequest({ expiresAtMs: late + DAY }), issuedAtMs: late - 1 });
    assert.equal(codeOf(signed, { atMs: late - 1 }), 'valid');
    assert.equal(codeOf(signed, { atMs: late }), 'expired');
  });

  it('signed under one meaning never counts as another', () => {
    for (const decision of ['approve', 'reject', 'revoke'] as const) {
      for (const verb of ['approve', 'reject', 'revoke'] as const) {
        const expected = decision === verb ? 'valid' : 'wrongNamespace';
        assert.equal(codeOf(signedAnswer({ decision }), { verb }), expected, `${decision} as ${verb}`);
      }
    }
    for (const namespace of ['reject.v1@sluice', 'start.v1@sluice', 'git']) {
      assert.equal(codeOf(signedAnswer({ namespace })), 'wrongNamespace', namespace);
    }
  });

  it('dated by a clock a day off is refused, five minutes off is not', () => {
    const early = OPENED + MINUTE;
    assert.equal(codeOf(signedAnswer({ issuedAtMs: early + DAY }), { atMs: early }), 'clockSkew');
    assert.equal(codeOf(signedAnswer({ issuedAtMs: early - DAY }), { atMs: early }), 'clockSkew');
    assert.equal(codeOf(signedAnswer({ issuedAtMs: early + 5 * MINUTE }), { atMs: early }), 'valid');
    assert.equal(codeOf(signedAnswer({ issuedAtMs: early + 5 * MINUTE + 1 }), { atMs: early }), 'clockSkew');
    assert.equal(codeOf(signedAnswer({ issuedAtMs: OPENED - 5 * MINUTE }), { atMs: early }), 'valid');
    assert.equal(codeOf(signedAnswer({ issuedAtMs: OPENED - 5 * MINUTE - 1 }), { atMs: early }), 'clockSkew');
  });
});

describe('a signer', () => {
  it('who claims to be somebody else is refused, listed key or not', () => {
    assert.equal(codeOf(signedAnswer({ change: { by: 'p-rex' } })), 'unknownKey');
    assert.equal(codeOf(signedAnswer({ change: { by: 'p-nobody' } })), 'unknownPerson');
  });

  it('whose key the policy does not list is refused', () => {
    assert.equal(codeOf(signedAnswer({ by: anApprover('p-ada', ['modelOwner']) })), 'unknownKey');
  });

  it('who names another of their keys than the one that signed is refused', () => {
    const other = ada.keys[1]?.fingerprint ?? '';
    assert.equal(codeOf(signedAnswer({ change: { key: other } })), 'badSignature');
  });

  it('that is a service is refused', () => {
    const people = [{ ...ada.person, kind: 'service' as const }];
    assert.equal(codeOf(signedAnswer(), { policy: aPolicy(people) }), 'notAPerson');
  });

  it('with a file key is refused where the risk tier demands a security key', () => {
    const strict = aPolicy(PEOPLE, ['medium']);
    assert.equal(codeOf(signedAnswer(), { policy: strict }), 'weakKey');
    assert.equal(codeOf(signedAnswer({ by: rex }), { policy: strict }), 'valid');
    const higher = aPolicy(PEOPLE, ['high']);
    assert.equal(codeOf(signedAnswer(), { policy: higher }), 'valid');
    assert.equal(codeOf(signedAnswer(), { policy: higher, risk: 'high' }), 'weakKey');
    assert.equal(codeOf(signedAnswer(), { policy: aPolicy(PEOPLE, ['medium']), risk: 'low' }), 'weakKey');
  });

  it('with a security key is recorded as such', () => {
    const input = {
      ...signedAnswer({ by: rex }),
      tenant: 'mail',
      verb: 'approve' as const,
      request: asked,
      risk: 'low' as const,
      atMs: NOW,
    };
    const check = checkDecision({ input, policy: aPolicy() });
    assert.equal(check.kind === 'valid' && check.assurance, 'hardware');
  });

  it('decides nothing for a model the policy has dropped', () => {
    assert.equal(codeOf(signedAnswer(), { policy: { ...aPolicy(), models: [] } }), 'modelUnknown');
  });

  it('cannot repaint the terminal that prints the refusal', () => {
    const by = '\u001b[31mp-ada\u202e';
    const input = {
      ...signedAnswer({ change: { by } }),
      tenant: 'mail',
      verb: 'approve' as const,
      request: asked,
      risk: 'low' as const,
      atMs: NOW,
    };
    const check = checkDecision({ input, policy: aPolicy() });
    assert.match(check.kind === 'refused' ? check.sentence : '', /^[\x20-\x7e]+$/);
  });
});
