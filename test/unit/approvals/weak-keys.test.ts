import assert from 'node:assert/strict';
import { verify as nodeVerify, createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { parsePublicKey, parsePublicKeys } from '../../../approvals/ssh-key.js';
import { verifySshsig } from '../../../approvals/sshsig.js';
import { armor, forgeKey, keyBlob, type Kind, mpint, text, written } from './forge.js';

/** The eight points of small order (RFC 7748 and 8032 leave them legal), and spellings of them that exceed the field. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];
const UNREDUCED = [
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080',
];

function lineOf(type: string, point: Buffer, application: string | null = null): string {
  return written(keyBlob(type, point, application)).line;
}

function refusal(line: string): { code: string; why: string } {
  const reading = parsePublicKey(line);
  return reading.kind === 'bad' ? reading : { code: 'taken', why: '' };
}

describe('a public key', () => {
  for (const kind of ['ed25519', 'ecdsa', 'sk-ed25519', 'sk-ecdsa'] satisfies Kind[]) {
    it(`of type ${kind} is read with the fingerprint and the line it has elsewhere`, () => {
      const key = forgeKey(kind);
      const reading = parsePublicKey(`${key.line} ada@laptop `);
      assert.equal(reading.kind, 'key');
      if (reading.kind !== 'key') return;
      const { type, line, fingerprint, hardware } = reading.key;
      assert.deepEqual(
        { type, line, fingerprint, hardware },
        { type: key.type, line: key.line, fingerprint: key.fingerprint, hardware: kind.startsWith('sk-') },
      );
    });
  }

  it('of small order is refused: anybody could sign for it', () => {
    for (const point of SMALL_ORDER) {
      const bytes = Buffer.from(point, 'hex');
      assert.equal(refusal(lineOf('ssh-ed25519', bytes)).code, 'weakKey', point);
      assert.match(refusal(lineOf('ssh-ed25519', bytes)).why, /small order/, point);
      assert.equal(refusal(lineOf('sk-ssh-ed25519@openssh.com', bytes, 'ssh:')).code, 'weakKey', point);
    }
    for (const point of UNREDUCED)
      assert.equal(refusal(lineOf('ssh-ed25519', Buffer.from(point, 'hex'))).code, 'weakKey');
  });

  it('of small order does sign for anything elsewhere, and not here', () => {
    const identity = Buffer.from(SMALL_ORDER[0] ?? '', 'hex');
    const nothing = Buffer.concat([identity, Buffer.alloc(32)]);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), identity]);
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    assert.equal(nodeVerify(null, Buffer.from('any text'), key, nothing), true);
    const head = [Buffer.from('SSHSIG'), Buffer.of(0, 0, 0, 1), text(keyBlob('ssh-ed25519', identity))];
    const rest = ['approve.v1@sluice', '', 'sha512'].map(text);
    const inner = text(Buffer.concat([text('ssh-ed25519'), text(nothing)]));
    const armored = armor(Buffer.concat([...head, ...rest, inner]));
    const check = verifySshsig({ message: 'any text', armored, namespace: 'approve.v1@sluice' });
    assert.equal(check.kind === 'refused' && check.code, 'weakKey');
  });

  it('with a part of small order is refused: verifiers would disagree on its signatures', () => {
    const torsion = ed25519.Point.fromHex(SMALL_ORDER[4] ?? '');
    const mixed = Buffer.from(ed25519.Point.BASE.multiply(12345n).add(torsion).toBytes());
    assert.equal(refusal(lineOf('ssh-ed25519', mixed)).code, 'weakKey');
    assert.match(refusal(lineOf('ssh-ed25519', mixed)).why, /prime-order/);
  });

  it('that is no point of its curve is refused', () => {
    const off = Buffer.alloc(32);
    off[0] = 2;
    assert.match(refusal(lineOf('ssh-ed25519', off)).why, /not a point/);
    const key = forgeKey('ecdsa');
    const point = Buffer.from(key.blob.subarray(-65));
    assert.equal(refusal(lineOf('ecdsa-sha2-nistp256', point)).code, 'taken');
    point[64] = (point[64] ?? 0) ^ 1;
    assert.match(refusal(lineOf('ecdsa-sha2-nistp256', point)).why, /not a point/);
    assert.equal(refusal(lineOf('sk-ecdsa-sha2-nistp256@openssh.com', point, 'ssh:')).code, 'weakKey');
  });

  it('at infinity, compressed or of another length is refused', () => {
    const { blob } = forgeKey('ecdsa');
    const point = blob.subarray(-65);
    const compressed = Buffer.concat([Buffer.of(2), point.subarray(1, 33)]);
    for (const bytes of [Buffer.of(0), Buffer.alloc(65), compressed, point.subarray(0, 64), Buffer.alloc(0)]) {
      assert.equal(refusal(lineOf('ecdsa-sha2-nistp256', bytes)).code, 'weakKey', bytes.toString('hex'));
    }
    for (const length of [0, 31, 33]) {
      assert.equal(refusal(lineOf('ssh-ed25519', Buffer.alloc(length, 1))).code, 'weakKey', `${length} bytes`);
    }
  });

  it('of a kind nothing here can check, or a certificate, is refused with what to use instead', () => {
    const rsa = written(Buffer.concat([text('ssh-rsa'), mpint(65537n), mpint(2n ** 2047n)])).line;
    assert.equal(refusal(rsa).code, 'weakKey');
    assert.match(refusal(rsa).why, /ssh-rsa.*ssh-ed25519/);
    const p384 = written(
      Buffer.concat([text('ecdsa-sha2-nistp384'), text('nistp384'), text(Buffer.alloc(97, 4))]),
    ).line;
    assert.equal(refusal(p384).code, 'weakKey');
    const certificate = written(Buffer.concat([text('ssh-ed25519-cert-v01@openssh.com'), text('nonce')])).line;
    assert.match(refusal(certificate).why, /certificates are not taken/);
  });

  it('that says P-256 and names another curve is refused', () => {
    const { blob } = forgeKey('ecdsa');
    const other = Buffer.concat([text('ecdsa-sha2-nistp256'), text('nistp384'), text(blob.subarray(-65))]);
    assert.equal(refusal(written(other).line).code, 'badSignature');
  });

  it('that is cut, padded, labelled as another or private cannot be read', () => {
    const { line, blob } = forgeKey('ed25519');
    const [type = '', base64 = ''] = line.split(' ');
    const lines = [
      '',
      type,
      base64,
      `${type} ${base64.slice(0, -4)}`,
      `${type} ${base64.slice(0, -1)}`,
      `${type} ${base64}AAAA`,
      `${type} ${base64.slice(0, 20)}_${base64.slice(21)}`,
      `ecdsa-sha2-nistp256 ${base64}`,
      `cert-authority ${line}`,
      `${type} ${Buffer.concat([blob, Buffer.of(0)]).toString('base64')}`,
      '-----BEGIN OPENSSH PRIVATE KEY-----',
    ];
    for (const wrong of lines) assert.equal(refusal(wrong).code, 'badSignature', wrong);
  });

  it('with a name of a megabyte is refused instead of ending the reader', () => {
    const line = `ssh-ed25519 ${text('x'.repeat(1_000_000)).toString('base64')}`;
    assert.equal(refusal(line).code, 'weakKey');
  });

  it('whose type would repaint a terminal is refused in a sentence that does not', () => {
    const { why } = refusal(`\u001b[2Jssh-ed25519\u202e ${forgeKey('ed25519').line.split(' ')[1]}`);
    assert.match(why, /^[\x20-\x7e]+$/);
  });

  it('file is read line by line, and a bad line is named by its number', () => {
    const [ada, eve] = [forgeKey('ed25519'), forgeKey('ecdsa')];
    const file = `# roots\r\n${ada.line} ada\r\n\r\n  ${eve.line}\nssh-rsa AAAA\n`;
    const read = parsePublicKeys(file).map(({ line, reading }) => [line, reading.kind]);
    assert.deepEqual(read, [
      [2, 'key'],
      [4, 'key'],
      [5, 'bad'],
    ]);
  });
});
