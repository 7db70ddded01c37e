import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitArmored, verifySshsig } from '../../../approvals/sshsig.js';
import { armor, forgeKey, keyBlob, type Kind, mpint, text, unarmored, type Wrong } from './forge.js';

const NAMESPACE = 'approve.v1@sluice';
const MESSAGE = '{"decision":"approve"}';
const ada = forgeKey('ed25519');
const eve = forgeKey('ecdsa');

function codeOf(armored: string, message = MESSAGE): string {
  const check = verifySshsig({ message, armored, namespace: NAMESPACE });
  return check.kind === 'valid' ? 'valid' : check.code;
}

function wrongly(wrong: Wrong, key = ada): string {
  return codeOf(key.sign(MESSAGE, NAMESPACE, wrong));
}

describe('a signature', () => {
  for (const kind of ['ed25519', 'ecdsa', 'sk-ed25519', 'sk-ecdsa'] satisfies Kind[]) {
    it(`(${kind}) counts for the text and purpose it was made for`, () => {
      const key = forgeKey(kind);
      for (const hash of ['sha512', 'sha256']) {
        const armored = key.sign(MESSAGE, NAMESPACE, { hash });
        const check = verifySshsig({ message: MESSAGE, armored, namespace: NAMESPACE });
        assert.equal(check.kind === 'valid' && check.key.fingerprint, key.fingerprint);
        assert.equal(check.kind === 'valid' && check.hardware, kind.startsWith('sk-'));
        assert.equal(codeOf(armored, `${MESSAGE}\n`), 'badSignature');
        assert.equal(codeOf(armored, MESSAGE.replace('approve', 'reject')), 'badSignature');
      }
    });
  }

  it('is refused when made for git, or for another of our purposes', () => {
    for (const namespace of ['git', 'file', 'reject.v1@sluice', 'revoke.v1@sluice', 'approve.v1@sluice ', '']) {
      assert.equal(codeOf(ada.sign(MESSAGE, namespace)), 'wrongNamespace', namespace);
    }
  });

  it('is refused in a version that nobody has defined', () => {
    for (const version of [0, 2, 0xffffffff]) assert.equal(wrongly({ version }), 'badSignature');
  });

  it('is refused over a hash that is weak, unknown, or a name every object has', () => {
    for (const hash of ['sha1', 'sha384', 'SHA512', '', 'constructor', '__proto__']) {
      assert.equal(wrongly({ hash }), 'badSignature', hash);
    }
  });

  it('is refused when the reserved field says something', () => {
    assert.equal(wrongly({ reserved: 'x' }), 'badSignature');
  });

  it('is refused when it carries the key of somebody else', () => {
    assert.equal(wrongly({ carried: forgeKey('ed25519').blob }), 'badSignature');
    assert.equal(wrongly({ carried: forgeKey('sk-ed25519').blob }), 'badSignature');
    assert.equal(wrongly({ carried: eve.blob }), 'badSignature');
  });

  it('is refused when it names another algorithm than its key has', () => {
    for (const signatureType of [
      'ecdsa-sha2-nistp256',
      'ssh-rsa',
      'sk-ssh-ed25519@openssh.com',
      'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
      '',
    ]) {
      assert.equal(wrongly({ signatureType }), 'badSignature', signatureType);
    }
  });

  it('is refused with a certificate in place of a key, since its issuer would decide who may', () => {
    const certificate = Buffer.concat([text('ssh-ed25519-cert-v01@openssh.com'), text('nonce'), ada.blob.subarray(15)]);
    assert.equal(wrongly({ carried: certificate }), 'weakKey');
    assert.equal(wrongly({ carried: Buffer.concat([text('ssh-rsa'), mpint(65537n), mpint(2n ** 2047n)]) }), 'weakKey');
  });

  it('is refused when anything is cut off or added', () => {
    const whole = unarmored(ada.sign(MESSAGE, NAMESPACE));
    for (let length = 0; length < whole.length; length++) {
      assert.notEqual(codeOf(armor(whole.subarray(0, length))), 'valid', `${length} bytes`);
    }
    assert.equal(wrongly({ spare: Buffer.of(0) }), 'badSignature');
    assert.equal(wrongly({ inner: (made) => Buffer.concat([made, Buffer.of(0)]) }), 'badSignature');
    assert.equal(wrongly({ inner: (made) => made.subarray(1) }), 'badSignature');
    assert.equal(wrongly({ carried: Buffer.concat([ada.blob, Buffer.of(0)]) }), 'badSignature');
  });

  it('is refused with any one byte of it changed', () => {
    for (const key of [ada, eve]) {
      const whole = unarmored(key.sign(MESSAGE, NAMESPACE));
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.notEqual(codeOf(armor(changed)), 'valid', `byte ${at}`);
      }
    }
  });

  it('is refused when its armor is spelt in another way', () => {
    const armored = ada.sign(MESSAGE, NAMESPACE);
    const lines = armored.split('\n');
    const spellings = [
      ` ${armored}`,
      `x\n${armored}`,
      `${armored}x`,
      armored.replaceAll('\n', '\r\n'),
      armored.replaceAll('SSH SIGNATURE', 'SIGNATURE'),
      [lines[0], ` ${lines[1]}`, ...lines.slice(2)].join('\n'),
      lines.slice(0, -2).join('\n'),
      '',
      '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----',
    ];
    for (const spelling of spellings) assert.equal(codeOf(spelling), 'badSignature', JSON.stringify(spelling));
    assert.equal(codeOf(armored + ' '.repeat(4_000)), 'tooLarge');
  });

  it('with stray bits behind its base64 is refused, so that one signature has one spelling', () => {
    const armored = ada.sign(MESSAGE, NAMESPACE);
    const [last = ''] = /[A-Za-z0-9+/](?==)/.exec(armored) ?? [];
    assert.notEqual(last, '', 'this signature ends in padding');
    const neighbour = String.fromCharCode(last.charCodeAt(0) + 1);
    assert.equal(codeOf(armored.replace(`${last}=`, `${neighbour}=`)), 'badSignature');
  });

  it('of ECDSA is refused with a zero or oversized number', () => {
    const half = 2n ** 200n + 1n;
    const numbers: [string, Buffer][] = [
      ['zero r', Buffer.concat([mpint(0n), mpint(half)])],
      ['zero s', Buffer.concat([mpint(half), text('')])],
      ['oversized', Buffer.concat([mpint(2n ** 256n), mpint(half)])],
      ['above the order', Buffer.concat([mpint(2n ** 256n - 1n), mpint(half)])],
    ];
    for (const [what, made] of numbers) assert.equal(wrongly({ inner: () => made }, eve), 'badSignature', what);
  });

  it('of ECDSA is refused when its numbers fit but are not written as they should be', () => {
    const written = (spell: (r: Buffer) => Buffer) => (made: Buffer) => {
      const length = made.readUInt32BE(0);
      return Buffer.concat([text(spell(made.subarray(4, 4 + length))), made.subarray(4 + length)]);
    };
    assert.equal(wrongly({ inner: written((r) => r) }, eve), 'valid');
    assert.equal(wrongly({ inner: written((r) => Buffer.concat([Buffer.of(0), r])) }, eve), 'badSignature', 'padded');
    let negatives = 0;
    for (let tries = 0; tries < 100 && negatives < 3; tries++) {
      const inner = written((r) => {
        if (r[0] === 0) negatives++;
        return r[0] === 0 ? r.subarray(1) : Buffer.concat([Buffer.of(0), r]);
      });
      assert.equal(wrongly({ inner }, eve), 'badSignature', 'negative or padded');
    }
    assert.equal(negatives, 3);
  });

  it('of ECDSA verifies in both of its forms, which is why people are counted and not signatures', () => {
    const forms = [false, true].map((mirrored) => eve.sign(MESSAGE, NAMESPACE, { mirrored }));
    for (const form of forms) assert.equal(codeOf(form), 'valid');
    assert.notEqual(forms[0], forms[1]);
  });

  it('file with several blocks, or with line ends of another system, is split into what was signed', () => {
    const blocks = [ada.sign(MESSAGE, NAMESPACE), eve.sign(MESSAGE, NAMESPACE)];
    assert.deepEqual(splitArmored(blocks.join('')), blocks);
    assert.deepEqual(splitArmored(`from ada\n${blocks.join('\n').replaceAll('\n', '\r\n')}\n`), blocks);
    assert.deepEqual(splitArmored('nothing signed'), []);
    const [cut = ''] = splitArmored((blocks[0] ?? '').replace(/-----END.*\n/, ''));
    assert.equal(codeOf(cut), 'badSignature');
  });
});

describe('a security key', () => {
  for (const kind of ['sk-ed25519', 'sk-ecdsa'] satisfies Kind[]) {
    const key = forgeKey(kind);

    it(`(${kind}) that nobody touched is refused, whatever else its flags say`, () => {
      for (const flags of [0, 4, 0xfe]) assert.equal(wrongly({ flags }, key), 'badSignature');
      for (const flags of [1, 5]) assert.equal(wrongly({ flags }, key), 'valid');
    });

    it(`(${kind}) is refused when its flags or counter are changed after it signed`, () => {
      const whole = unarmored(key.sign(MESSAGE, NAMESPACE, { flags: 0 }));
      const claims = whole.length - 5;
      whole[claims] = 1;
      assert.equal(codeOf(armor(whole)), 'badSignature');
      const counted = unarmored(key.sign(MESSAGE, NAMESPACE));
      counted[counted.length - 1] = 8;
      assert.equal(codeOf(armor(counted)), 'badSignature');
    });

    it(`(${kind}) that signed for a website does not approve rollouts`, () => {
      assert.equal(wrongly({}, forgeKey(kind, 'https://example.com')), 'weakKey');
      assert.equal(wrongly({ application: 'https://example.com' }, key), 'badSignature');
      assert.equal(wrongly({}, forgeKey(kind, 'ssh:work')), 'valid');
    });
  }

  it('and a plain key with the same numbers are not each other', () => {
    const key = forgeKey('sk-ed25519');
    const point = key.blob.subarray(key.blob.length - 40, key.blob.length - 8);
    assert.equal(wrongly({ carried: keyBlob('ssh-ed25519', point) }, key), 'badSignature');
  });
});
