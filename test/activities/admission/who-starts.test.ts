/** Where roots of trust are set, nothing starts on a mere name, nor by rules that somebody could have written. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { planOf } from '../../support/mini-world/plan.js';
import { keyRing } from '../../support/ssh.js';
import { admitting, evidenceOf, order, PLAN_DIGEST, refusal, signedStart, startOrder, world } from './world.js';

const ring = keyRing();
after(() => ring.remove());

test('a signed start is admitted, and what proves it is kept', async (t) => {
  const here = await world(t, ring);
  const deps = await here.deps();
  const input = startOrder(ring);
  const admission = await admitting(deps, input);
  assert.equal(admission.assurance, 'signed');
  assert.equal(admission.actuator, 'in-process');
  assert.equal(admission.breakGlass, null);
  assert.ok(!admission.notes.some((note) => note.includes('UNPROVEN')));
  const evidence = await evidenceOf(here);
  assert.deepEqual(await evidence.getDocument('admission'), JSON.parse(JSON.stringify(admission)));
  assert.deepEqual(await evidence.getDocument('start-order'), input.order);
  const { policyText: text, policySignatures: signatures } = deps.trust ?? assert.fail();
  assert.deepEqual(await evidence.getDocument('policy-source'), { text, signatures });
});

test('a start that nobody signed is refused where roots of trust are set', async (t) => {
  const here = await world(t, ring);
  assert.equal((await refusal(await here.deps(), order())).code, 'unsigned');
  await assert.rejects(evidenceOf(here));
});

test('an order for something else, by somebody else or under another name starts nothing', async (t) => {
  const deps = await (await world(t, ring)).deps();
  const other = `r-${'b'.repeat(26)}`;
  const wrong: [string, Parameters<typeof signedStart>[1], Parameters<typeof signedStart>[2]][] = [
    ['wrongTenant', { tenant: 'shop' }, {}],
    ['wrongRollout', { rolloutId: other }, {}],
    ['planMismatch', { plan: `sha256:${'0'.repeat(64)}` }, {}],
    ['requestMismatch', { by: 'ada' }, {}],
    ['wrongNamespace', {}, { namespace: NAMESPACES.approve }],
    ['unknownKey', {}, { signer: 'mallory' }],
    ['unknownPerson', { by: 'mallory' }, {}],
    ['expired', { issuedAtMs: Date.now() - 25 * 3_600_000 }, {}],
    ['clockSkew', { issuedAtMs: Date.now() + 3_600_000 }, {}],
  ];
  for (const [code, change, signing] of wrong) {
    const found = await refusal(deps, order({ order: signedStart(ring, change, signing) }));
    assert.equal(found.code, code, found.sentence);
  }
});

test('an order that does not fit is refused even where none is asked for', async (t) => {
  const deps = await (await world(t, ring)).deps({ trusted: false });
  const input = order({ order: signedStart(ring, {}, { signer: 'mallory' }) });
  assert.equal((await refusal(deps, input)).code, 'unknownKey');
});

test('without roots of trust a start is admitted by name, and says that it proves nothing', async (t) => {
  const here = await world(t, ring);
  const admission = await admitting(await here.deps({ trusted: false }), order());
  assert.equal(admission.assurance, 'identity');
  assert.ok(admission.notes.some((note) => note.includes('UNPROVEN')));
  assert.equal(await (await evidenceOf(here)).getDocument('start-order'), null);
});

test('production without roots of trust admits nothing, and with them it does', async (t) => {
  const here = await world(t, ring);
  const production = async (trusted: boolean) => {
    const deps = await here.deps({ trusted });
    return { ...deps, platform: { ...deps.platform, mode: 'production' as const } };
  };
  assert.equal((await refusal(await production(false), order())).code, 'unsupported');
  assert.equal((await admitting(await production(true), startOrder(ring))).assurance, 'signed');
});

test('a tier that asks for signed decisions admits nothing where nobody could check them', async (t) => {
  const here = await world(t, ring);
  const tiers = 'tiers: { low: { assurance: signed } }';
  const found = await refusal(await here.deps({ trusted: false, more: tiers }), order());
  assert.equal(found.code, 'belowFloor');
  assert.match(found.sentence, /--trust-roots/);
  await admitting(await here.deps({ more: tiers }), startOrder(ring));
});

test('a policy whose text was swapped in the worker is refused', async (t) => {
  const deps = await (await world(t, ring)).deps();
  const trust = deps.trust ?? assert.fail();
  const swapped = { ...deps, trust: { ...trust, policyText: `${trust.policyText}\n# changed` } };
  assert.equal((await refusal(swapped, startOrder(ring))).code, 'policyUnsigned');
});

test('a policy that was in force before a newer one is refused, and so is a second one of the same serial', async (t) => {
  const here = await world(t, ring);
  await admitting(await here.deps({ serial: 2 }), startOrder(ring));
  const rolloutId = `r-${'b'.repeat(26)}`;
  const next = () => startOrder(ring, { rolloutId });
  const older = await refusal(await here.deps({ serial: 1 }), next());
  assert.equal(older.code, 'policyOlder');
  assert.match(older.sentence, /serial 1, but serial 2/);
  const twin = await refusal(await here.deps({ serial: 2, more: '# and one more' }), next());
  assert.equal(twin.code, 'policyOlder');
  assert.match(twin.sentence, /raises its serial/);
  await admitting(await here.deps({ serial: 3 }), next());
});

test('the age limit of evidence is pinned as the policy had it', async (t) => {
  const here = await world(t, ring);
  const deps = await here.deps({ more: 'tiers: { low: { evidenceMaxAge: 2h } }' });
  assert.equal((await admitting(deps, startOrder(ring))).evidenceMaxAgeMs, 2 * 3_600_000);
});

test('an admission whose answer was lost is given again, and pins nothing anew', async (t) => {
  const here = await world(t, ring);
  const input = startOrder(ring);
  const first = await admitting(await here.deps(), input);
  const again = await admitting(await here.deps({ serial: 2 }), input);
  assert.deepEqual(again, JSON.parse(JSON.stringify(first)));
});

test('a start order starts one rollout, once', async (t) => {
  const here = await world(t, ring);
  const input = startOrder(ring);
  await admitting(await here.deps(), input);
  await (await evidenceOf(here)).putDocument('outcome', { outcome: 'rolledBack', sentence: 'back' });
  assert.equal((await refusal(await here.deps(), input)).code, 'ended');
});

test('another plan under the same rollout is refused', async (t) => {
  const deps = await (await world(t, ring)).deps();
  await admitting(deps, startOrder(ring));
  const other = planOf('spam-filter', { lease: '3m' });
  const input = startOrder(ring, { plan: other.plan, planDigest: other.digest });
  assert.equal((await refusal(deps, input)).code, 'digestMismatch');
  assert.notEqual(other.digest, PLAN_DIGEST);
});

test('an actuator of its own says so in what it admits', async (t) => {
  const here = await world(t, ring);
  const admission = await admitting(await here.deps({ args: ['--serve', 'actuator'] }), startOrder(ring));
  assert.equal(admission.actuator, 'separate');
});
