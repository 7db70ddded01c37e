import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { verifySshsig } from '../../../approvals/sshsig.js';
import { keyRing } from '../../support/ssh.js';
import { armor, type ForgedKey, forgeKey, keyBlob, type Kind, text, written } from './forge.js';

const NAMESPACE = 'approve.v1@sluice';
const MESSAGE = '{"by":"p-ada","reason":"größer als 5 % 🚦"}';
const ring = keyRing();
after(() => ring.remove());

function fileOf(name: string, text: string): string {
  const file = join(ring.directory, name);
  writeFileSync(file, text);
  return file;
}

function keygenAccepts(line: string, armored: string, message: string): boolean {
  const signers = fileOf('allowed_signers', `p-ada namespaces="${NAMESPACE}" ${line}\n`);
  const asked = ['-Y', 'verify', '-f', signers, '-I', 'p-ada', '-n', NAMESPACE, '-s', fileOf('message.sig', armored)];
  return spawnSync('ssh-keygen', asked, { input: message, timeout: 10_000 }).status === 0;
}

function weAccept(armored: string, message: string): boolean {
  return verifySshsig({ message, armored, namespace: NAMESPACE }).kind === 'valid';
}

describe('ssh-keygen and Sluice agree', () => {
  for (const type of ['ed25519', 'ecdsa'] as const) {
    it(`on what ssh-keygen signed with an ${type} key, over either hash`, () => {
      const { file, line } = ring.key(type, type);
      for (const hash of ['sha512', 'sha256']) {
        const sign = ['-q', '-Y', 'sign', '-n', NAMESPACE, '-O', `hashalg=${hash}`, '-f', file];
        const stdio: ['pipe', 'pipe', 'ignore'] = ['pipe', 'pipe', 'ignore'];
        const armored = execFileSync('ssh-keygen', sign, { input: MESSAGE, encoding: 'utf8', timeout: 10_000, stdio });
        assert.match(Buffer.from(armored.replaceAll(/-----.*|\n/g, ''), 'base64').toString('latin1'), new RegExp(hash));
        for (const [message, verdict] of [
          [MESSAGE, true],
          [`${MESSAGE}\n`, false],
        ] as const) {
          assert.equal(weAccept(armored, message), verdict);
          assert.equal(keygenAccepts(line, armored, message), verdict);
        }
      }
    });

    it(`on the fingerprint of an ${type} key`, () => {
      const { file, line } = ring.key(type, type);
      const [, printed] = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ');
      const reading = parsePublicKey(line);
      assert.equal(reading.kind === 'key' && reading.key.fingerprint, printed);
    });
  }

  for (const kind of ['ed25519', 'ecdsa', 'sk-ed25519', 'sk-ecdsa'] satisfies Kind[]) {
    it(`on signatures of an ${kind} key that neither of them made`, () => {
      const key: ForgedKey = forgeKey(kind);
      for (const mirrored of [false, true]) {
        const armored = key.sign(MESSAGE, NAMESPACE, { mirrored });
        assert.equal(weAccept(armored, MESSAGE), true);
        assert.equal(keygenAccepts(key.line, armored, MESSAGE), true);
        assert.equal(weAccept(armored, MESSAGE.replace('ada', 'eve')), false);
        assert.equal(keygenAccepts(key.line, armored, MESSAGE.replace('ada', 'eve')), false);
      }
    });
  }

  it('that a signature whose first half leaves the prime-order group is none, though lenient verifiers take it', () => {
    const { line, blob, point, secret } = edwardsKey();
    const envelope = (inner: Buffer) =>
      armor(Buffer.concat([head(blob), text(Buffer.concat([text(TYPE), text(inner)]))]));
    const signed = signedBytes();
    const [honest, strayed] = [edwardsSign(signed, secret, point, false), edwardsSign(signed, secret, point, true)];
    for (const made of [honest, strayed]) assert.equal(ed25519.verify(made, signed, point, { zip215: false }), true);
    for (const [made, verdict] of [
      [honest, true],
      [strayed, false],
    ] as const) {
      assert.equal(keygenAccepts(line, envelope(made), MESSAGE), verdict);
      assert.equal(weAccept(envelope(made), MESSAGE), verdict);
    }
  });
});

const TYPE = 'ssh-ed25519';
const ORDER_EIGHT = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05';

function edwardsKey(): { line: string; blob: Buffer; point: Buffer; secret: bigint } {
  const secret = 0x1234567890abcdefn;
  const point = Buffer.from(ed25519.Point.BASE.multiply(secret).toBytes());
  const blob = keyBlob(TYPE, point);
  return { line: written(blob).line, blob, point, secret };
}

/** RFC 8032 section 5.1.6 with a fixed nonce; strayed adds a point of order eight to R. */
function edwardsSign(message: Buffer, secret: bigint, point: Buffer, isStrayed: boolean): Buffer {
  const nonce = 0xfedcba9876543210n;
  const plain = ed25519.Point.BASE.multiply(nonce);
  const r = Buffer.from((isStrayed ? plain.add(ed25519.Point.fromHex(ORDER_EIGHT)) : plain).toBytes());
  const digest = createHash('sha512')
    .update(Buffer.concat([r, point, message]))
    .digest();
  const order = ed25519.Point.Fn.ORDER;
  const s = (nonce + (littleEndian(digest) % order) * secret) % order;
  return Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function head(blob: Buffer): Buffer {
  const fields = [blob, NAMESPACE, '', 'sha512'].map((field) => text(field));
  return Buffer.concat([Buffer.from('SSHSIG'), Buffer.of(0, 0, 0, 1), ...fields]);
}

function signedBytes(): Buffer {
  const digest = createHash('sha512').update(MESSAGE, 'utf8').digest();
  return Buffer.concat([Buffer.from('SSHSIG'), ...[NAMESPACE, '', 'sha512', digest].map((field) => text(field))]);
}
