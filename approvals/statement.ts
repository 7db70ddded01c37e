/**
 * Statements: the exact text that gets signed, canonical JSON (RFC 8785) without a newline after it. Only the canonical
 * spelling is read, so what an approver was shown is what the signature covers. Pure and sandbox-safe.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import type { Digest } from '../workflows/contract/plan.js';
import { type Refused, refused } from './refused.js';

/** The text to sign. Throws on what JSON cannot hold (NaN, cycles, broken Unicode). */
export function canonicalStatement(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only JSON values have a canonical form');
  return text;
}

/** Reads a signed text of at most `limit` characters; refused (tooLarge, notCanonical) unless it is its own canonical form. */
export function readStatement(text: string, limit: number): { kind: 'json'; value: unknown } | Refused {
  if (text.length > limit) return refused('tooLarge', 'The signed text is larger than any real one.');
  const value = parsed(text);
  if (value !== undefined && !isTooDeep(value) && spelling(value) === text) return { kind: 'json', value };
  return refused(
    'notCanonical',
    'The signed text is not canonical JSON: white space, order of keys and spelling must be as they were printed.',
  );
}

/** `sha256:<hex>` over the UTF-8 bytes of a signed text. */
export function statementDigest(text: string): Digest {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** Whether two values are one JSON value, whatever the order of their keys. */
export function isSame(one: unknown, other: unknown): boolean {
  const text = spelling(one);
  return text !== undefined && text === spelling(other);
}

/** An object of JSON, no array and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Exactly these keys. */
export function hasKeys(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Half a character has no canonical spelling, and a repeated key is gone once parsed: no text equals either. */
function spelling(value: unknown): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}

/** Deeper than any statement; canonicalize calls itself for each level, and a long row of brackets would end its stack. */
const DEPTH_LIMIT = 32;

function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEPTH_LIMIT && level.length > 0; depth++) {
    level = level.flatMap((inner) => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
  }
  return level.length > 0;
}
