/** docker-compose.yml says what operations.md promises. It is loaded by compose's own library; no container is run. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { packageRoot } from '../../dev/root.js';
import { type ComposeProject, loadCompose } from '../support/compose.js';

const root = packageRoot();
const LIMIT = { timeout: 300_000 };
let project: ComposeProject;

before(async () => {
  project = await loadCompose(join(root, 'docker-compose.yml'), join(root, '.env.example'));
}, LIMIT);

test('has database, schema, Temporal, namespace, UI, worker and Prometheus', () => {
  const names = [
    'postgres',
    'prometheus',
    'temporal',
    'temporal-namespace',
    'temporal-schema',
    'temporal-ui',
    'worker',
  ];
  assert.deepEqual(Object.keys(project.services).sort(), names);
});

test('publishes ports on loopback only', () => {
  for (const [name, { ports = [] }] of Object.entries(project.services)) {
    for (const port of ports) assert.equal(port.host_ip, '127.0.0.1', `${name} publishes ${port.published}`);
  }
  assert.equal(project.services['postgres']?.ports, undefined, 'the database is published nowhere');
});

test('every image is pinned to a full version', () => {
  for (const [name, { image }] of Object.entries(project.services)) {
    assert.match(image ?? '', /^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/, name);
  }
});

test('everything that keeps running has a health check and comes back; the rest runs to its end', () => {
  for (const [name, service] of Object.entries(project.services)) {
    if (service.restart === 'unless-stopped') assert.ok(service.healthcheck, `${name} has no health check`);
    else assert.equal(service.restart, 'on-failure:5', name);
  }
});

test('nothing starts before what it needs is ready', () => {
  const needs = Object.entries(project.services).flatMap(([name, { depends_on = {} }]) =>
    Object.entries(depends_on).map(([other, { condition }]) => `${name} after ${other}: ${condition}`),
  );
  assert.deepEqual(needs.sort(), [
    'temporal after temporal-schema: service_completed_successfully',
    'temporal-namespace after temporal: service_healthy',
    'temporal-schema after postgres: service_healthy',
    'temporal-ui after temporal: service_healthy',
    'worker after temporal-namespace: service_completed_successfully',
  ]);
});

test('mounts only files that are there, read-only, and volumes that are named', () => {
  for (const [name, { volumes = [] }] of Object.entries(project.services)) {
    for (const { type, source, read_only: readOnly, target } of volumes) {
      if (type === 'volume') assert.ok(source in project.volumes, `${name}: volume ${source}`);
      // The worker's configuration is the operator's own.
      else if (target !== '/etc/sluice') assert.ok(existsSync(source), `${name}: ${source} is missing`);
      if (type === 'bind') assert.equal(readOnly, true, `${name}: ${source} is writable`);
    }
  }
});

test('refuses to load without a password', LIMIT, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-compose-'));
  const env = join(directory, 'env');
  await writeFile(env, '');
  await assert.rejects(loadCompose(join(root, 'docker-compose.yml'), env), /copy \.env\.example to \.env/);
  await rm(directory, { recursive: true });
});

test('the image of the worker is pinned, runs without root and starts files that the build makes', async () => {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm))
    assert.match(image ?? '', /^node:20\.\d+\.\d+-bookworm-slim$/);
  assert.match(dockerfile, /^USER node$/m);
  const started = `${dockerfile} ${project.services['worker']?.healthcheck?.test.join(' ')}`;
  const files = [...started.matchAll(/dist\/([\w/-]+)\.js/g)].map(([, file]) => `${file}.ts`);
  assert.deepEqual(files, ['worker/main.ts', 'dev/worker-health.ts']);
  for (const file of files) assert.ok(existsSync(join(root, file)), `${file} is missing`);
});
