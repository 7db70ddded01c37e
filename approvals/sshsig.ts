/**
 * SSH signatures over texts (OpenSSH PROTOCOL.sshsig and PROTOCOL.u2f): what `ssh-keygen -Y sign` makes. Whatever is
 * valid here is valid to `ssh-keygen -Y verify`; where verifiers differ, the strictest reading holds. Pure and sandbox-safe.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { SIGNATURE_LIMIT } from '../workflows/contract/decisions.js';
import { quoted, type Refused, refused } from './refused.js';
import { type KeyPoint, keyPoint, type PublicKey, readKey } from './ssh-key.js';
import { fromBase64, readWhole, sshString } from './ssh-wire.js';

/** `valid`: the signature fits the key inside it. Whether that key is anybody's is for the caller to ask. */
export type SshsigCheck = { kind: 'valid'; key: PublicKey; hardware: boolean } | Refused;

interface Envelope {
  version: number;
  key: Uint8Array;
  namespace: string;
  reserved: Uint8Array;
  hash: string;
  signature: Uint8Array;
}

/** Checks one armored signature over the message (a string counts as its UTF-8 bytes), made for that namespace. */
export function verifySshsig(input: { message: string | Uint8Array; armored: string; namespace: string }): SshsigCheck {
  const { message, armored, namespace } = input;
  if (armored.length > SIGNATURE_LIMIT) return refused('tooLarge', 'The signature is larger than any real one.');
  const envelope = openArmor(armored);
  if (!envelope) return refused('badSignature', 'This is not an armored SSH signature, or it was cut.');
  const unfit = unfitEnvelope(envelope, namespace);
  if (unfit) return unfit;
  const reading = readKey(envelope.key);
  if (reading.kind === 'bad') return refused(reading.code, `The signature cannot count: ${reading.why}.`);
  const { key } = reading;
  const inside = keyPoint(key.type, key.blob);
  const made = readSignature(key, envelope.signature);
  if (!inside || !made) return refused('badSignature', `The signature inside is not one of a ${key.type} key.`);
  if (made.isTouched === false) {
    return refused('badSignature', 'The security key signed without being touched (no-touch-required is not taken).');
  }
  const bytes = typeof message === 'string' ? utf8ToBytes(message) : message;
  if (!fits(inside, made, signedBytes(envelope, bytes))) {
    return refused('badSignature', `The signature does not fit the text and key ${key.fingerprint}.`);
  }
  return { kind: 'valid', key, hardware: key.hardware };
}

const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** The armored blocks of a text, one after the other, with line ends as ssh-keygen writes them. */
export function splitArmored(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const starts = [...lines.entries()].filter(([, line]) => line === BEGIN).map(([index]) => index);
  return starts.map((start, nth) => {
    const block = lines.slice(start, starts[nth + 1] ?? lines.length);
    const end = block.indexOf(END);
    return `${block.slice(0, end < 0 ? block.length : end + 1).join('\n')}\n`;
  });
}

const MAGIC = utf8ToBytes('SSHSIG');

function openArmor(armored: string): Envelope | null {
  const lines = armored.replace(/\n$/, '').split('\n');
  if (lines.length < 3 || lines[0] !== BEGIN || lines[lines.length - 1] !== END) return null;
  const bytes = fromBase64(lines.slice(1, -1).join(''));
  if (!bytes || !MAGIC.every((byte, index) => bytes[index] === byte)) return null;
  return readWhole(bytes.subarray(MAGIC.length), (reader) => ({
    version: reader.uint32(),
    key: reader.string(),
    namespace: reader.name(),
    reserved: reader.string(),
    hash: reader.name(),
    signature: reader.string(),
  }));
}

function unfitEnvelope({ version, namespace, reserved, hash }: Envelope, wanted: string): Refused | null {
  if (version !== 1) return refused('badSignature', `The signature is of version ${version}, and only 1 is known.`);
  if (namespace !== wanted) {
    const meant = namespace === '' ? 'no legible purpose' : quoted(namespace);
    return refused('wrongNamespace', `The signature was made for ${meant}, not for ${quoted(wanted)}.`);
  }
  if (reserved.length > 0) return refused('badSignature', 'The signature fills a field that must be empty.');
  if (!HASHES.has(hash)) return refused('badSignature', 'The signature uses a hash other than sha512 or sha256.');
  return null;
}

const HASHES = new Map<string, (bytes: Uint8Array) => Uint8Array>([
  ['sha256', sha256],
  ['sha512', sha512],
]);

function signedBytes({ namespace, hash }: Envelope, message: Uint8Array): Uint8Array {
  const digest = HASHES.get(hash)?.(message) ?? new Uint8Array(0);
  return concatBytes(MAGIC, sshString(namespace), sshString(''), sshString(hash), sshString(digest));
}

/** The signature's numbers, 64 bytes for either curve, and what a security key says of itself. */
interface Made {
  numbers: Uint8Array;
  /** Flags and counter, as they were signed; empty for other keys. */
  claims: Uint8Array;
  /** Null for keys that nobody touches. */
  isTouched: boolean | null;
}

const USER_PRESENT = 1;

function readSignature(key: PublicKey, blob: Uint8Array): Made | null {
  const made = readWhole(blob, (reader) => {
    const type = reader.name();
    const inner = reader.string();
    const claims = key.hardware ? reader.bytes(5) : new Uint8Array(0);
    return { type, inner, claims };
  });
  if (!made || made.type !== key.type) return null;
  const { inner, claims } = made;
  const numbers = key.type.includes('ed25519') ? inner : ecdsaNumbers(inner);
  if (numbers?.length !== 64) return null;
  return { numbers, claims, isTouched: key.hardware ? ((claims[0] ?? 0) & USER_PRESENT) !== 0 : null };
}

function ecdsaNumbers(inner: Uint8Array): Uint8Array | null {
  const read = readWhole(inner, (reader) => ({ r: reader.unsigned(32), s: reader.unsigned(32) }));
  return read?.r && read.s ? concatBytes(read.r, read.s) : null;
}

function fits({ curve, point, application }: KeyPoint, { numbers, claims }: Made, signed: Uint8Array): boolean {
  const text = application === null ? signed : concatBytes(sha256(utf8ToBytes(application)), claims, sha256(signed));
  if (curve === 'ed25519') return fitsEdwards(numbers, text, point);
  // OpenSSH makes and takes either of the two signatures ECDSA allows; people are counted, never signatures.
  return p256.verify(numbers, text, point, { lowS: false, format: 'compact' });
}

/** With R in the prime-order group too, the equation holds with and without the cofactor: every verifier agrees. */
function fitsEdwards(numbers: Uint8Array, text: Uint8Array, point: Uint8Array): boolean {
  if (!ed25519.verify(numbers, text, point, { zip215: false })) return false;
  return ed25519.Point.fromBytes(numbers.subarray(0, 32), false).isTorsionFree();
}
