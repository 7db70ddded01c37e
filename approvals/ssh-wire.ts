/**
 * The encodings SSH uses (RFC 4251 section 5, RFC 4648 section 4), read strictly: what is not exactly as it should be is
 * no value at all. Pure and sandbox-safe, so base64 is done here: the sandbox has neither Buffer nor atob.
 */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS = new Map(ALPHABET.split('').map((letter, value) => [letter, value]));

/** Bytes of padded base64 without white space; null for any other text, so that bytes have one spelling. */
export function fromBase64(text: string): Uint8Array | null {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const letters = text.length - padding;
  if (text.length % 4 !== 0) return null;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let held = 0;
  let at = 0;
  for (let index = 0; index < letters; index++) {
    const sextet = SEXTETS.get(text.charAt(index));
    if (sextet === undefined) return null;
    held = ((held << 6) | sextet) & 0xffffff;
    if (index % 4 === 0) continue;
    const spare = 6 - 2 * (index % 4);
    bytes[at++] = (held >> spare) & 0xff;
    if (index === letters - 1 && (held & ((1 << spare) - 1)) !== 0) return null;
  }
  return bytes;
}

/** Padded base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((group >> shift) & 63)).join('');
    text += letters.slice(0, Math.min(4, bytes.length - at + 1)).padEnd(4, '=');
  }
  return text;
}

/** `string` of RFC 4251: a length in four bytes, then the bytes. */
export function sshString(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? utf8ToBytes(value) : value;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(length, bytes);
}

/** What `read` makes of the bytes; null when it wants more than there are, or leaves some. */
export function readWhole<T>(bytes: Uint8Array, read: (reader: WireReader) => T): T | null {
  const reader = new WireReader(bytes);
  const value = read(reader);
  return reader.isExact() ? value : null;
}

const LONGEST_NAME = 256;

/** Reads field by field. Past the end every field is empty and the whole is not exact, so callers ask once, at the end. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Every byte was read and none was missing. */
  isExact(): boolean {
    return !this.#isShort && this.#at === this.#bytes.length;
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) {
      this.#isShort = true;
      return new Uint8Array(0);
    }
    const read = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return read;
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  uint32(): number {
    const read = this.bytes(4);
    return read.length < 4 ? 0 : new DataView(read.buffer).getUint32(0);
  }

  string(): Uint8Array {
    return this.bytes(this.uint32());
  }

  /** A string that names something: short printable ASCII; anything else reads as a name that nothing has. */
  name(): string {
    const read = this.string();
    const isName = read.length <= LONGEST_NAME && read.every((code) => code > 32 && code < 127);
    return isName ? String.fromCharCode(...read) : '';
  }

  /** `mpint` of RFC 4251 as an unsigned number of `width` bytes; null when negative, too large or not the shortest. */
  unsigned(width: number): Uint8Array | null {
    const read = this.string();
    const [first = 0, second = 0] = read;
    if (first >= 0x80 || (read.length > 0 && first === 0 && second < 0x80)) return null;
    const digits = first === 0 ? read.subarray(1) : read;
    if (digits.length > width) return null;
    return concatBytes(new Uint8Array(width - digits.length), digits);
  }
}
