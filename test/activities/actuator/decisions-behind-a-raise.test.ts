/** A raise stands on people's signatures, checked again by the newest policy (threat rows 9, 15, 23, 24). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Policy } from '../../../approvals/policy.js';
import type { Mandate } from '../../../workflows/contract/decisions.js';
import { type ActuatorWorld, actuatorWorld, ada, codeOf, eve, people, rex, type Setting, zoe } from './world.js';

async function beforeGeneral(t: TestContext, setting: Setting = {}): Promise<ActuatorWorld> {
  const world = await actuatorWorld(t, setting);
  await world.upTo('beta', 0);
  await world.bake('beta', 0);
  return world;
}

async function refused(world: ActuatorWorld, mandate: Mandate | null, code = 'quorumLost'): Promise<void> {
  const before = world.bytes();
  assert.equal(await codeOf(world.raise(await world.order('general', 0, { mandate }))), code);
  assert.equal(world.bytes(), before);
}

test('refuses a raise that no decision came with, or that came with those of another stage', async (t) => {
  const world = await beforeGeneral(t);
  await refused(world, null);
  await refused(world, world.mandate('general', []));
  await refused(world, world.mandate('beta'));
  await refused(world, {} as Mandate);
  await refused(world, { request: {}, decisions: 'all of them' } as unknown as Mandate);
  await refused(world, { ...world.mandate('general'), decisions: [{ by: 'p-ada' }] } as unknown as Mandate);
});

test('refuses forged decisions: of a stranger, of one person twice, of the initiator, signed by another key', async (t) => {
  const world = await beforeGeneral(t);
  await refused(world, world.mandate('general', [{ by: ada }, { by: zoe }]));
  await refused(world, world.mandate('general', [{ by: ada }, { by: ada, nth: 1 }]));
  await refused(world, world.mandate('general', [{ by: ada }, { by: eve }]));
  const honest = world.mandate('general');
  const [first, second] = honest.decisions;
  assert.ok(first && second);
  const swapped = [first, { ...second, signature: first.signature }];
  await refused(world, { ...honest, decisions: swapped });
  const renamed = [first, { ...second, statement: second.statement.replace('p-rex', 'p-eve') }];
  await refused(world, { ...honest, decisions: renamed });
  assert.equal(await codeOf(world.raise(await world.order('general', 0))), 'done');
});

test('refuses a request that people signed but the pinned plan never asked: fewer rules, more steps, other bytes', async (t) => {
  const world = await beforeGeneral(t);
  const { digests } = world.mandate('general').request;
  const asked = [
    { rules: [{ role: 'modelOwner', min: 1 }] },
    { excluded: [] },
    { steps: [{ share: 1, cohorts: [] }] },
    { candidateVersion: 'nb-3' },
    { digests: { ...digests, plan: `sha256:${'1'.repeat(64)}` as const } },
    { digests: { ...digests, candidate: `sha256:${'1'.repeat(64)}` as const } },
    { digests: { ...digests, policy: `sha256:${'1'.repeat(64)}` as const } },
  ];
  for (const change of asked) await refused(world, world.mandate('general', undefined, change), 'planMismatch');
});

test('a key revoked, or a role taken away, between the yes and the raise takes the yes with it', async (t) => {
  const [key] = rex.person.keys;
  assert.ok(key);
  const revoked = { ...key, revokedAtMs: Date.now() - 1_000, revokedWhy: 'lost' };
  const since: Partial<Policy>[] = [
    { people: people({ 'p-rex': { keys: [revoked] } }) },
    { people: people({ 'p-rex': { roles: [] } }) },
    { people: people().filter(({ id }) => id !== 'p-rex') },
  ];
  for (const change of since) {
    const world = await beforeGeneral(t);
    const mandate = world.mandate('general');
    Object.assign(world.deps.policy, change);
    await refused(world, mandate);
  }
});

test('people of the stage are those that were pinned: a role given since does not count', async (t) => {
  const world = await beforeGeneral(t);
  Object.assign(world.deps.policy, { people: people({ 'p-zoe': { roles: ['risk'] } }) });
  await refused(world, world.mandate('general', [{ by: ada }, { by: zoe }]));
});

test('without a start order nobody can be excluded for having started, so nothing that excludes is raised', async (t) => {
  const world = await beforeGeneral(t, { without: ['start-order'] });
  await refused(world, world.mandate('general'));
});

test('under identity assurance it is asked whether the stage was decided at all, and nothing is proven', async (t) => {
  const world = await beforeGeneral(t, { trusted: false, admission: { assurance: 'identity' } });
  await refused(world, null);
  await refused(world, world.mandate('beta', []));
  assert.equal(
    await codeOf(world.raise(await world.order('general', 0, { mandate: world.mandate('general', []) }))),
    'done',
  );
});

test('where there are trust roots, no admission can say that signatures are not needed', async (t) => {
  const world = await beforeGeneral(t, { admission: { assurance: 'identity' } });
  await refused(world, world.mandate('general', []));
});
