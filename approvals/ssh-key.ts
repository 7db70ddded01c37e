/**
 * Public keys as OpenSSH writes them (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH
 * PROTOCOL.u2f). A key that would let anybody sign, or of a kind nothing here can check, is refused when it is read, not
 * when it is used. Pure and sandbox-safe.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { quoted } from './refused.js';
import { fromBase64, readWhole, toBase64, WireReader } from './ssh-wire.js';

export const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;
export type KeyType = (typeof KEY_TYPES)[number];

export interface PublicKey {
  type: KeyType;
  /** Wire form; what is hashed, compared and carried inside a signature. */
  blob: Uint8Array;
  /** `SHA256:...`, as ssh-keygen prints it. */
  fingerprint: string;
  /** `type base64`, without the comment. */
  line: string;
  /** Lives in a security key (`sk-`) and signs only when touched. */
  hardware: boolean;
}

/** `weakKey`: of a kind or value that proves nothing; `badSignature`: no key can be read there at all. */
export type KeyReading =
  | { kind: 'key'; key: PublicKey }
  | { kind: 'bad'; code: 'weakKey' | 'badSignature'; why: string };

/** The numbers inside a key, as a signature check needs them. */
export interface KeyPoint {
  curve: 'ed25519' | 'p256';
  point: Uint8Array;
  /** What an `sk-` key is bound to; null for other keys. */
  application: string | null;
}

/** Reads one line of a `.pub` file: type, base64, and a comment that is left out. */
export function parsePublicKey(line: string): KeyReading {
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/);
  if (line.includes('PRIVATE KEY')) return unreadable('this is a private key; give the `.pub` file beside it');
  if (base64 === '') return unreadable('a public key is written `type base64`, as in a `.pub` file');
  const blob = fromBase64(base64);
  if (!blob) return unreadable('the second word of the key is not base64');
  const reading = readKey(blob);
  if (reading.kind === 'bad' || reading.key.type === type) return reading;
  return unreadable(`the line says ${quoted(type)} and the key inside is ${reading.key.type}`);
}

/** Reads a file of keys: one a line, with blank lines and `#` comments; `line` counts from 1. */
export function parsePublicKeys(text: string): { line: number; reading: KeyReading }[] {
  return text.split('\n').flatMap((written, index) => {
    const line = written.trim();
    return line === '' || line.startsWith('#') ? [] : [{ line: index + 1, reading: parsePublicKey(line) }];
  });
}

/** Reads the wire form, as it stands inside a signature. */
export function readKey(blob: Uint8Array): KeyReading {
  const named = new WireReader(blob).name();
  const type = KEY_TYPES.find((known) => known === named);
  if (!type) return { kind: 'bad', code: 'weakKey', why: unreadType(named) };
  const inside = keyPoint(type, blob);
  if (!inside) return unreadable(`the ${type} key is cut short or has bytes to spare`);
  const why = weakness(inside);
  if (why !== null) return { kind: 'bad', code: 'weakKey', why };
  const fingerprint = `SHA256:${toBase64(sha256(blob)).replace(/=+$/, '')}`;
  const line = `${type} ${toBase64(blob)}`;
  return { kind: 'key', key: { type, blob, fingerprint, line, hardware: inside.application !== null } };
}

/** The numbers inside a key of that type; null when its bytes are not laid out so. */
export function keyPoint(type: KeyType, blob: Uint8Array): KeyPoint | null {
  return readWhole(blob, (reader): KeyPoint | null => {
    reader.name();
    const curve = type.includes('ed25519') ? 'ed25519' : 'p256';
    if (curve === 'p256' && reader.name() !== 'nistp256') return null;
    const point = reader.string();
    return { curve, point, application: type.startsWith('sk-') ? reader.name() : null };
  });
}

function weakness({ curve, point, application }: KeyPoint): string | null {
  // Websites get assertions of security keys under names of their own, so only OpenSSH's names are taken.
  if (application !== null && !application.startsWith('ssh:')) {
    return `the key belongs to application ${quoted(application)}, and only \`ssh:\` signs here`;
  }
  return curve === 'ed25519' ? edwardsWeakness(point) : nistWeakness(point);
}

/** Verifiers disagree on keys outside the prime-order group, and small-order ones fit any text. */
function edwardsWeakness(bytes: Uint8Array): string | null {
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    if (point.isSmallOrder()) return 'the key is a point of small order: anybody can sign for it';
    return point.isTorsionFree() ? null : 'the key is not in the prime-order group: verifiers would disagree on it';
  } catch {
    return 'the key is not a point of the curve';
  }
}

const UNCOMPRESSED = 4;

function nistWeakness(bytes: Uint8Array): string | null {
  if (bytes.length !== 65 || bytes[0] !== UNCOMPRESSED) return 'the key is not an uncompressed point of P-256';
  return p256.utils.isValidPublicKey(bytes, false) ? null : 'the key is not a point of the curve';
}

function unreadType(named: string): string {
  if (named.includes('-cert-')) return 'certificates are not taken: list the key itself in the policy';
  return `keys of type ${quoted(named)} are not taken; use ${KEY_TYPES.join(', ')}`;
}

function unreadable(why: string): KeyReading {
  return { kind: 'bad', code: 'badSignature', why };
}
