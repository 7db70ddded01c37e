/** Emergency starts: approved by their own quorum, told at once, and owed a review that blocks what comes after. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ActivityDeps } from '../../../activities/deps.js';
import { ledgerOf } from '../../../activities/store/ledger.js';
import { reviewStatement } from '../../../approvals/review.js';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { digestOf } from '../../../plan/canonical.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { TENANT } from '../../support/mini-world/files.js';
import { keyRing } from '../../support/ssh.js';
import {
  admitting,
  emergency,
  order,
  OUTAGE,
  PLAN,
  refusal,
  ROLLOUT,
  signedStart,
  startOrder,
  world,
} from './world.js';

const ring = keyRing();
after(() => ring.remove());

const NEXT = `r-${'b'.repeat(26)}`;
const HOUR = 3_600_000;

const told = { ...PLAN, notify: ['broken', 'pager'] };
const TOLD = { plan: told, planDigest: digestOf(told) };

const at = (deps: ActivityDeps, nowMs: number): ActivityDeps => ({ ...deps, now: () => nowMs });

test('an emergency with its quorum is admitted, capped, paged at once and owed a review', async (t) => {
  const here = await world(t, ring);
  const nowMs = Date.now();
  const deps = at(await here.deps(), nowMs);
  const { breakGlass } = await admitting(deps, emergency(ring, ['bob', 'eve'], TOLD));
  assert.deepEqual(breakGlass, { waive: ['errors-low'], cap: 0.25, reviewDueMs: nowMs + 48 * HOUR });
  assert.deepEqual(
    here.sent.map(({ type, urgent, eventId }) => ({ type, urgent, eventId })),
    [{ type: 'breakGlass', urgent: true, eventId: `${ROLLOUT}-break-glass` }],
  );
  assert.match(here.sent[0]?.sentence ?? '', /outage: spam floods every mailbox.*errors-low/);
  const [owed] = await ledgerOf(here.evidenceRoot, TENANT).list();
  assert.deepEqual(owed?.by, ['bob', 'eve']);
  assert.equal(owed.dueMs, nowMs + 48 * HOUR);
});

test('an emergency that lacks its quorum, a reason or a known code is refused, and nobody is paged', async (t) => {
  const here = await world(t, ring);
  const deps = await here.deps();
  const asked = {
    'one person': emergency(ring, ['bob'], TOLD),
    'one person twice': emergency(ring, ['bob', 'bob'], TOLD),
    'a role that is not asked': emergency(ring, ['bob', 'ada'], TOLD),
    'no reason': emergency(ring, ['bob', 'eve'], { ...TOLD, breakGlass: { ...OUTAGE, reason: ' ' } }),
    'an unknown code': emergency(ring, ['bob', 'eve'], { ...TOLD, breakGlass: { ...OUTAGE, reasonCode: 'haste' } }),
    'a gate the plan has not': emergency(ring, ['bob', 'eve'], { ...TOLD, breakGlass: { ...OUTAGE, waive: ['x'] } }),
  };
  for (const [what, input] of Object.entries(asked)) {
    assert.equal((await refusal(deps, input)).code, 'breakGlassRefused', what);
  }
  assert.deepEqual(here.sent, []);
  assert.deepEqual(await ledgerOf(here.evidenceRoot, TENANT).list(), []);
});

test('an approval of another emergency, or one that was signed as something else, does not count', async (t) => {
  const deps = await (await world(t, ring)).deps();
  const input = emergency(ring, ['bob']);
  const says = { by: 'eve', breakGlass: OUTAGE };
  const wrong: [string, ReturnType<typeof signedStart>][] = [
    ['wrongNamespace', signedStart(ring, says, { namespace: NAMESPACES.start })],
    ['wrongRollout', signedStart(ring, { ...says, rolloutId: NEXT }, { namespace: NAMESPACES.breakGlass })],
    [
      'breakGlassRefused',
      signedStart(ring, { ...says, breakGlass: { ...OUTAGE, waive: [] } }, { namespace: NAMESPACES.breakGlass }),
    ],
    ['unknownKey', signedStart(ring, says, { namespace: NAMESPACES.breakGlass, signer: 'mallory' })],
  ];
  for (const [code, approval] of wrong) {
    const found = await refusal(deps, { ...input, breakGlass: [...input.breakGlass, approval] });
    assert.equal(found.code, code, found.sentence);
  }
});

test('approvals of an emergency that the start order does not declare start nothing', async (t) => {
  const deps = await (await world(t, ring)).deps();
  const { breakGlass } = emergency(ring, ['bob', 'eve']);
  assert.equal((await refusal(deps, { ...startOrder(ring), breakGlass })).code, 'breakGlassRefused');
  const untrusting = { ...deps, trust: null };
  assert.equal((await refusal(untrusting, order({ breakGlass }))).code, 'breakGlassRefused');
});

const SAM = `  - { id: sam, kind: human, roles: [risk], keys: ["${ring.key('sam').line}"] }`;

for (const [title, signer, code] of [
  ['until somebody who did not approve it reviews it', 'sam', null],
  ['whatever was written into the ledger without that signature', 'mallory', 'reviewOverdue'],
] as const)
  test(`an overdue review blocks every next start of the tenant, ${title}`, async (t) => {
    const here = await world(t, ring);
    const nowMs = Date.now();
    const deps = await here.deps({ people: SAM });
    await admitting(at(deps, nowMs), emergency(ring, ['bob', 'eve']));
    const ledger = ledgerOf(here.evidenceRoot, TENANT);
    const next = (issuedAtMs: number) =>
      order({ rolloutId: NEXT, order: signedStart(ring, { rolloutId: NEXT, issuedAtMs }) });
    const late = nowMs + 48 * HOUR;
    const blocked = await refusal(at(deps, late), next(late));
    assert.equal(blocked.code, 'reviewOverdue');
    assert.ok(blocked.sentence.includes(ROLLOUT), blocked.sentence);
    const [entry] = await ledger.list();
    const reading = parsePublicKey(ring.key('sam').line);
    assert.ok(entry && reading.kind === 'key');
    const said = { finding: 'justified', by: 'sam', key: reading.key.fingerprint, issuedAtMs: late };
    const statement = reviewStatement(entry, said);
    const signature = ring.key(signer).sign(NAMESPACES.review, statement);
    await ledger.review(ROLLOUT, { by: 'sam', atMs: late, statement, signature });
    if (code === null) assert.equal((await admitting(at(deps, late), next(late))).breakGlass, null);
    else assert.equal((await refusal(at(deps, late), next(late))).code, code);
  });

test('before its review is due an emergency blocks no ordinary start, but every second emergency', async (t) => {
  const here = await world(t, ring);
  const deps = await here.deps();
  await admitting(deps, emergency(ring, ['bob', 'eve']));
  const second = await refusal(deps, emergency(ring, ['bob', 'eve'], { rolloutId: NEXT }));
  assert.equal(second.code, 'breakGlassRefused');
  assert.match(second.sentence, /not reviewed yet/);
  await admitting(deps, startOrder(ring, { rolloutId: NEXT }));
});

test('an emergency whose answer was lost is owed one review, by its first date', async (t) => {
  const here = await world(t, ring);
  const nowMs = Date.now();
  const deps = await here.deps();
  const input = emergency(ring, ['bob', 'eve'], TOLD);
  const first = await admitting(at(deps, nowMs), input);
  assert.deepEqual((await admitting(at(deps, nowMs + 1_000), input)).breakGlass, first.breakGlass);
  assert.equal((await ledgerOf(here.evidenceRoot, TENANT).list()).length, 1);
});
