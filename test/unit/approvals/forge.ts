/**
 * SSH signatures built byte by byte with node:crypto: what ssh-keygen makes, what a security key makes, and every way of
 * getting it wrong. Shares no code with what it tests.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface ForgedKey {
  type: string;
  blob: Buffer;
  line: string;
  fingerprint: string;
  sign(message: string, namespace: string, wrong?: Wrong): string;
}

/** What to do otherwise than a signer should. */
export interface Wrong {
  version?: number;
  /** Fills the field in the envelope; what is signed has it empty, so the signature itself fits. */
  reserved?: string;
  hash?: string;
  /** Key blob carried inside, in place of the signer's own. */
  carried?: Buffer;
  /** Type named by the inner signature. */
  signatureType?: string;
  /** Of a security key: flags byte; 1 is user present. */
  flags?: number;
  application?: string;
  /** The other of the two signatures ECDSA allows. */
  mirrored?: boolean;
  /** Changes the inner signature's bytes just before they are wrapped. */
  inner?: (signature: Buffer) => Buffer;
  /** Appended inside the envelope. */
  spare?: Buffer;
}

export type Kind = 'ed25519' | 'ecdsa' | 'sk-ed25519' | 'sk-ecdsa';

const TYPES: Record<Kind, string> = {
  ed25519: 'ssh-ed25519',
  ecdsa: 'ecdsa-sha2-nistp256',
  'sk-ed25519': 'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa': 'sk-ecdsa-sha2-nistp256@openssh.com',
};

export function forgeKey(kind: Kind, application = 'ssh:'): ForgedKey {
  const edwards = kind.endsWith('ed25519');
  const { privateKey, publicKey } = edwards
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = edwards ? decode(x) : Buffer.concat([Buffer.of(4), decode(x), decode(y)]);
  const blob = keyBlob(TYPES[kind], point, kind.startsWith('sk-') ? application : null);
  return {
    type: TYPES[kind],
    blob,
    ...written(blob),
    sign: (message, namespace, wrong = {}) =>
      armor(
        envelope(blob, message, namespace, wrong, (bytes) =>
          innerSignature(kind, privateKey, bytes, application, wrong),
        ),
      ),
  };
}

/** An Ed25519 key of a known seed. */
export function privateKeyOf(seed: Buffer): KeyObject {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

export function keyBlob(type: string, point: Buffer, application: string | null = null): Buffer {
  const curve = type.includes('ecdsa') ? [text('nistp256')] : [];
  const owner = application === null ? [] : [text(application)];
  return Buffer.concat([text(type), ...curve, text(point), ...owner]);
}

export function written(blob: Buffer): { line: string; fingerprint: string } {
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { line: `${type} ${blob.toString('base64')}`, fingerprint: `SHA256:${digest}` };
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function armor(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

/** The bytes inside an armored block. */
export function unarmored(armored: string): Buffer {
  return Buffer.from(armored.split('\n').slice(1, -2).join(''), 'base64');
}

function envelope(
  blob: Buffer,
  message: string,
  namespace: string,
  { version = 1, reserved = '', hash = 'sha512', carried, spare }: Wrong,
  inner: (bytes: Buffer) => Buffer,
): Buffer {
  const known = hash === 'sha256' ? 'sha256' : 'sha512';
  const digest = createHash(known).update(message, 'utf8').digest();
  const signed = [Buffer.from('SSHSIG'), text(namespace), text(''), text(hash), text(digest)];
  const number = Buffer.alloc(4);
  number.writeUInt32BE(version);
  const head = [Buffer.from('SSHSIG'), number, text(carried ?? blob), text(namespace), text(reserved), text(hash)];
  return Buffer.concat([...head, text(inner(Buffer.concat(signed))), spare ?? Buffer.alloc(0)]);
}

function innerSignature(kind: Kind, key: KeyObject, bytes: Buffer, application: string, wrong: Wrong): Buffer {
  const claims = Buffer.of(wrong.flags ?? 1, 0, 0, 0, 7);
  const touched = [sha256(Buffer.from(wrong.application ?? application)), claims, sha256(bytes)];
  const signed = kind.startsWith('sk-') ? Buffer.concat(touched) : bytes;
  const raw = kind.endsWith('ed25519') ? sign(null, signed, key) : ecdsa(key, signed, wrong.mirrored ?? false);
  const made = wrong.inner ? wrong.inner(raw) : raw;
  return Buffer.concat([
    text(wrong.signatureType ?? TYPES[kind]),
    text(made),
    ...(kind.startsWith('sk-') ? [claims] : []),
  ]);
}

const P256_ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

function ecdsa(key: KeyObject, bytes: Buffer, mirrored: boolean): Buffer {
  const pair = sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('hex');
  const [r, s] = [BigInt(`0x${pair.slice(0, 64)}`), BigInt(`0x${pair.slice(64)}`)];
  return Buffer.concat([mpint(r), mpint(mirrored ? P256_ORDER - s : s)]);
}

/** The shortest two's complement, as RFC 4251 wants it. */
export function mpint(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  return text((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function decode(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}
