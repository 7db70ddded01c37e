/** What a genuine rollout leaves behind verifies, with Sluice and without it, and always as the same bytes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pack, unpack } from '../../../evidence/archive.js';
import { bundle, bundleFiles } from '../../../evidence/bundle.js';
import { verifyBundle } from '../../../evidence/verify.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout } from './fixture.js';
import { bytesOf, type Files, publicKey } from './keeping.js';
import { statesOf } from './looking.js';

const ring = keyRing();
after(() => ring.remove());

describe('a genuine bundle', () => {
  const files = keptRollout(ring);

  it('is valid to whoever brings a root key along', async () => {
    const found = await verifyBundle(await bundle(files), [publicKey(ring, 'root-a')]);
    const bad = found.lines.filter(({ state }) => state !== 'ok' && state !== 'note');
    assert.deepEqual({ exit: found.exit, bad }, { exit: 0, bad: [] });
  });

  it('is consistent but not anchored without a root key', async () => {
    const found = await verifyBundle(await bundle(files), null);
    assert.equal(found.exit, 21);
    assert.match(statesOf(found)['policy'] ?? '', /^incomplete: .*consistent, not anchored/);
  });

  it('is invalid to whoever trusts other roots', async () => {
    const found = await verifyBundle(await bundle(files), [publicKey(ring, 'stranger')]);
    assert.equal(found.exit, 20);
    assert.match(statesOf(found)['policy'] ?? '', /^invalid/);
  });

  it('says every time what no bundle can prove', async () => {
    const states = statesOf(await verifyBundle(await bundle(files), null));
    for (const check of ['sources', 'time', 'identity', 'actuator']) assert.match(states[check] ?? '', /^note: /);
  });

  it('is the same bytes for the same evidence, in whatever order the files were read', async () => {
    const reversed = new Map([...files].reverse());
    assert.deepEqual(await bundle(reversed), await bundle(files));
  });

  it('has no times and no owners, and its files in byte order', async () => {
    const bytes = Buffer.from(await bundle(files));
    const names: string[] = [];
    for (let at = 0; bytes[at] !== 0; ) {
      const header = bytes.subarray(at, at + 512);
      const field = (from: number, length: number) =>
        header.toString('latin1', from, from + length).replace(/\0.*$/s, '');
      assert.deepEqual(
        [field(108, 8), field(116, 8), field(136, 12), field(265, 32), field(297, 32)].map(Number),
        [0, 0, 0, 0, 0],
      );
      names.push([field(345, 155), field(0, 100)].filter((part) => part !== '').join('/'));
      at += 512 + Math.ceil(Number.parseInt(field(124, 12), 8) / 512) * 512;
    }
    assert.deepEqual(names, [...names].sort());
  });

  it('reads back as the files that went in', async () => {
    const read = await unpack(await bundle(files));
    assert.ok(read.kind === 'files');
    assert.deepEqual(new Set(read.files.keys()), new Set(bundleFiles(files).keys()));
  });

  it('leaves caches and drafts out, and nothing else', () => {
    const more: Files = new Map([
      ...files,
      ['state/cache.json', bytesOf('{}')],
      ['documents/.plan.draft-1', bytesOf('x')],
    ]);
    assert.deepEqual(bundleFiles(more), bundleFiles(files));
  });
});

describe('a bundle of a rollout that was rolled back', () => {
  it('is valid: the failure is judged again from the windows of the guard', async () => {
    const kept = keptRollout(ring, { isHarmful: true });
    const found = await verifyBundle(await bundle(kept), [publicKey(ring, 'root-a')]);
    const bad = found.lines.filter(({ state }) => state !== 'ok' && state !== 'note');
    assert.deepEqual(
      { exit: found.exit, bad, outcome: found.about?.outcome },
      { exit: 0, bad: [], outcome: 'rolledBack' },
    );
    assert.match(statesOf(found)['verdicts'] ?? '', /^ok: 2 verdicts judged again/);
    assert.match(statesOf(found)['outcome'] ?? '', /read back at zero/);
  });
});

describe('a bundle of a rollout that goes on', () => {
  it('is incomplete, and nothing in it is invalid', async () => {
    const found = await verifyBundle(await bundle(keptRollout(ring, { isOpen: true })), [publicKey(ring, 'root-a')]);
    assert.equal(found.exit, 21);
    assert.deepEqual(
      found.lines.filter(({ state }) => state === 'invalid'),
      [],
    );
  });
});

describe('a bundle made in development mode', () => {
  it('can never be valid: its approvals are UNPROVEN', async () => {
    const found = await verifyBundle(await bundle(keptRollout(ring, { isUnsigned: true })), [
      publicKey(ring, 'root-a'),
    ]);
    assert.equal(found.exit, 21);
    assert.deepEqual(
      found.lines.filter(({ state }) => state === 'invalid'),
      [],
    );
    const states = statesOf(found);
    assert.match(states['decisions'] ?? '', /UNPROVEN/);
    assert.match(states['quorum'] ?? '', /UNPROVEN/);
    assert.match(states['start'] ?? '', /UNPROVEN/);
  });
});

describe('a bundle in the hands of somebody without Sluice', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const files = bundleFiles(keptRollout(ring));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
  writeFileSync(join(directory, 'ROOT.pub'), `${ring.key('root-a').line} root key of the tests\n`);
  const commands = readFileSync(join(directory, 'README.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('  ') && !line.startsWith('  sluice '))
    .map((line) => line.trim());
  const run = (command: string) =>
    execFileSync('sh', ['-ec', command], { cwd: directory, encoding: 'utf8', stdio: 'pipe' });

  it('unpacks with the tar of the system', async () => {
    const archive = join(directory, '..', `${directory.split('/').at(-1)}.tar`);
    writeFileSync(archive, await pack(files));
    const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n');
    rmSync(archive);
    assert.deepEqual(listed, [...files.keys()].sort());
  });

  it('passes every command of its README, by sha256sum and ssh-keygen alone', () => {
    const kinds = ['sha256sum -c', 'policy/policy.yaml.1.sig', 'start/order.sig', 'decisions/', 'checkpoints/'];
    for (const kind of kinds)
      assert.ok(
        commands.some((command) => command.includes(kind)),
        kind,
      );
    for (const command of commands) {
      // Of the roots only one came along; the other's signature is for whoever holds that key.
      if (command.includes('policy.yaml.2.sig')) assert.throws(() => run(command));
      else run(command);
    }
  });

  it('fails them for a decision of which one letter was changed', () => {
    const command = commands.find((each) => each.includes('decisions/'));
    const path = /< (\S+)$/.exec(command ?? '')?.[1] ?? '';
    const genuine = readFileSync(join(directory, path), 'utf8');
    writeFileSync(join(directory, path), genuine.replace('"approve"', '"reject" '));
    assert.throws(() => run(command ?? ''));
    assert.throws(() => run('sha256sum -c SHA256SUMS'));
    writeFileSync(join(directory, path), genuine);
  });
});
