/** Signed answers at the door: put aside, checked, counted once, in whatever order they come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionCheck, DecisionKind, Request } from '../../../workflows/contract/decisions.js';
import { GENESIS } from '../../../workflows/contract/decisions.js';
import { settled } from '../../../workflows/deciding.js';
import { receive } from '../../../workflows/inbox.js';
import { lower } from '../../../workflows/lowering.js';
import { admitted, raising, remeasured, requested, stoodDown } from '../../../workflows/progress.js';
import { awaitedRoles, mayRaise } from '../../../workflows/allowed.js';
import { begin, type State } from '../../../workflows/state.js';
import { anAdmission } from '../../support/admission.js';
import { aPlan, STAGE } from '../../support/plans.js';

const NOW = 1_000_000;
const plan = aPlan({ stages: [{ ...STAGE.general(), steps: [{ share: 0.5, cohorts: [] }] }] });

interface Said {
  by: string;
  decision: DecisionKind;
  issuedAtMs: number;
}

function asked(): State {
  const input = {
    version: 1 as const,
    rolloutId: 'r-this',
    plan,
    planDigest: GENESIS,
    by: 'mia',
    statedPolicyDigest: null,
  };
  const state = admitted(begin(input, 'run', 'run', NOW), anAdmission({ assurance: 'signed' }), NOW);
  return requested(state, requestIn(state), NOW);
}

function requestIn(state: State, requestId = 'request-1'): Request {
  const stage = plan.stages[0];
  assert.ok(stage?.approval);
  return {
    version: 1,
    requestId,
    tenant: 'mail',
    model: plan.model,
    rolloutId: 'r-this',
    firstRunId: 'run',
    runId: 'run',
    stage: stage.name,
    attempt: 1,
    candidateVersion: 'b',
    baselineVersion: 'a',
    digests: { plan: GENESIS, policy: GENESIS, candidate: GENESIS, baseline: GENESIS, evidence: GENESIS },
    exposureBefore: state.asked,
    steps: stage.steps,
    exposureCap: { share: 0.5, cohorts: [] },
    rules: stage.approval.rules,
    excluded: [],
    shown: [],
    openedAtMs: NOW,
    expiresAtMs: NOW + 3_600_000,
    challenge: 'c',
    journalSeq: state.seq,
    journalHead: state.head,
  };
}

function send(state: State, { by, decision, issuedAtMs }: Said, messageId = `${by}-${decision}-${issuedAtMs}`): State {
  const statement = `${by} ${decision} ${issuedAtMs}`;
  const payload = { version: 1, messageId, rolloutId: 'r-this', by, statement, signature: 's' };
  return receive(state, plan, { name: decision, payload }, NOW + 1);
}

function check(state: State): State {
  const [waiting] = state.unchecked;
  assert.ok(waiting, 'an answer waits');
  const [by = '', , issued] = waiting.statement.split(' ');
  const valid: DecisionCheck = {
    kind: 'valid',
    by,
    key: 'SHA256:k',
    assurance: 'signed',
    reason: null,
    issuedAtMs: Number(issued),
    statementDigest: GENESIS,
  };
  return settled(state, plan, waiting, valid, NOW + 2);
}

function hear(said: Said[]): State {
  return said.reduce((state, one) => check(send(state, one)), asked());
}

test('nothing rises while a signed answer waits for its check', () => {
  const yes = hear([{ by: 'ada', decision: 'approve', issuedAtMs: NOW }]);
  const full = check(send(yes, { by: 'eve', decision: 'approve', issuedAtMs: NOW }));
  assert.deepEqual(awaitedRoles(full), []);
  assert.equal(mayRaise(full, plan, NOW + 3), true);
  const revoking = send(full, { by: 'ada', decision: 'revoke', issuedAtMs: NOW + 1 });
  assert.equal(mayRaise(revoking, plan, NOW + 3), false);
  assert.equal(mayRaise(check(revoking), plan, NOW + 3), false);
});

test('two orders of arrival of a yes and its revocation have one result', () => {
  const yes = { by: 'ada', decision: 'approve', issuedAtMs: NOW } as const;
  const revoked = { by: 'ada', decision: 'revoke', issuedAtMs: NOW + 5 } as const;
  for (const order of [
    [yes, revoked],
    [revoked, yes],
  ])
    assert.deepEqual(awaitedRoles(hear(order)), ['modelOwner', 'risk']);
  const again = hear([yes, revoked, { ...yes, issuedAtMs: NOW + 9 }]);
  assert.deepEqual(awaitedRoles(again), ['risk'], 'a yes made after the revocation counts');
});

test('the same decision a hundred times counts once, and the journal keeps one line of it', () => {
  const yes = { by: 'ada', decision: 'approve', issuedAtMs: NOW } as const;
  let state = hear([yes]);
  const before = state.journal.length;
  for (let n = 0; n < 99; n += 1) state = send(state, yes, `again-${n}`);
  assert.equal(state.decisions.length, 1);
  assert.equal(state.unchecked.length, 0);
  assert.equal(state.journal.length - before, 1);
  assert.equal(state.refused['ada'], 99);
  assert.equal(state.answers.find(({ messageId }) => messageId === 'again-40')?.code, 'duplicate');
});

test('an unsigned answer is refused and recorded, and the request stays open', () => {
  const payload = { version: 1, messageId: 'm', rolloutId: 'r-this', requestId: 'request-1', by: 'ada' };
  const state = receive(asked(), plan, { name: 'approve', payload }, NOW + 1);
  assert.equal(state.answers[0]?.code, 'unsigned');
  assert.equal(state.journal.at(-1)?.event, 'messageRefused');
  assert.deepEqual(awaitedRoles(state), ['modelOwner', 'risk']);
});

test('a flood of signed answers is cut before it costs a check each', () => {
  let state = asked();
  for (let n = 0; n < 40; n += 1) state = send(state, { by: `p${n}`, decision: 'approve', issuedAtMs: NOW });
  assert.equal(state.unchecked.length, 20);
  assert.equal(state.answers.at(-1)?.code, 'rateLimited');
});

test('an answer that waits when exposure must go down is answered, and counts for nothing', () => {
  const waiting = send(asked(), { by: 'ada', decision: 'approve', issuedAtMs: NOW });
  const lowered = lower(waiting, NOW + 2, { cause: 'operator', by: 'on-call', reason: 'asked' });
  assert.equal(lowered.unchecked.length, 0);
  assert.equal(lowered.answers.at(-1)?.code, 'rollbackInProgress');
});

test('a revocation that comes after the raise holds the rollout instead', () => {
  const full = hear([
    { by: 'ada', decision: 'approve', issuedAtMs: NOW },
    { by: 'eve', decision: 'approve', issuedAtMs: NOW },
  ]);
  const begun = raising(full, plan, NOW + 3);
  assert.ok(begun);
  assert.equal(begun.mandate?.decisions.length, 2);
  const late = send(begun, { by: 'ada', decision: 'revoke', issuedAtMs: NOW + 4 });
  assert.equal(late.holds[0]?.owner, 'ada');
  const stranger = send(begun, { by: 'zoe', decision: 'revoke', issuedAtMs: NOW + 4 });
  assert.equal(stranger.answers.at(-1)?.code, 'nothingToRevoke');
});

test('a raise refused for a freeze keeps its answers; one refused for a lost quorum asks anew', () => {
  const full = hear([
    { by: 'ada', decision: 'approve', issuedAtMs: NOW },
    { by: 'eve', decision: 'approve', issuedAtMs: NOW },
  ]);
  const begun = raising(full, plan, NOW + 3);
  assert.ok(begun);
  const frozen = stoodDown(begun, false, NOW + 4);
  assert.equal(frozen.asked.share, 0);
  assert.equal(mayRaise(frozen, plan, NOW + 5), true, 'once the freeze is over, the same answers count');
  const lost = stoodDown(begun, true, NOW + 4);
  assert.equal(lost.request, null);
  assert.equal(mayRaise(lost, plan, NOW + 5), false);
});

test('evidence older than the policy allows carries no raise, whoever signed', () => {
  const full = hear([
    { by: 'ada', decision: 'approve', issuedAtMs: NOW },
    { by: 'eve', decision: 'approve', issuedAtMs: NOW },
  ]);
  assert.ok(full.admission);
  const strict: State = { ...full, admission: { ...full.admission, evidenceMaxAgeMs: 60_000 } };
  assert.equal(mayRaise(strict, plan, NOW + 59_000), true);
  assert.equal(mayRaise(strict, plan, NOW + 60_000), false);
  const anew = remeasured(strict, plan, NOW + 60_000);
  assert.equal(anew.request, null);
  assert.equal(anew.attempt, 2);
  assert.equal(anew.phase, 'decide', 'before the first stage nothing was measured that could be measured anew');
});

test('an answer that was sent in time and is checked too late has expired', () => {
  const [waiting] = send(asked(), { by: 'ada', decision: 'approve', issuedAtMs: NOW }).unchecked;
  assert.ok(waiting);
  const valid: DecisionCheck = {
    kind: 'valid',
    by: 'ada',
    key: 'SHA256:k',
    assurance: 'signed',
    reason: null,
    issuedAtMs: NOW,
    statementDigest: GENESIS,
  };
  const late = settled({ ...asked(), unchecked: [waiting] }, plan, waiting, valid, NOW + 3_600_000);
  assert.equal(late.answers.at(-1)?.code, 'expired');
  assert.deepEqual(awaitedRoles(late), ['modelOwner', 'risk']);
  assert.equal(late.unchecked.length, 0);
});
