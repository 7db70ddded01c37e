/** Signed decisions on a real server, with keys and signatures of ssh-keygen: what counts, what does not, and when. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { checkDecision } from '../../approvals/decision-check.js';
import { type Policy, readPolicy } from '../../approvals/policy.js';
import { canonicalStatement } from '../../approvals/statement.js';
import { failure } from '../../activities/failures.js';
import type { Admission, DoorActivities } from '../../workflows/contract/activities.js';
import {
  type DecisionKind,
  type DecisionStatement,
  NAMESPACES,
  type Request,
} from '../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import { QUERIES } from '../../workflows/contract/messages.js';
import { type FakeWorld, fakeWorld } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { keyRing } from '../support/ssh.js';
import { eventually, rolloutTest, type RolloutUnderTest } from '../support/workflow-test.js';

const ring = keyRing();
after(() => ring.remove());

const PEOPLE = { ada: ['modelOwner'], bob: ['modelOwner', 'risk'], eve: ['risk'] };
const half = aPlan({ stages: [{ ...STAGE.general(), steps: [{ share: 0.5, cohorts: [] }] }] });

function policy(change: (lines: string[]) => string[] = (lines) => lines): Policy {
  const people = Object.entries(PEOPLE).map(
    ([id, roles]) => `  - { id: ${id}, kind: human, roles: [${roles.join(', ')}], keys: ["${ring.key(id).line}"] }`,
  );
  const text = [
    'version: 1',
    'serial: 1',
    'people:',
    ...change(people),
    'models:',
    '  - { model: spam-filter, tier: low, tenant: mail, target: flags/spam-filter, registry: models }',
    'floor: { low: {} }',
  ].join('\n');
  const read = readPolicy(text, 'policy.yaml');
  assert.equal(read.kind, 'policy', JSON.stringify(read));
  return read.kind === 'policy' ? read.policy : assert.fail();
}

const door = (): DoorActivities => {
  const held = policy();
  // Every rollout under test has a model of its own.
  const models = (model: string) => held.models.map((binding) => ({ ...binding, model }));
  return {
    checkDecision: async (input) => checkDecision({ input, policy: { ...held, models: models(input.request.model) } }),
  };
};

function admitting(world: FakeWorld, change: Partial<Admission>): FakeWorld {
  const { activities } = world;
  world.activities = { ...activities, admit: async (input) => ({ ...(await activities.admit(input)), ...change }) };
  return world;
}

function signedWorld(): FakeWorld {
  const world = fakeWorld();
  return admitting(world, { assurance: 'signed' });
}

const setting = { plan: half, world: signedWorld, door };

function statement(
  request: Request,
  by: string,
  decision: DecisionKind,
  change: Partial<DecisionStatement> = {},
): string {
  const key = fingerprints.get(by) ?? '';
  return canonicalStatement({
    version: 1,
    decision,
    request,
    by,
    key,
    reason: null,
    issuedAtMs: Date.now(),
    ...change,
  });
}

const fingerprints = new Map(policy().people.map(({ id, keys }) => [id, keys[0]?.fingerprint ?? '']));

async function open({ until }: RolloutUnderTest): Promise<Request> {
  const { request } = await until('a request', (view) => view.request !== null);
  return request ?? assert.fail();
}

interface Answering {
  decision?: DecisionKind;
  change?: Partial<DecisionStatement>;
  namespace?: string;
  signer?: string;
}

async function answerOf(rollout: RolloutUnderTest, request: Request, by: string, how: Answering = {}): Promise<string> {
  const { decision = 'approve', change = {}, namespace = NAMESPACES[decision], signer = by } = how;
  const text = statement(request, by, decision, change);
  const signature = ring.key(signer).sign(namespace, text);
  return (await rollout.answer(await rollout.send(decision, { by, statement: text, signature }))).code;
}

async function journalOf(rollout: RolloutUnderTest): Promise<JournalEntry[]> {
  return rollout.handle.query<JournalEntry[]>(QUERIES.journal);
}

rolloutTest('rises when people whose keys the policy lists have signed this very request', setting, async (rollout) => {
  const request = await open(rollout);
  assert.equal(await answerOf(rollout, request, 'ada'), 'accepted');
  assert.equal(await answerOf(rollout, request, 'eve'), 'accepted');
  await rollout.until('the raise', () => rollout.world.calls.includes('raise 0.5 '));
  const view = await rollout.view();
  assert.equal(view.assurance, 'signed');
  assert.equal(view.unproven, false);
  assert.deepEqual(
    view.decisions.map(({ by, key, assurance }) => [by, key, assurance]),
    [
      ['ada', fingerprints.get('ada'), 'signed'],
      ['eve', fingerprints.get('eve'), 'signed'],
    ],
  );
});

rolloutTest('an approval typed into the UI without a signature is refused and recorded', setting, async (rollout) => {
  const request = await open(rollout);
  const sent = await rollout.send('approve', { by: 'ada', requestId: request.requestId });
  assert.equal((await rollout.answer(sent)).code, 'unsigned');
  const { awaited, refusedMessages } = await rollout.view();
  assert.deepEqual(awaited, ['modelOwner', 'risk']);
  assert.equal(refusedMessages['ada'], 1);
  assert.equal((await journalOf(rollout)).at(-1)?.details['code'], 'unsigned');
});

rolloutTest(
  'a signature of somebody else, for another purpose, or of a moved letter counts for nobody',
  setting,
  async (rollout) => {
    const request = await open(rollout);
    assert.equal(await answerOf(rollout, request, 'ada', { signer: 'eve' }), 'badSignature');
    assert.equal(
      await answerOf(rollout, request, 'ada', { signer: 'eve', change: { key: fingerprints.get('eve') ?? '' } }),
      'unknownKey',
    );
    assert.equal(await answerOf(rollout, request, 'ada', { namespace: 'git' }), 'wrongNamespace');
    assert.equal(await answerOf(rollout, request, 'ada', { namespace: NAMESPACES.reject }), 'wrongNamespace');
    const text = statement(request, 'ada', 'approve');
    const signature = ring.key('ada').sign(NAMESPACES.approve, text);
    const moved = await rollout.send('approve', { by: 'ada', statement: text.replace('0.5', '0.6'), signature });
    assert.equal((await rollout.answer(moved)).code, 'badSignature');
    const spaced = await rollout.send('approve', { by: 'ada', statement: `${text}\n`, signature });
    assert.equal((await rollout.answer(spaced)).code, 'notCanonical');
    assert.deepEqual((await rollout.view()).awaited, ['modelOwner', 'risk']);
  },
);

rolloutTest(
  'a decision made for another tenant, rollout, stage, attempt, plan or evidence is refused by name',
  setting,
  async (rollout) => {
    const request = await open(rollout);
    const other = (change: Partial<Request>): Promise<string> =>
      answerOf(rollout, request, 'ada', { change: { request: { ...request, ...change } } });
    const digests = request.digests;
    const wrong = `sha256:${'9'.repeat(64)}` as const;
    assert.equal(await other({ tenant: 'bank' }), 'wrongTenant');
    assert.equal(await other({ rolloutId: `r-${'a'.repeat(26)}` }), 'wrongRollout');
    assert.equal(await other({ stage: 'beta' }), 'wrongStage');
    assert.equal(await other({ attempt: 2 }), 'wrongStage');
    assert.equal(await other({ challenge: 'yesterday' }), 'staleChallenge');
    assert.equal(await other({ digests: { ...digests, plan: wrong } }), 'planMismatch');
    assert.equal(await other({ digests: { ...digests, evidence: wrong } }), 'evidenceMismatch');
    assert.equal(await other({ exposureCap: { share: 0.01, cohorts: [] } }), 'requestMismatch');
    assert.equal(
      await answerOf(rollout, request, 'ada', { change: { issuedAtMs: Date.now() + 86_400_000 } }),
      'clockSkew',
    );
  },
);

rolloutTest(
  'a revocation in the same task as the yes that completes the quorum keeps exposure down',
  setting,
  async (rollout) => {
    const request = await open(rollout);
    assert.equal(await answerOf(rollout, request, 'ada'), 'accepted');
    const yes = statement(request, 'eve', 'approve');
    const no = statement(request, 'ada', 'revoke', { issuedAtMs: Date.now() + 1 });
    const signatures = [ring.key('eve').sign(NAMESPACES.approve, yes), ring.key('ada').sign(NAMESPACES.revoke, no)];
    const sent = await Promise.all([
      rollout.send('revoke', { by: 'ada', statement: no, signature: signatures[1] }),
      rollout.send('approve', { by: 'eve', statement: yes, signature: signatures[0] }),
    ]);
    for (const id of sent) assert.equal((await rollout.answer(id)).code, 'accepted');
    // The raise may have been ordered only if the yes came in a task of its own before the revocation: then it is held.
    const seen = await rollout.until('both taken', (view) => view.decisions.length === 3 || view.holds.length > 0);
    if (seen.holds.length === 0) {
      assert.deepEqual(seen.awaited, ['modelOwner']);
      assert.ok(!rollout.world.calls.some((call) => call.startsWith('raise')));
    }
  },
);

rolloutTest('a signed yes and a rollback end on the baseline, and the yes is answered', setting, async (rollout) => {
  const request = await open(rollout);
  assert.equal(await answerOf(rollout, request, 'ada'), 'accepted');
  const text = statement(request, 'eve', 'approve');
  const signature = ring.key('eve').sign(NAMESPACES.approve, text);
  await Promise.all([
    rollout.send('approve', { by: 'eve', statement: text, signature }),
    rollout.send('rollback', { by: 'oncall' }),
  ]);
  assert.equal(await rollout.ending(), 'RolledBack');
  assert.equal(rollout.world.exposure.share, 0);
});

rolloutTest(
  'one person fills one slot whatever keys and roles they hold, and a veto is final',
  setting,
  async (rollout) => {
    const request = await open(rollout);
    assert.equal(await answerOf(rollout, request, 'bob'), 'accepted');
    assert.equal(await answerOf(rollout, request, 'bob', { change: { reason: 'once more' } }), 'duplicate');
    assert.equal((await rollout.view()).awaited.length, 1);
    assert.equal(
      await answerOf(rollout, request, 'bob', { decision: 'reject', change: { reason: 'on reflection' } }),
      'accepted',
    );
    const held = await rollout.until('the hold', (view) => view.status === 'held');
    assert.equal(held.holds[0]?.cause, 'rejected');
    assert.equal(await answerOf(rollout, request, 'eve'), 'noRequest');
  },
);

const frozen = (): FakeWorld => {
  const world = signedWorld();
  const { activities } = world;
  let untilMs: number | null = null;
  world.activities = {
    ...activities,
    raiseExposure: async (input) => {
      untilMs ??= Date.now() + 4_000;
      if (Date.now() < untilMs) throw failure('frozen', 'Frozen for the season.', [untilMs]);
      return activities.raiseExposure(input);
    },
  };
  return world;
};

rolloutTest(
  'a freeze blocks the raise whatever was approved, and lifts by itself',
  { ...setting, world: frozen },
  async (rollout) => {
    const request = await open(rollout);
    await answerOf(rollout, request, 'ada');
    await answerOf(rollout, request, 'eve');
    const held = await rollout.until('the freeze', (view) => view.holds.some(({ cause }) => cause === 'frozen'));
    assert.equal(held.asked.share, 0);
    assert.equal((await rollout.answer(await rollout.send('resume', { by: 'ada' }))).code, 'notYourHold');
    await rollout.until('the raise', (view) => view.asked.share === 0.5);
    assert.equal(rollout.world.exposure.share, 0.5);
  },
);

const lost = (): FakeWorld => {
  const world = signedWorld();
  world.failOnce.set('raise', failure('quorumLost', 'The key of eve was revoked.'));
  return world;
};

rolloutTest(
  'answers that no longer hold at the raise leave exposure where it was, and people are asked anew',
  { ...setting, world: lost },
  async (rollout) => {
    const first = await open(rollout);
    await answerOf(rollout, first, 'ada');
    await answerOf(rollout, first, 'eve');
    const held = await rollout.until('the hold', (view) => view.holds.some(({ cause }) => cause === 'quorumLost'));
    assert.equal(held.asked.share, 0);
    await rollout.send('resume', { by: 'oncall' });
    const second = await open(rollout);
    assert.equal(second.attempt, 2);
    assert.notEqual(second.challenge, first.challenge);
    assert.equal(await answerOf(rollout, first, 'ada'), 'wrongStage');
    assert.equal(await answerOf(rollout, second, 'ada'), 'accepted');
  },
);

rolloutTest(
  'a reset draws a new challenge: answers to the old one, sent again by the server, do not count',
  setting,
  async (rollout) => {
    const { handle, client, queues, world } = rollout;
    const before = await open(rollout);
    assert.equal(await answerOf(rollout, before, 'ada'), 'accepted');
    const history = await handle.fetchHistory();
    const done = (history.events ?? []).find(({ workflowTaskCompletedEventAttributes: task }) => task)?.eventId;
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId, runId: rollout.firstRunId },
      reason: 'a test of what a reset does',
      workflowTaskFinishEventId: done ?? null,
      requestId: `${queues.workflows}-reset`,
    });
    const anew = client.workflow.getHandle(handle.workflowId);
    const view = await eventually(
      'the request of the new run',
      () => anew.query<{ request: Request | null; decisions: unknown[] }>(QUERIES.view),
      (seen) => seen.request !== null && seen.request.runId !== before.runId,
    );
    assert.notEqual(view.request?.challenge, before.challenge);
    assert.equal(view.decisions.length, 0, 'the yes of the old run counts for nothing in the new one');
    assert.ok(!world.calls.some((call) => call.startsWith('raise')));
    await anew.terminate('test over');
  },
);

const aging = (): FakeWorld => {
  return admitting(signedWorld(), { evidenceMaxAgeMs: 4_000 });
};
const beta = STAGE.beta();
const twoStages = aPlan({ stages: [STAGE.internal(), beta] });

rolloutTest(
  'evidence that aged before the quorum is measured anew, and the old request is dead',
  { ...setting, plan: twoStages, world: aging },
  async (rollout) => {
    const first = await open(rollout);
    const second = await rollout.until('the next request', ({ request }) => (request?.attempt ?? 0) > 1);
    const bakes = rollout.world.calls.filter((call) => call.startsWith('bake internal-0'));
    assert.deepEqual([...new Set(bakes)].slice(0, 2), ['bake internal-0-1', 'bake internal-0-2']);
    assert.equal(second.request?.stage, beta.name);
    assert.notEqual(await answerOf(rollout, first, 'ada'), 'accepted');
    assert.equal(rollout.world.exposure.share, 0);
  },
);

rolloutTest(
  'a flood continues as new: the request stays open with its challenge, and a signature made before still counts',
  setting,
  async (rollout) => {
    const before = await open(rollout);
    const text = statement(before, 'ada', 'approve');
    const signature = ring.key('ada').sign(NAMESPACES.approve, text);
    for (let sent = 0; sent < 1_000; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => rollout.handle.signal('approve', { by: 'mallory' })));
    await rollout.until('the next run', ({ request }) => request !== null && request.requestId === before.requestId);
    await eventually(
      'a new run',
      async () => (await rollout.handle.describe()).runId,
      (runId) => runId !== rollout.firstRunId,
    );
    const { request } = await rollout.view();
    assert.equal(request?.challenge, before.challenge);
    const sent = await rollout.send('approve', { by: 'ada', statement: text, signature });
    assert.equal((await rollout.answer(sent)).code, 'accepted');
  },
);
