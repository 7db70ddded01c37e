/**
 * Changes to the text of policy.yaml that leave every other character as it was written: people review the difference, and
 * roots sign it. Pure.
 */
import { isMap, isScalar, isSeq, type ParsedNode, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Digest } from '../workflows/contract/plan.js';

/** A key as the policy holds it; a bare line where nothing else is said of it. */
export interface WrittenKey {
  key: string;
  validFrom?: string;
  validTo?: string;
}

export interface Revocation {
  revokedAt: string;
  reason: string;
}

/** Puts the key after the person's other keys. Throws RangeError when the text has no such person. */
export function withKey(text: string, person: string, written: WrittenKey): string {
  const node = Object.keys(written).length === 1 ? JSON.stringify(written.key) : flow({ ...written });
  const entry = personIn(text, person);
  const keys = entry.items.find((pair) => isScalar(pair.key) && pair.key.value === 'keys');
  if (!keys) return withPairs(text, entry, [['keys', `[${node}]`]]);
  if (isSeq(keys.value)) return withItem(text, keys.value as YAMLSeq.Parsed, node);
  // `keys:` with nothing after it.
  return put(text, end(text, keys.key as ParsedNode) + 1, ` [${node}]`);
}

/** Marks the person's key as revoked; `line` is `type base64`. Throws RangeError when the person has no such key. */
export function withRevokedKey(text: string, person: string, line: string, revoked: Revocation): string {
  const keys = personIn(text, person).get('keys', true) as unknown;
  const item = isSeq(keys) ? (keys as YAMLSeq.Parsed).items.find((each) => lineOf(each) === line) : undefined;
  if (!item) throw new RangeError(`no key ${line} of ${person}`);
  if (!isMap(item)) return replaced(text, item.range[0], item.range[1], flow({ key: line, ...revoked }));
  const pairs = Object.entries(revoked).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
  return withPairs(text, item as YAMLMap.Parsed, pairs);
}

/** The policy after this one: its serial is one higher, and `prev` names the one before it by digest. */
export function succeeding(text: string, prev: Digest): string {
  const { contents } = parseDocument(text);
  const serial = isMap(contents) ? (contents.get('serial', true) as unknown) : undefined;
  if (!isMap(contents) || !isScalar(serial) || typeof serial.value !== 'number' || !serial.range) {
    throw new RangeError('no serial');
  }
  const raised = replaced(text, serial.range[0], serial.range[1], String(serial.value + 1));
  const again = parseDocument(raised).contents as YAMLMap.Parsed;
  const before = again.get('prev', true) as unknown;
  if (isScalar(before) && before.range) return replaced(raised, before.range[0], before.range[1], prev);
  return put(raised, lineEnd(raised, serial.range[0]), `\nprev: ${prev}`);
}

function personIn(text: string, person: string): YAMLMap.Parsed {
  const people = parseDocument(text).get('people');
  const entry = isSeq(people) ? people.items.find((item) => isMap(item) && item.get('id') === person) : undefined;
  if (!isMap(entry)) throw new RangeError(`no person ${person}`);
  return entry as YAMLMap.Parsed;
}

function lineOf(item: unknown): string | null {
  const value = isMap(item) ? item.get('key') : isScalar(item) ? item.value : item;
  return typeof value === 'string'
    ? value
        .trim()
        .split(/[ \t]+/)
        .slice(0, 2)
        .join(' ')
    : null;
}

function withPairs(text: string, map: YAMLMap.Parsed, pairs: [name: string, value: string][]): string {
  const written = pairs.map(([name, value]) => `${name}: ${value}`);
  const last = map.items.at(-1);
  if (!last) return replaced(text, map.range[0], map.range[1], `{ ${written.join(', ')} }`);
  const at = end(text, last.value ?? last.key);
  if (map.flow === true) return put(text, at, written.map((pair) => `, ${pair}`).join(''));
  const indent = ' '.repeat(column(text, map.range[0]));
  return put(text, lineEnd(text, at), written.map((pair) => `\n${indent}${pair}`).join(''));
}

function withItem(text: string, seq: YAMLSeq.Parsed, item: string): string {
  const last = seq.items.at(-1);
  if (!last) return replaced(text, seq.range[0], seq.range[1], `[${item}]`);
  const at = end(text, last);
  if (seq.flow === true) return put(text, at, `, ${item}`);
  return put(text, lineEnd(text, at), `\n${' '.repeat(column(text, seq.range[0]))}- ${item}`);
}

/** `{ key: "...", validFrom: "..." }`. */
function flow(values: Record<string, string>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** Where its last character stands; the range of a block runs on over the line end. */
function end(text: string, { range }: ParsedNode): number {
  return range[0] + text.slice(range[0], range[1]).trimEnd().length;
}

function lineEnd(text: string, at: number): number {
  const next = text.indexOf('\n', at);
  return next < 0 ? text.length : next;
}

function column(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function put(text: string, at: number, more: string): string {
  return replaced(text, at, at, more);
}

function replaced(text: string, from: number, to: number, by: string): string {
  return `${text.slice(0, from)}${by}${text.slice(to)}`;
}
