/** Who may say yes, to what, and what a no does. */
import assert from 'node:assert/strict';
import { fakeWorld } from '../support/fake-activities.js';
import { aPlan, STAGE } from '../support/plans.js';
import { rolloutTest } from '../support/workflow-test.js';

const general = STAGE.general();
const onlyGeneral = aPlan({ stages: [{ ...general, steps: [{ share: 0.5, cohorts: [] }] }] });

rolloutTest(
  'refuses everybody who may not decide, with a reason each',
  { plan: onlyGeneral, startedBy: 'bob' },
  async ({ until, send, answer, world }) => {
    const { request } = await until('a request', (view) => view.request !== null);
    const requestId = request?.requestId;
    const code = async (fields: Record<string, unknown>): Promise<string> =>
      (await answer(await send('approve', { requestId, ...fields }))).code;
    assert.equal(await code({ by: 'nobody' }), 'unknownPerson');
    assert.equal(await code({ by: 'robot' }), 'notAPerson');
    assert.equal(await code({ by: 'zoe' }), 'roleNotHeld');
    assert.equal(await code({ by: 'bob' }), 'selfApproval');
    assert.equal(await code({ by: 'ada', requestId: 'another' }), 'staleRequest');
    assert.equal(
      await code({
        by: 'ada',
        rolloutId: 'r-other',
      }),
      'wrongRollout',
    );
    assert.equal(await code({ by: '' }), 'byMissing');
    assert.equal(await code({ by: 'ada' }), 'accepted');
    assert.equal(await code({ by: 'ada' }), 'duplicate');
    assert.deepEqual((await until('risk awaited', (view) => view.awaited.length === 1)).awaited, ['risk']);
    assert.ok(!world.calls.some((call) => call.startsWith('raise')));
  },
);

rolloutTest(
  'one person fills one slot, whatever roles they hold',
  { plan: onlyGeneral },
  async ({ approve, until, world }) => {
    await approve('bob');
    const view = await until('one slot open', (seen) => seen.decisions.length === 1);
    assert.equal(view.awaited.length, 1);
    assert.ok(!world.calls.some((call) => call.startsWith('raise')));
    await approve('eve');
    await until('the raise', () => world.calls.includes('raise 0.5 '));
  },
);

rolloutTest('ignores an approval for an earlier stage', {}, async ({ approve, until, send, answer, world }) => {
  const first = await until('a request', (view) => view.request !== null);
  await approve('ada');
  await until('the request for general', (view) => view.request?.stage === 'general');
  const late = await answer(await send('approve', { by: 'bob', requestId: first.request?.requestId }));
  assert.equal(late.code, 'staleRequest');
  assert.ok(!world.calls.includes('raise 0.5 staff'));
});

rolloutTest(
  'a no leaves exposure where it is; resume asks anew and the old request is dead',
  {},
  async ({ until, send, answer, approve, world }) => {
    const first = await until('a request', (view) => view.request !== null);
    await send('reject', { by: 'ada', requestId: first.request?.requestId, reason: 'not yet' });
    const held = await until('the hold', (view) => view.status === 'held');
    assert.equal(held.holds[0]?.cause, 'rejected');
    assert.equal(world.exposure.cohorts[0], 'staff');
    await send('resume');
    const second = await until('a second request', (view) => view.request !== null);
    assert.equal(second.request?.attempt, 2);
    assert.notEqual(second.request?.requestId, first.request?.requestId);
    assert.equal(
      (await answer(await send('approve', { by: 'ada', requestId: first.request?.requestId }))).code,
      'staleRequest',
    );
    await approve('ada');
    await until('the raise', () => world.calls.includes('raise 0.25 staff'));
  },
);

const beta = STAGE.beta();
const veto = aPlan({
  stages: [STAGE.internal(), { ...beta, approval: beta.approval && { ...beta.approval, onReject: 'rollback' } }],
});

rolloutTest('a veto rolls back where the plan says so', { plan: veto }, async ({ until, send, ending, world }) => {
  const { request } = await until('a request', (view) => view.request !== null);
  await send('reject', { by: 'ada', requestId: request?.requestId, reason: 'unsafe' });
  assert.equal(await ending(), 'RolledBack');
  assert.equal(world.exposure.share, 0);
});

rolloutTest(
  'a yes and a rollback in one task end on the baseline, in both orders',
  { plan: aPlan({ stages: [beta] }), withoutActivities: false },
  async ({ until, send, ending, world }) => {
    const { request } = await until('a request', (view) => view.request !== null);
    await Promise.all([
      send('rollback', { by: 'oncall' }),
      send('approve', { by: 'ada', requestId: request?.requestId }),
    ]);
    assert.equal(await ending(), 'RolledBack');
    assert.equal(world.exposure.share, 0);
  },
);

const short = aPlan({
  stages: [
    STAGE.internal(),
    { ...beta, approval: beta.approval && { ...beta.approval, timeoutMs: 8_000, remindEveryMs: 2_000 } },
  ],
  notify: ['rollout-events'],
});

rolloutTest(
  'a silent approver is reminded, then the rollout holds and never rises by itself',
  { plan: short },
  async ({ until, world }) => {
    const held = await until('the hold', (view) => view.holds.some((hold) => hold.cause === 'approvalTimeout'));
    assert.equal(held.request, null);
    await until('a reminder', () => world.calls.includes('announce approvalReminder'));
    assert.ok(!world.calls.includes('raise 0.25 staff'));
  },
);

rolloutTest(
  'a guard that fails while people decide rolls back, and a later yes changes nothing',
  {
    world: () => {
      const world = fakeWorld();
      world.judge = (input) =>
        input.mode === 'bake' ? 'pass' : world.calls.includes('guard beta-0-0') ? 'fail' : 'wait';
      return world;
    },
  },
  async ({ ending, world }) => {
    assert.equal(await ending(), 'RolledBack');
    assert.ok(!world.calls.includes('raise 0.25 staff'));
  },
);
