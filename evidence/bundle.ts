/**
 * From the evidence of a rollout to the bundle an auditor gets: the evidence as it was kept, and beside it what makes it
 * checkable by hand. Everything beside it follows from the evidence, so the same evidence is the same bundle. Pure.
 */
import type { Signed } from '../workflows/contract/decisions.js';
import { byBytes, pack } from './archive.js';
import { type Dossier, readDossier, signedDecisions, textOf } from './dossier.js';
import { isNoEvidence, isScratch, sha256Hex } from './manifest.js';
import { readme } from './readme.js';
import { allowedSigners } from './signers.js';

export const SUMS = 'SHA256SUMS';
/** Where the evidence lies in a bundle. */
export const EVIDENCE = 'evidence/';

/** Deterministic: same evidence, same bytes. `files` by path within the rollout's directory; caches are left out. */
export async function bundle(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  return pack(bundleFiles(files));
}

export function bundleFiles(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const kept = sealedIn(new Map([...files].filter(([path]) => !isScratch(path))));
  const dossier = readDossier(kept);
  const all = new Map([...kept].map(([path, bytes]) => [`${EVIDENCE}${path}`, bytes]));
  const beside = [
    ...policyFiles(dossier),
    ...orderFiles(dossier),
    ...decisionFiles(dossier),
    ...checkpointFiles(dossier),
    ...(dossier.policy ? [['allowed_signers', signersOf(dossier)] as const] : []),
    ['README.txt', readme(dossier)] as const,
  ];
  for (const [path, text] of beside) all.set(path, new TextEncoder().encode(text));
  all.set(SUMS, new TextEncoder().encode(sums(all)));
  return all;
}

/** An attempt that stalled may leave a window after the end was sealed; nobody judged by it, so it is no evidence. */
function sealedIn(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const last = readDossier(files).frozen.findLast(({ entries }) => entries.some(({ path }) => path === OUTCOME));
  if (!last) return files;
  const listed = new Set(last.entries.map(({ path }) => path));
  return new Map([...files].filter(([path]) => isNoEvidence(path) || listed.has(path)));
}

/** Written before the last seal and by nothing else. */
const OUTCOME = 'documents/outcome.json';

type TextFile = readonly [path: string, text: string];

function policyFiles({ policySource }: Dossier): TextFile[] {
  if (!policySource) return [];
  const { text, signatures } = policySource;
  return [
    ['policy/policy.yaml', text],
    ...signatures.map((each, index): TextFile => [`policy/policy.yaml.${index + 1}.sig`, each]),
  ];
}

function orderFiles({ order }: Dossier): TextFile[] {
  return order ? pair('start/order', order) : [];
}

function decisionFiles({ entries }: Dossier): TextFile[] {
  return signedDecisions(entries).flatMap(({ entry, proof }) => pair(`decisions/${entry.seq}`, proof));
}

function checkpointFiles({ checkpoints }: Dossier): TextFile[] {
  return checkpoints.flatMap(({ says, signed: proof }) => (says ? pair(`checkpoints/${says.size}`, proof) : []));
}

/** The exact bytes that were signed, without a newline at the end, and the signature as ssh-keygen wrote it. */
function pair(path: string, { statement, signature }: Signed): TextFile[] {
  return [
    [`${path}.json`, statement],
    [`${path}.sig`, signature],
  ];
}

function signersOf({ policy }: Dossier): string {
  return allowedSigners({ people: list(policy?.people), logs: list(policy?.logs) });
}

function list<T>(value: readonly T[] | undefined): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

/** As `sha256sum` writes it, in byte order. */
export function sums(files: ReadonlyMap<string, Uint8Array>): string {
  const paths = [...files.keys()].filter((path) => path !== SUMS).sort(byBytes);
  return paths.map((path) => `${sha256Hex(files.get(path) ?? new Uint8Array())}  ${path}\n`).join('');
}

/** The evidence of a bundle, under the paths it had in the store. */
export function evidenceIn(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const inside = [...files].filter(([path]) => path.startsWith(EVIDENCE));
  return new Map(inside.map(([path, bytes]) => [path.slice(EVIDENCE.length), bytes]));
}

/** First path at which two sets of files differ, and how; null: they are the same. */
export function firstDifference(
  expected: ReadonlyMap<string, Uint8Array>,
  found: ReadonlyMap<string, Uint8Array>,
): { path: string; how: 'missing' | 'extra' | 'other' } | null {
  for (const path of [...new Set([...expected.keys(), ...found.keys()])].sort(byBytes)) {
    const [should, is] = [expected.get(path), found.get(path)];
    if (is === undefined) return { path, how: 'missing' };
    if (should === undefined) return { path, how: 'extra' };
    if (Buffer.compare(should, is) !== 0) return { path, how: 'other' };
  }
  return null;
}

/** SHA256SUMS as written, by path; null for a line that is none. */
export function readSums(bytes: Uint8Array | undefined): Map<string, string> | null {
  const lines = (textOf(bytes) ?? '').split('\n').slice(0, -1);
  const read = lines.map((line) => /^([0-9a-f]{64}) {2}(\S+)$/.exec(line));
  if (bytes === undefined || read.some((match) => match === null)) return null;
  return new Map(read.map((match) => [match?.[2] ?? '', match?.[1] ?? '']));
}
