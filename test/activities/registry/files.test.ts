import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../../activities/failures.js';
import { filesRegistry } from '../../../activities/registry/files.js';
import type { ErrorCode } from '../../../workflows/contract/errors.js';

const refused = (code: ErrorCode) => (error: unknown) => isFailure(error, code);

function registryOf(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-registry-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const version of ['rules-1', 'nb-2']) {
    mkdirSync(join(root, 'spam-filter', version, 'weights'), { recursive: true });
    writeFileSync(join(root, 'spam-filter', version, 'model.json'), `{"v":"${version}"}`);
    writeFileSync(join(root, 'spam-filter', version, 'weights', 'a.bin'), 'abc');
  }
  writeFileSync(join(root, 'spam-filter', 'aliases.json'), '{"production":"rules-1","archive":"rules-0"}');
  return root;
}

test('a digest is SHA-256 over the canonical sorted manifest', async (t) => {
  const root = registryOf(t);
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const model = '{"v":"nb-2"}';
  const manifest = `[{"path":"model.json","sha256":"${sha(model)}","size":${model.length}},{"path":"weights/a.bin","sha256":"${sha('abc')}","size":3}]`;
  assert.equal(await filesRegistry(root).digest('spam-filter', 'nb-2'), `sha256:${sha(manifest)}`);
});

test('a digest changes with content and with names', async (t) => {
  const root = registryOf(t);
  const registry = filesRegistry(root);
  const digests = [await registry.digest('spam-filter', 'nb-2')];
  writeFileSync(join(root, 'spam-filter/nb-2/weights/a.bin'), 'abd');
  digests.push(await registry.digest('spam-filter', 'nb-2'));
  writeFileSync(join(root, 'spam-filter/nb-2/empty'), '');
  digests.push(await registry.digest('spam-filter', 'nb-2'));
  assert.equal(new Set(digests).size, 3);
});

test('refuses links, special files, case clashes and odd names', async (t) => {
  const cases: Record<string, (directory: string) => void> = {
    link: (directory) => symlinkSync('model.json', join(directory, 'alias.json')),
    'linked directory': (directory) => symlinkSync('/etc', join(directory, 'etc')),
    pipe: (directory) => void execFileSync('mkfifo', [join(directory, 'pipe')]),
    case: (directory) => writeFileSync(join(directory, 'MODEL.json'), ''),
    'new line': (directory) => writeFileSync(join(directory, 'a\nb'), ''),
    'not ASCII': (directory) => writeFileSync(join(directory, 'mödel'), ''),
    device: (directory) => writeFileSync(join(directory, 'nul.txt'), ''),
  };
  for (const [name, spoil] of Object.entries(cases)) {
    const root = registryOf(t);
    spoil(join(root, 'spam-filter', 'nb-2'));
    await assert.rejects(filesRegistry(root).digest('spam-filter', 'nb-2'), refused('digestMismatch'), name);
  }
});

test('finds nothing outside the root or outside the grammar', async (t) => {
  const root = registryOf(t);
  const registry = filesRegistry(join(root, 'spam-filter'));
  for (const [model, version] of [
    ['..', 'spam-filter'],
    ['nb-2', '..'],
    ['nb-2', '../rules-1'],
    ['NB-2', 'x'],
    ['nb-2', 'x'],
    ['nb-2', ''],
  ])
    await assert.rejects(registry.digest(model ?? '', version ?? ''), refused('notFound'), `${model} ${version}`);
  symlinkSync(join(root, 'spam-filter'), join(root, 'linked'));
  await assert.rejects(filesRegistry(root).digest('linked', 'nb-2'), refused('digestMismatch'));
  await assert.rejects(filesRegistry(root).digest('spam-filter', 'aliases.json'), refused('notFound'));
  mkdirSync(join(root, 'spam-filter', 'hollow'));
  await assert.rejects(filesRegistry(root).digest('spam-filter', 'hollow'), refused('notFound'));
});

test('an alias moves only from where it was expected, and moving it again is done', async (t) => {
  const root = registryOf(t);
  const registry = filesRegistry(root);
  assert.equal(await registry.resolveAlias('spam-filter', 'production'), 'rules-1');
  await registry.moveAlias('spam-filter', 'production', 'rules-1', 'nb-2');
  await registry.moveAlias('spam-filter', 'production', 'rules-1', 'nb-2');
  assert.equal(await registry.resolveAlias('spam-filter', 'production'), 'nb-2');
  await assert.rejects(
    registry.moveAlias('spam-filter', 'production', 'rules-0', 'rules-1'),
    refused('registryConflict'),
  );
  await assert.rejects(registry.moveAlias('spam-filter', 'production', 'nb-2', 'nb-9'), refused('notFound'));
  assert.deepEqual(JSON.parse(readFileSync(join(root, 'spam-filter/aliases.json'), 'utf8')), {
    production: 'nb-2',
    archive: 'rules-0',
  });
  assert.deepEqual(readdirSync(join(root, 'spam-filter')).sort(), ['aliases.json', 'nb-2', 'rules-1']);
});

test('of two that move an alias at once one wins and the other is told', async (t) => {
  const root = registryOf(t);
  mkdirSync(join(root, 'spam-filter', 'nb-3'));
  const moves = ['nb-2', 'nb-3'].map((to) => filesRegistry(root).moveAlias('spam-filter', 'production', 'rules-1', to));
  const ends = await Promise.allSettled(moves);
  assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const lost = ends.find((end) => end.status === 'rejected');
  assert.ok(isFailure(lost?.reason, 'registryConflict'));
});

test('says what aliases there are, and when the file is spoilt', async (t) => {
  const root = registryOf(t);
  const registry = filesRegistry(root);
  await assert.rejects(registry.resolveAlias('spam-filter', 'staging'), /production, archive/);
  await assert.rejects(registry.resolveAlias('spam-filter', 'constructor'), refused('notFound'));
  writeFileSync(join(root, 'spam-filter/aliases.json'), '{"production": 7}');
  await assert.rejects(registry.resolveAlias('spam-filter', 'production'), refused('storeUnavailable'));
});
