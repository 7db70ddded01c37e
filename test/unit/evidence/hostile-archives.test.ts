/** Threat 45: names that lead elsewhere, giant and foreign entries, missing and extra files; and every single byte counts. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Header, pack as packer } from 'tar-stream';
import { LIMITS, pack, unpack } from '../../../evidence/archive.js';
import { bundle, bundleFiles, sums, SUMS } from '../../../evidence/bundle.js';
import { checksums } from '../../../evidence/checks/contents.js';
import { verifyBundle } from '../../../evidence/verify.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout } from './fixture.js';
import { bytesOf, type Files, publicKey } from './keeping.js';
import { statesOf } from './looking.js';

const ring = keyRing();
after(() => ring.remove());

/** A tar of any header, as somebody else might make it. */
async function foreign(header: Partial<Header> & { name: string }, body = 'x'): Promise<Uint8Array> {
  const archive = packer();
  const chunks: Buffer[] = [];
  archive.entry({ mode: 0o644, mtime: new Date(0), ...header }, body);
  archive.finalize();
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a hostile archive', () => {
  const beside = mkdtempSync(join(tmpdir(), 'sluice-hostile-'));
  after(() => rmSync(beside, { recursive: true, force: true }));
  const refused: [string, Partial<Header> & { name: string }][] = [
    ['a name that climbs out', { name: '../outside' }],
    ['a name that climbs out further in', { name: 'evidence/../../outside' }],
    ['an absolute name', { name: join(beside, 'outside') }],
    ['a name of another system', { name: 'evidence\\outside' }],
    ['a name with a control character', { name: 'evidence/\u001b[31mred' }],
    ['a link', { name: 'evidence/link', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'evidence/link', type: 'link', linkname: 'evidence/other' }],
    ['a directory', { name: 'evidence', type: 'directory' }],
    ['a device', { name: 'evidence/null', type: 'character-device' }],
    ['a time', { name: 'README.txt', mtime: new Date(1_000) }],
    ['an owner', { name: 'README.txt', uid: 1_000 }],
  ];
  for (const [what, header] of refused) {
    it(`is refused for ${what}, and nothing is written`, async () => {
      const archive = await foreign(header, header.type === undefined ? 'x' : '');
      const found = await verifyBundle(archive, null);
      assert.equal(found.exit, 20);
      assert.deepEqual(
        found.lines.map(({ check, state }) => [check, state]),
        [['archive', 'invalid']],
      );
      assert.deepEqual(readdirSync(beside), []);
    });
  }

  it('is refused for a file that says it is gigantic, before it is read', async () => {
    const small = Buffer.from(await pack(new Map([['README.txt', bytesOf('x')]])));
    small.write((LIMITS.file + 1).toString(8).padStart(11, '0'), 124, 'latin1');
    small.fill(' ', 148, 156);
    const sum = small.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    small.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const read = await unpack(small);
    assert.ok(read.kind === 'refused');
    assert.match(read.why, /says it has \d+ bytes/);
  });

  it('is refused for one name twice', async () => {
    const once = await pack(new Map([['README.txt', bytesOf('x')]]));
    const twice = Buffer.concat([once.subarray(0, 1_024), once]);
    const read = await unpack(twice);
    assert.ok(read.kind === 'refused');
    assert.match(read.why, /stands there twice/);
  });

  it('is refused when it is cut short, empty, or not an archive', async () => {
    const whole = await pack(new Map([['README.txt', bytesOf('x'.repeat(2_000))]]));
    for (const bytes of [
      whole.subarray(0, 700),
      whole.subarray(0, -1),
      new Uint8Array(0),
      bytesOf('no archive at all'),
    ]) {
      assert.equal((await unpack(bytes)).kind, 'refused');
    }
  });

  it('is refused for anything after its end', async () => {
    const whole = await pack(new Map([['README.txt', bytesOf('x')]]));
    assert.equal((await unpack(Buffer.concat([whole, Buffer.alloc(512)]))).kind, 'refused');
  });

  it('cannot be made of a name no plain header holds', async () => {
    await assert.rejects(pack(new Map([[`evidence/${'x'.repeat(101)}`, bytesOf('x')]])), RangeError);
    await assert.rejects(pack(new Map([['../x', bytesOf('x')]])), RangeError);
  });
});

describe('a bundle with other files than it should have', () => {
  const files = bundleFiles(keptRollout(ring));
  const without = (path: string): Files => new Map([...files].filter(([each]) => each !== path));
  const resummed = (changed: Files): Files => new Map([...changed, [SUMS, bytesOf(sums(changed))]]);
  const said = async (changed: Files) => {
    const found = await verifyBundle(await pack(changed), [publicKey(ring, 'root-a')]);
    return { exit: found.exit, said: statesOf(found) };
  };

  it('names the signature that is missing, though the checksums were made to fit', async () => {
    const found = await said(resummed(without('decisions/9.sig')));
    assert.equal(found.exit, 20);
    assert.match(found.said['contents'] ?? '', /^invalid: decisions\/9\.sig is missing/);
  });

  it('names the file that is extra, though the checksums were made to fit', async () => {
    const found = await said(resummed(new Map([...files, ['policy/policy.yaml.3.sig', bytesOf('x')]])));
    assert.equal(found.exit, 20);
    assert.match(found.said['contents'] ?? '', /^invalid: policy\/policy\.yaml\.3\.sig is extra/);
  });

  it('names the allowed_signers that somebody added a name to', async () => {
    const signers = Buffer.concat([files.get('allowed_signers') ?? bytesOf(''), bytesOf('* ssh-ed25519 AAAA\n')]);
    const found = await said(resummed(new Map([...files, ['allowed_signers', signers]])));
    assert.equal(found.exit, 20);
    assert.match(found.said['contents'] ?? '', /^invalid: allowed_signers is not what the evidence makes of it/);
  });

  it('names the file that is not what SHA256SUMS says', async () => {
    const found = await said(new Map([...files, ['evidence/journal.jsonl', bytesOf('{}\n')]]));
    assert.equal(found.exit, 20);
    assert.match(found.said['checksums'] ?? '', /^invalid: evidence\/journal\.jsonl is not the file/);
  });
});

describe('every single byte of a bundle', () => {
  it('makes it invalid when it is flipped', async () => {
    const kept = ['documents/start-order.json', 'documents/checkpoint-3.json', 'windows/internal-0-1/errors/0.json'];
    const small = [...keptRollout(ring, { isOpen: true })].filter(([path]) => kept.includes(path));
    const genuine = await bundle(new Map(small));
    const altered = Uint8Array.from(genuine);
    const unnoticed: number[] = [];
    for (let at = 0; at < genuine.length; at += 1) {
      altered[at] = (genuine[at] ?? 0) ^ (1 << (at % 8));
      // The first two checks of verify; the others are not needed to notice.
      const read = await unpack(altered);
      if (read.kind === 'files' && checksums(read.files)[0]?.state === 'ok') unnoticed.push(at);
      altered[at] = genuine[at] ?? 0;
    }
    assert.deepEqual(unnoticed, []);
  });

  it('ends verify with 20, in a sample of them', async () => {
    const genuine = await bundle(keptRollout(ring));
    for (let at = 7; at < genuine.length; at += 1_999) {
      const altered = Uint8Array.from(genuine);
      altered[at] = (altered[at] ?? 0) ^ 0x10;
      assert.equal((await verifyBundle(altered, [publicKey(ring, 'root-a')])).exit, 20, `byte ${at}`);
    }
  });
});
