/** A flagd definition document and one flag in it. Everything that is not ours is kept as it is. Pure. */
import canonicalize from 'canonicalize';
import { type FlagRecord, type Reading, readMetadata, writeMetadata } from './flag-metadata.js';
import { render } from './flag-targeting.js';

export type Json = Record<string, unknown>;

export interface Found {
  flag: Json | null;
  reading: Reading;
}

/** Null: not JSON, or not a document with flags. */
export function parseDocument(text: string): Json | null {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) && isObject(document['flags']) ? document : null;
  } catch {
    return null;
  }
}

export function findFlag(document: Json, name: string): Found {
  const flags = document['flags'] as Json;
  const value = Object.hasOwn(flags, name) ? flags[name] : null;
  const flag = isObject(value) ? value : null;
  const metadata = flag?.['metadata'];
  if (flag === null) return { flag: null, reading: { kind: 'theirs' } };
  return { flag, reading: isObject(metadata) ? readMetadata(metadata) : { kind: 'theirs' } };
}

/** The document as text with one flag replaced or added. */
export function withFlag(document: Json, name: string, flag: Json): string {
  // fromEntries, not assignment: a flag may be called __proto__.
  const others = Object.entries(document['flags'] as Json);
  const entry: [string, unknown] = [name, flag];
  const known = others.some(([key]) => key === name);
  const flags = known ? others.map(([key, value]) => (key === name ? entry : [key, value])) : [...others, entry];
  return `${JSON.stringify({ ...document, flags: Object.fromEntries(flags) }, null, 2)}\n`;
}

/** The flag that serves a record; `before` keeps its foreign keys and stays disabled if somebody disabled it. */
export function flagFor(before: Json | null, record: FlagRecord): Json {
  const { targeting, variants, defaultVariant } = render(record);
  const { targeting: _dropped, ...kept } = before ?? {};
  return {
    ...kept,
    state: before?.['state'] === 'DISABLED' ? 'DISABLED' : 'ENABLED',
    variants,
    defaultVariant,
    ...(targeting === null ? {} : { targeting }),
    metadata: writeMetadata(isObject(before?.['metadata']) ? before['metadata'] : {}, record),
  };
}

/** True when the flag is enabled and serves what its recorded state says. */
export function isIntact(found: Found): boolean {
  return found.flag?.['state'] === 'ENABLED' && servesAsRecorded(found);
}

/** Rules and variants as recorded, enabled or not; a flag without our metadata must have no rules at all. */
export function servesAsRecorded({ flag, reading }: Found): boolean {
  if (flag === null || reading.kind === 'damaged') return false;
  if (reading.kind === 'theirs') return !hasTargeting(flag) && defaultOf(flag) !== '';
  const expected = render(reading.record);
  const { variants, defaultVariant, targeting } = flag;
  return (
    canonicalize({ variants, defaultVariant, targeting: targeting ?? {} }) ===
    canonicalize({ ...expected, targeting: expected.targeting ?? {} })
  );
}

/** Version (the default variant's value) that users outside any rollout get; empty when that is not a string. */
export function defaultOf(flag: Json | null): string {
  const variants = flag?.['variants'];
  const name = flag?.['defaultVariant'];
  if (!isObject(variants) || typeof name !== 'string' || !Object.hasOwn(variants, name)) return '';
  const value = variants[name];
  return typeof value === 'string' ? value : '';
}

export function hasTargeting(flag: Json): boolean {
  const targeting = flag['targeting'];
  return isObject(targeting) && Object.keys(targeting).length > 0;
}

/** Names behind a colon in the flag's variants: cohorts somebody may have added by hand. */
export function taggedNames(flag: Json | null): string[] {
  const variants = flag?.['variants'];
  if (!isObject(variants)) return [];
  const tags = Object.keys(variants).flatMap((name) =>
    name.includes(':') ? [name.slice(name.lastIndexOf(':') + 1)] : [],
  );
  return tags.filter((tag) => tag !== 'none');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
