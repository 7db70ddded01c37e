import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPolicySignatures } from '../../../approvals/policy-trust.js';
import { parsePublicKey, type PublicKey } from '../../../approvals/ssh-key.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { example } from '../plan/support.js';
import { type ForgedKey, forgeKey } from './forge.js';

const TEXT = example('policy-signed.yaml');
const a = forgeKey('ed25519');
const b = forgeKey('sk-ed25519');
const c = forgeKey('ecdsa');
const stranger = forgeKey('ed25519');

function rootOf(key: ForgedKey): PublicKey {
  const reading = parsePublicKey(key.line);
  assert.ok(reading.kind === 'key');
  return reading.key;
}

function signatureOf(key: ForgedKey, text = TEXT, namespace: string = NAMESPACES.policy): string {
  return key.sign(text, namespace);
}

interface Asked {
  text?: string | Uint8Array;
  signatures: string[];
  roots?: ForgedKey[];
}

/** Fingerprints of the roots that signed; a refusal fails. */
function signedBy({ text = TEXT, signatures, roots = [a, b, c] }: Asked): string[] {
  const check = checkPolicySignatures({ text, signatures, roots: roots.map(rootOf) });
  assert.ok(check.kind === 'signed', JSON.stringify(check));
  return check.roots;
}

/** Why it does not count; fails where it does. */
function unsigned({ text = TEXT, signatures, roots = [a, b, c] }: Asked): string {
  const check = checkPolicySignatures({ text, signatures, roots: roots.map(rootOf) });
  assert.ok(check.kind === 'unsigned', JSON.stringify(check));
  return check.sentence;
}

describe('a policy', () => {
  it('counts when two distinct roots signed it, in whatever order', () => {
    const both = [a.fingerprint, b.fingerprint];
    assert.deepEqual(signedBy({ signatures: [signatureOf(a), signatureOf(b)] }), both);
    assert.deepEqual(signedBy({ signatures: [signatureOf(b), signatureOf(a)] }), both);
    const bytes = new TextEncoder().encode(TEXT);
    assert.deepEqual(signedBy({ text: bytes, signatures: [signatureOf(a), signatureOf(b)] }), both);
  });

  it('does not count when one root signed it, however often', () => {
    assert.match(unsigned({ signatures: [signatureOf(a)] }), /1 of 2/);
    assert.match(unsigned({ signatures: [signatureOf(a), signatureOf(a)] }), /1 of 2/);
    const two = [signatureOf(c), c.sign(TEXT, NAMESPACES.policy, { mirrored: true })];
    assert.match(unsigned({ signatures: two }), /1 of 2/);
  });

  it('does not count when one root is listed twice and signed it', () => {
    assert.deepEqual(signedBy({ signatures: [signatureOf(a)], roots: [a, a] }), [a.fingerprint]);
    assert.match(unsigned({ signatures: [signatureOf(a)], roots: [a, a, b] }), /1 of 2/);
  });

  it('does not count when strangers signed it, and names them', () => {
    const sentence = unsigned({ signatures: [signatureOf(a), signatureOf(stranger)] });
    assert.match(sentence, /1 of 2/);
    assert.ok(sentence.includes(stranger.fingerprint), sentence);
  });

  it('counts in spite of what strangers and bad signatures stand beside it', () => {
    const signatures = ['no signature', signatureOf(stranger), signatureOf(a), signatureOf(b)];
    assert.deepEqual(signedBy({ signatures }), [a.fingerprint, b.fingerprint]);
  });

  it('does not count with any one byte of it changed after it was signed, comments and line ends too', () => {
    const signatures = [signatureOf(a), signatureOf(b)];
    const other = [TEXT.replace('min: 1', 'min: 2'), `${TEXT}\n`, TEXT.replaceAll('\n', '\r\n'), `${TEXT}# note`];
    for (const text of other) {
      assert.notEqual(text, TEXT);
      assert.match(unsigned({ text, signatures }), /0 of 2.*does not fit/);
    }
  });

  it('does not count on signatures the roots made for something else', () => {
    for (const [meaning, namespace] of Object.entries({ ...NAMESPACES, git: 'git', file: 'file' })) {
      if (namespace === NAMESPACES.policy) continue;
      const signatures = [signatureOf(a, TEXT, namespace), signatureOf(b, TEXT, namespace)];
      assert.match(unsigned({ signatures }), /0 of 2/, meaning);
    }
  });

  it('does not count where nobody is trusted, even unsigned', () => {
    assert.match(unsigned({ signatures: [], roots: [] }), /0 of 1/);
    assert.match(unsigned({ signatures: [signatureOf(a), signatureOf(b)], roots: [] }), /0 of 1/);
  });

  it('counts for a reader who trusts one root only, when that one signed it', () => {
    assert.deepEqual(signedBy({ signatures: [signatureOf(a), signatureOf(b)], roots: [a] }), [a.fingerprint]);
    assert.match(unsigned({ signatures: [signatureOf(b), signatureOf(c)], roots: [a] }), /0 of 1/);
  });
});
