/**
 * Signed from start to end, with the exposure written by a process of its own: what is left behind holds before an auditor,
 * and nothing that only a worker of workflows could do raises anything.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { manifestOf } from '../../activities/store/manifest.js';
import { type PublicKey, parsePublicKey } from '../../approvals/ssh-key.js';
import { canonicalStatement } from '../../approvals/statement.js';
import { bundle } from '../../evidence/bundle.js';
import { isScratch } from '../../evidence/manifest.js';
import { verifyBundle } from '../../evidence/verify.js';
import { NAMESPACES, type Request } from '../../workflows/contract/decisions.js';
import type { Digest } from '../../workflows/contract/plan.js';
import { FLAG, TENANT } from '../support/mini-world/files.js';
import { faultTest, type MiniWorld } from '../support/mini-world.js';
import { keyRing } from '../support/ssh.js';

const ring = keyRing();
after(() => ring.remove());

const ROOTS = ['root-a', 'root-b'];
const PEOPLE = { ada: 'modelOwner', eve: 'risk', mia: '' };
const BAKE = '{ warmup: 1s, min: 1s, max: 3m }';
const STAGES = `[{ name: general, exposure: { share: [25%, 100%] }, bake: ${BAKE}, gates: [errors-low],
    approval: { rules: [{ role: modelOwner }, { role: risk }], exclude: [initiator] } }]`;

function keyOf(name: string): PublicKey {
  const reading = parsePublicKey(ring.key(name).line);
  return reading.kind === 'key' ? reading.key : assert.fail(reading.why);
}

/** A policy that names people, their keys and the key of the log, signed by two roots. Gives the worker's arguments. */
async function trustIn({ files, model }: MiniWorld): Promise<string[]> {
  const people = Object.entries(PEOPLE).map(
    ([id, role]) => `  - { id: ${id}, kind: human, roles: [${role}], keys: ["${ring.key(id).line}"] }`,
  );
  const text = `version: 1
serial: 1
people:
${people.join('\n')}
models:
  - { model: ${model}, tier: low, tenant: ${TENANT}, target: flags/${FLAG}, registry: models }
floor: {}
tiers: { low: { assurance: signed } }
logs: [{ name: main, key: "${ring.key('log').line}" }]
`;
  await writeFile(files.policy, text);
  const signatures = ROOTS.map((name) => ring.key(name).sign(NAMESPACES.policy, text));
  await writeFile(`${files.policy}.sig`, signatures.join(''));
  const roots = join(ring.directory, 'roots.pub');
  await writeFile(roots, ROOTS.map((name) => `${ring.key(name).line}\n`).join(''));
  return ['--trust-roots', roots, '--log-key', ring.key('log').file];
}

function signed(by: string, namespace: string, says: object): { statement: string; signature: string } {
  const key = keyOf(by).fingerprint;
  const statement = canonicalStatement({ version: 1, by, key, issuedAtMs: Date.now(), ...says });
  return { statement, signature: ring.key(by).sign(namespace, statement) };
}

const starter = (model: string) => ({
  by: 'mia',
  order: (facts: { rolloutId: string; plan: Digest }) => ({
    order: signed('mia', NAMESPACES.start, { tenant: TENANT, model, breakGlass: null, ...facts }),
  }),
});

const approval = (by: string, request: Request | null) => ({
  by,
  ...signed(by, NAMESPACES.approve, { decision: 'approve', request, reason: null }),
});

async function filesOf(directory: string): Promise<Map<string, Uint8Array>> {
  const paths = (await manifestOf(directory, isScratch)).map(({ path }) => path);
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(directory, path))] as const)));
}

faultTest('a rollout signed from start to end leaves evidence that verify finds nothing wrong with', async (world) => {
  const args = await trustIn(world);
  await world.worker({ args: [...args, '--serve', 'workflows'], serves: ['workflows'] });
  await world.worker({ args: [...args, '--serve', 'actuator'], serves: ['activities', 'rollback'] });
  const rollout = await world.start({ stages: STAGES }, starter(world.model));
  const { request } = await rollout.until('the request', (view) => view.request !== null);
  assert.equal((await rollout.send('approve', { by: 'ada', requestId: request?.requestId })).code, 'unsigned');
  assert.equal((await rollout.send('approve', approval('ada', request))).code, 'accepted');
  assert.equal((await rollout.send('approve', approval('eve', request))).code, 'accepted');
  assert.equal((await rollout.ending()).how, 'Completed');
  const files = await filesOf(join(world.files.evidence, TENANT, rollout.rolloutId));
  const { lines } = await verifyBundle(await bundle(files), ROOTS.map(keyOf));
  const wrong = lines.filter(({ state, check }) => state !== 'ok' && state !== 'note' && check !== 'history');
  assert.deepEqual(wrong, []);
  const admission = JSON.parse(Buffer.from(files.get('documents/admission.json') ?? []).toString());
  assert.deepEqual([admission.assurance, admission.actuator], ['signed', 'separate']);
});

faultTest('a start that nobody signed touches nothing where roots of trust are set', async (world) => {
  await world.worker({ args: await trustIn(world) });
  const before = await readFile(world.files.flags, 'utf8');
  const rollout = await world.start({ stages: STAGES });
  assert.equal((await rollout.ending()).how, 'Refused');
  assert.equal(await readFile(world.files.flags, 'utf8'), before);
});
