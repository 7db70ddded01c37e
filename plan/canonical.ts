/** Canonical JSON (RFC 8785) and the digest over it. Pure but for `node:crypto`, so never for the workflow sandbox. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Digest } from '../workflows/contract/plan.js';

/** One text for one meaning, whatever the order of keys. Throws on what JSON cannot hold (undefined, NaN, cycles). */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only JSON values have a canonical form');
  return text;
}

/** `sha256:<hex>` over the canonical text in UTF-8. */
export function digestOf(value: unknown): Digest {
  return `sha256:${createHash('sha256').update(canonicalText(value), 'utf8').digest('hex')}`;
}
