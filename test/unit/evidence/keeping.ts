/** Files of evidence as the store keeps them, and the keys and seals of those who sign them. */
import canonicalize from 'canonicalize';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { linked } from '../../../evidence/chain.js';
import { digestOfManifest, manifestOf } from '../../../evidence/manifest.js';
import { GENESIS, NAMESPACES, type Signed } from '../../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Digest } from '../../../workflows/contract/plan.js';
import type { KeyRing } from '../../support/ssh.js';

export const ROLLOUT_ID = `r-${'a'.repeat(26)}`;

export type Files = Map<string, Uint8Array>;

export function policyText(ring: KeyRing): string {
  const person = (id: string, role: string) =>
    `  - { id: p-${id}, kind: human, roles: [${role}], keys: ["${ring.key(id).line}"] }`;
  return [
    'version: 1',
    'serial: 3',
    'people:',
    person('ada', 'modelOwner'),
    person('rex', 'risk'),
    'models:',
    '  - { model: spam-filter, tier: medium, tenant: mail, target: flags/spam-filter, registry: models }',
    'floor: { medium: { beta: [{ role: modelOwner }] } }',
    'breakGlass: { rules: [{ role: modelOwner }, { role: risk }], reasonCodes: [outage], cap: 30%, reviewRole: risk }',
    'logs:',
    `  - { name: sluice-log, key: "${ring.key('log').line}" }`,
    '',
  ].join('\n');
}

interface Seal {
  size: number;
  head: Digest;
  atMs: number;
  final: boolean;
}

export function sealed(ring: KeyRing, files: Files, { size, head, atMs, final }: Seal, isUnsigned: boolean): Digest {
  const entries = manifestOf(files);
  const evidence = digestOfManifest(entries);
  document(files, `frozen-${size}`, entries);
  if (isUnsigned) return evidence;
  const says = { version: 1, tenant: 'mail', rolloutId: ROLLOUT_ID, size, head, evidence, atMs, final };
  document(files, `checkpoint-${size}`, signedBy(ring, 'log', NAMESPACES.checkpoint, says));
  return evidence;
}

/** The operator alters files, links the journal anew and signs a last checkpoint over it with the log key. */
export function sealAgain(ring: KeyRing, files: Files, entries: readonly JournalEntry[]): void {
  const chain: JournalEntry[] = [];
  for (const entry of entries)
    chain.push(linked({ ...entry, seq: chain.length + 1, prev: chain.at(-1)?.hash ?? GENESIS }));
  files.set('journal.jsonl', bytesOf(chain.map((entry) => `${canonicalize(entry)}\n`).join('')));
  const own = [...files.keys()].filter((path) => /^documents\/(?:checkpoint|frozen)-/.test(path)).map(numberIn);
  const last = Math.max(...own);
  files.delete(`documents/checkpoint-${last}.json`);
  files.delete(`documents/frozen-${last}.json`);
  const end = chain.at(-1);
  if (end) sealed(ring, files, { size: end.seq, head: end.hash, atMs: end.atMs, final: true }, false);
}

function numberIn(path: string): number {
  return Number(/(\d+)\.json$/.exec(path)?.[1] ?? -1);
}

export function journalIn(files: Files): JournalEntry[] {
  const lines = textIn(files.get('journal.jsonl') ?? new Uint8Array())
    .split('\n')
    .slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalEntry);
}

export function document(files: Files, name: string, json: unknown): void {
  files.set(`documents/${name}.json`, text(json));
}

export function text(json: unknown): Uint8Array {
  return bytesOf(`${canonicalize(json) ?? 'null'}\n`);
}

export function bytesOf(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

export function textIn(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function signedBy(ring: KeyRing, name: string, namespace: string, value: object): Signed {
  const statement = canonicalize(value) ?? '';
  return { statement, signature: ring.key(name).sign(namespace, statement) };
}

export function fingerprintOf(ring: KeyRing, name: string): string {
  return publicKey(ring, name).fingerprint;
}

export function publicKey(ring: KeyRing, name: string) {
  const reading = parsePublicKey(ring.key(name).line);
  if (reading.kind === 'bad') throw new Error(reading.why);
  return reading.key;
}
