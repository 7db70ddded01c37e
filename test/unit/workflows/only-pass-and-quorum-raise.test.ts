/** Promise 1: only `pass` and a satisfied quorum raise exposure, over all orders of messages and verdicts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BakeResult, Conditions } from '../../../workflows/contract/activities.js';
import type { Assurance, DecisionCheck } from '../../../workflows/contract/decisions.js';
import { GENESIS } from '../../../workflows/contract/decisions.js';
import type { Verb } from '../../../workflows/contract/messages.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import { settled } from '../../../workflows/deciding.js';
import { receive } from '../../../workflows/inbox.js';
import { observed } from '../../../workflows/observing.js';
import { admitted, advanced, raised, raising, requested } from '../../../workflows/progress.js';
import { begin, type State, stageOf } from '../../../workflows/state.js';
import { anAdmission } from '../../support/admission.js';
import { CLEAR, PEOPLE, verdictOf } from '../../support/fake-activities.js';
import { aPlan } from '../../support/plans.js';

type Event =
  | { kind: 'message'; verb: Verb; by: string; request: 'open' | 'old' | 'none'; rollout: 'this' | 'other' | 'none' }
  | { kind: 'looked'; result: BakeResult['kind']; conditions: Conditions }
  | { kind: 'tryRaise' }
  | { kind: 'checked'; valid: boolean }
  | { kind: 'openRequest' }
  | { kind: 'time'; ms: number };

const conditions: fc.Arbitrary<Conditions> = fc.record({
  blind: fc.constantFrom([], [], ['errors-low']),
  splitBroken: fc.constantFrom(false, false, true),
  labelsBroken: fc.constant(false),
  armWrong: fc.constantFrom(null, null, 'the candidate serves another digest'),
  editedDown: fc.constantFrom(null, null, 'lowered by hand'),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      verb: fc.constantFrom<Verb>(
        'approve',
        'approve',
        'approve',
        'approve',
        'reject',
        'revoke',
        'hold',
        'resume',
        'extend',
        'rollback',
      ),
      by: fc.constantFrom('ada', 'bob', 'eve', 'robot', 'zoe', 'mia', ''),
      request: fc.constantFrom<'open' | 'old' | 'none'>('open', 'open', 'open', 'old', 'none'),
      rollout: fc.constantFrom<'this' | 'other' | 'none'>('this', 'this', 'this', 'other', 'none'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('looked' as const),
      result: fc.constantFrom<BakeResult['kind']>('pass', 'pass', 'pass', 'conditions', 'timeout', 'fail'),
      conditions: fc.oneof({ weight: 3, arbitrary: fc.constant(CLEAR) }, { weight: 1, arbitrary: conditions }),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: 'tryRaise' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'openRequest' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('checked' as const), valid: fc.constantFrom(true, true, true, false) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1_000, 600_000, 4_000_000) }),
  },
);

/** What the test itself has seen, apart from the state under test. */
interface Witness {
  passed: boolean;
  yes: Map<string, Set<string>>;
  opened: number;
  raises: number;
}

for (const [assurance, atLeast] of [
  ['identity', 2_000],
  ['signed', 1_000],
] as const) {
  test(`exposure rises only after a pass, with every slot filled by another person, and nothing held (${assurance})`, () => {
    let raises = 0;
    fc.assert(
      fc.property(fc.array(event, { minLength: 10, maxLength: 60 }), (events) => {
        raises += play(events, assurance).raises;
      }),
      { numRuns: 3_000, seed: 20_261_124 },
    );
    assert.ok(raises > atLeast, `the property is empty unless some raises happen; saw ${raises}`);
  });
}

function play(events: Event[], assurance: Assurance): Witness {
  const plan = aPlan();
  let now = 1_000_000;
  let state = admitted(
    begin(
      { version: 1, rolloutId: 'r-this', plan, planDigest: 'sha256:a', by: 'mia', statedPolicyDigest: null },
      'run',
      'run',
      now,
    ),
    anAdmission({ assurance }),
    now,
  );
  const witness: Witness = { passed: false, yes: new Map(), opened: 0, raises: 0 };
  for (const next of events) {
    if (next.kind === 'time') now += next.ms;
    state = step(state, plan, next, now, witness);
  }
  return witness;
}

function step(state: State, plan: Plan, next: Event, now: number, witness: Witness): State {
  switch (next.kind) {
    case 'time':
      return state;
    case 'message':
      return message(state, plan, next, now, witness);
    case 'checked':
      return checked(state, plan, next.valid, now, witness);
    case 'openRequest':
      return open(state, plan, now, witness);
    case 'looked':
      return look(state, plan, next, now, witness);
    case 'tryRaise':
      return tryRaise(state, plan, now, witness);
  }
}

function message(
  state: State,
  plan: Plan,
  next: Extract<Event, { kind: 'message' }>,
  now: number,
  witness: Witness,
): State {
  const requestId =
    next.request === 'open' ? state.request?.requestId : next.request === 'old' ? 'request-0' : undefined;
  const rolloutId = next.rollout === 'this' ? 'r-this' : next.rollout === 'other' ? 'r-other' : undefined;
  const messageId = `m-${state.seq}-${state.messages}`;
  const payload = {
    version: 1,
    messageId,
    by: next.by,
    ...(requestId ? { requestId } : {}),
    ...(rolloutId ? { rolloutId } : {}),
    statement: messageId,
    signature: 'checked by the event `checked`',
  };
  const after = receive(state, plan, { name: next.verb, payload }, now);
  const answer = after.answers.find((a) => a.messageId === messageId);
  if (answer?.state === 'accepted') bearWitness(state, next.verb, next.by, witness);
  return after;
}

function bearWitness({ request }: State, verb: Verb, by: string, witness: Witness): void {
  if (!request) return;
  const yes = witness.yes.get(request.requestId) ?? new Set();
  if (verb === 'approve') yes.add(by);
  if (verb === 'revoke') yes.delete(by);
  witness.yes.set(request.requestId, yes);
}

/** The check of the oldest signed answer comes back. */
function checked(state: State, plan: Plan, valid: boolean, now: number, witness: Witness): State {
  const waiting = state.unchecked[0];
  if (!waiting) return state;
  const check: DecisionCheck = valid
    ? {
        kind: 'valid',
        by: waiting.by,
        key: 'SHA256:key',
        assurance: 'signed',
        reason: null,
        issuedAtMs: waiting.atMs,
        statementDigest: GENESIS,
      }
    : { kind: 'refused', code: 'badSignature', sentence: 'it does not fit' };
  const after = settled(state, plan, waiting, check, now);
  const answer = after.answers.find((a) => a.messageId === waiting.messageId);
  assert.ok(answer, 'a checked answer is answered');
  if (!valid) assert.equal(answer.state, 'refused', 'a bad signature counted');
  if (answer.state === 'accepted') bearWitness(state, waiting.verb, waiting.by, witness);
  return after;
}

function open(state: State, plan: Plan, now: number, witness: Witness): State {
  const stage = stageOf(state, plan);
  if (!stage?.approval || state.request || state.phase !== 'decide' || state.stepIndex > 0 || state.lowering)
    return state;
  witness.opened += 1;
  return requested(
    state,
    {
      version: 1,
      model: 'spam-filter',
      firstRunId: 'run',
      candidateVersion: 'b',
      baselineVersion: 'a',
      exposureBefore: state.asked,
      shown: [],
      journalHead: state.head,
      requestId: `request-${witness.opened}`,
      tenant: 'mail',
      rolloutId: 'r-this',
      runId: 'run',
      stage: stage.name,
      attempt: state.attempt,
      steps: stage.steps,
      digests: {
        plan: 'sha256:a',
        policy: 'sha256:b',
        candidate: 'sha256:c',
        baseline: 'sha256:d',
        evidence: 'sha256:e',
      },
      exposureCap: { share: 1, cohorts: [] },
      rules: stage.approval.rules,
      excluded: stage.approval.exclude.length > 0 ? ['mia'] : [],
      openedAtMs: now,
      expiresAtMs: now + stage.approval.timeoutMs,
      challenge: 'c',
      journalSeq: state.seq,
    },
    now,
  );
}

function look(
  state: State,
  plan: Plan,
  next: Extract<Event, { kind: 'looked' }>,
  now: number,
  witness: Witness,
): State {
  if (state.phase !== 'bake' || state.lowering) return state;
  const verdict = verdictOf(next.result === 'pass' ? 'pass' : next.result === 'fail' ? 'fail' : 'inconclusive');
  const kind = next.result === 'pass' && next.conditions !== CLEAR ? 'conditions' : next.result;
  const exposure = anAdmission().before.state;
  const result = {
    kind,
    verdict,
    conditions: next.conditions,
    observed: null,
    state: exposure,
    detectedAtMs: null,
    windows: 1,
  } as BakeResult;
  const after = observed(state, plan, result, now);
  if (kind === 'pass' && after.bake?.passed) {
    assert.equal(after.holds.length, 0, 'a pass counted while held');
    witness.passed = true;
    return advanced(after, plan);
  }
  return after;
}

function tryRaise(state: State, plan: Plan, now: number, witness: Witness): State {
  if (state.phase !== 'decide' || state.stageIndex >= plan.stages.length) return state;
  const begun = raising(state, plan, now);
  if (!begun) return state;
  const stage = stageOf(state, plan);
  const first = state.stageIndex === 0 && state.stepIndex === 0;
  assert.ok(first || witness.passed, 'raised without a pass');
  assert.equal(state.lowering, null, 'raised while lowering');
  assert.equal(state.holds.length, 0, 'raised while held');
  assert.equal(state.unchecked.length, 0, 'raised while an answer waited for its check');
  if (stage?.approval && state.stepIndex === 0) checkQuorum(state, plan, witness, now);
  witness.passed = false;
  witness.raises += 1;
  return raised(
    begun,
    plan,
    { state: anAdmission().before.state, verifiedAtMs: now, served: { share: 0, cohorts: [] } },
    now,
  );
}

/** Brute force over people for the two rules of the sample plan. */
function checkQuorum(state: State, plan: Plan, witness: Witness, now: number): void {
  const { request } = state;
  assert.ok(request, 'raised without a request');
  assert.ok(now < request.expiresAtMs, 'raised on an expired request');
  const yes = [...(witness.yes.get(request.requestId) ?? [])];
  const has = (id: string, role: string): boolean =>
    PEOPLE.some((p) => p.id === id && p.kind === 'human' && p.roles.includes(role));
  const roles = (stageOf(state, plan)?.approval?.rules ?? []).map((rule) => rule.role);
  const fits = (left: string[], people: string[]): boolean =>
    left.length === 0 ||
    people.some(
      (id) =>
        has(id, left[0] ?? '') &&
        fits(
          left.slice(1),
          people.filter((other) => other !== id),
        ),
    );
  assert.ok(fits(roles, yes), `raised with ${yes.join(', ') || 'nobody'} for ${roles.join(', ')}`);
}
