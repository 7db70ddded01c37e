/**
 * Signed from start to end, with the exposure written by a process of its own: what is left behind holds before an auditor,
 * and nothing that only a worker of workflows could do raises anything.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { manifestOf } from '../../activities/store/manifest.js';
import { bundle } from '../../evidence/bundle.js';
import { isScratch } from '../../evidence/manifest.js';
import { verifyBundle } from '../../evidence/verify.js';
import { NAMESPACES, type Request } from '../../workflows/contract/decisions.js';
import type { Digest } from '../../workflows/contract/plan.js';
import { TENANT } from '../support/mini-world/files.js';
import { keyOf, ROOTS, signed, trustIn } from '../support/mini-world/trust.js';
import { faultTest } from '../support/mini-world.js';
import { keyRing } from '../support/ssh.js';

const ring = keyRing();
after(() => ring.remove());

const PEOPLE = { ada: 'modelOwner', eve: 'risk', mia: '' };
const BAKE = '{ warmup: 1s, min: 1s, max: 3m }';
const STAGES = `[{ name: general, exposure: { share: [25%, 100%] }, bake: ${BAKE}, gates: [errors-low],
    approval: { rules: [{ role: modelOwner }, { role: risk }], exclude: [initiator] } }]`;

const starter = (model: string) => ({
  by: 'mia',
  order: (facts: { rolloutId: string; plan: Digest }) => ({
    order: signed(ring, 'mia', NAMESPACES.start, { tenant: TENANT, model, breakGlass: null, ...facts }),
  }),
});

const approval = (by: string, request: Request | null) => ({
  by,
  ...signed(ring, by, NAMESPACES.approve, { decision: 'approve', request, reason: null }),
});

async function filesOf(directory: string): Promise<Map<string, Uint8Array>> {
  const paths = (await manifestOf(directory, isScratch)).map(({ path }) => path);
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(directory, path))] as const)));
}

faultTest('a rollout signed from start to end leaves evidence that verify finds nothing wrong with', async (world) => {
  const args = await trustIn(world, ring, PEOPLE);
  await world.worker({ args: [...args, '--serve', 'workflows'], serves: ['workflows'] });
  await world.worker({ args: [...args, '--serve', 'actuator'], serves: ['activities', 'rollback'] });
  const rollout = await world.start({ stages: STAGES }, starter(world.model));
  const { request } = await rollout.until('the request', (view) => view.request !== null);
  assert.equal((await rollout.send('approve', { by: 'ada', requestId: request?.requestId })).code, 'unsigned');
  assert.equal((await rollout.send('approve', approval('ada', request))).code, 'accepted');
  assert.equal((await rollout.send('approve', approval('eve', request))).code, 'accepted');
  assert.equal((await rollout.ending()).how, 'Completed');
  const files = await filesOf(join(world.files.evidence, TENANT, rollout.rolloutId));
  const { lines } = await verifyBundle(
    await bundle(files),
    ROOTS.map((name) => keyOf(ring, name)),
  );
  const wrong = lines.filter(({ state, check }) => state !== 'ok' && state !== 'note' && check !== 'history');
  assert.deepEqual(wrong, []);
  const admission = JSON.parse(Buffer.from(files.get('documents/admission.json') ?? []).toString());
  assert.deepEqual([admission.assurance, admission.actuator], ['signed', 'separate']);
});

faultTest('a start that nobody signed touches nothing where roots of trust are set', async (world) => {
  await world.worker({ args: await trustIn(world, ring, PEOPLE) });
  const before = await readFile(world.files.flags, 'utf8');
  const rollout = await world.start({ stages: STAGES });
  assert.equal((await rollout.ending()).how, 'Refused');
  assert.equal(await readFile(world.files.flags, 'utf8'), before);
});
