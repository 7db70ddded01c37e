/**
 * The evidence of one rollout, read once for every check: documents, journal, windows. Takes bytes from anybody: what
 * cannot be read is said, never thrown. Pure.
 */
import type { Policy } from '../approvals/policy.js';
import type { Admission } from '../workflows/contract/activities.js';
import type { Checkpoint, Signed } from '../workflows/contract/decisions.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Plan } from '../workflows/contract/plan.js';
import type { Window } from '../workflows/contract/windows.js';
import { byBytes } from './archive.js';
import { JOURNAL, type ManifestEntry } from './manifest.js';

export interface KeptCheckpoint {
  /** `documents/checkpoint-12.json`. */
  path: string;
  signed: Signed;
  /** Null: the statement is no checkpoint. */
  says: Checkpoint | null;
}

/** The list of files an evidence digest was made of. */
export interface Frozen {
  path: string;
  entries: ManifestEntry[];
}

export interface Dossier {
  /** Paths within the rollout's directory. */
  files: ReadonlyMap<string, Uint8Array>;
  plan: Plan | null;
  policy: Policy | null;
  /** The text of the policy file with its signatures; null where it was not signed. */
  policySource: { text: string; signatures: string[] } | null;
  admission: Admission | null;
  order: Signed | null;
  outcome: { outcome: string; sentence: string } | null;
  statements: unknown[] | null;
  checkpoints: KeptCheckpoint[];
  frozen: Frozen[];
  windows: ReadonlyMap<string, Window[]>;
  /** In the order of the file. */
  entries: JournalEntry[];
  /** First line of the journal that is no entry, from 1; null: none. */
  badLine: number | null;
  /** Files that should hold JSON and do not. */
  unreadable: string[];
}

export function readDossier(files: ReadonlyMap<string, Uint8Array>): Dossier {
  const unreadable: string[] = [];
  const document = (name: string): unknown => json(files, `documents/${name}.json`, unreadable);
  const journal = readJournal(textOf(files.get(JOURNAL)) ?? '');
  const statements = document('statements');
  return {
    files,
    plan: object(document('plan')) as Plan | null,
    policy: object(document('policy')) as Policy | null,
    policySource: policySource(document('policy-source')),
    admission: object(document('admission')) as Admission | null,
    order: signed(document('start-order')),
    outcome: object(document('outcome')) as Dossier['outcome'],
    statements: Array.isArray(statements) ? statements : null,
    checkpoints: named(files, 'checkpoint-').map((path) => checkpoint(path, json(files, path, unreadable))),
    frozen: named(files, 'frozen-').map((path) => frozen(path, json(files, path, unreadable))),
    windows: windowsByDirectory(files, unreadable),
    ...journal,
    unreadable,
  };
}

function named(files: ReadonlyMap<string, Uint8Array>, prefix: string): string[] {
  const found = [...files.keys()].filter((path) => path.startsWith(`documents/${prefix}`));
  return found.sort((a, b) => numberIn(a) - numberIn(b) || byBytes(a, b));
}

function numberIn(path: string): number {
  return Number(/(\d+)\.json$/.exec(path)?.[1] ?? Number.MAX_SAFE_INTEGER);
}

function checkpoint(path: string, value: unknown): KeptCheckpoint {
  const kept = signed(value) ?? { statement: '', signature: '' };
  const says = object(parsed(kept.statement)) as Checkpoint | null;
  const whole = typeof says?.size === 'number' && typeof says.head === 'string' && typeof says.evidence === 'string';
  return { path, signed: kept, says: whole ? says : null };
}

function frozen(path: string, value: unknown): Frozen {
  const entries = Array.isArray(value) ? (value as unknown[]) : [];
  return { path, entries: entries.filter((entry) => object(entry) !== null) as ManifestEntry[] };
}

function policySource(value: unknown): Dossier['policySource'] {
  const source = object(value);
  if (!source || typeof source['text'] !== 'string' || !Array.isArray(source['signatures'])) return null;
  const signatures = (source['signatures'] as unknown[]).filter((each) => typeof each === 'string');
  return { text: source['text'], signatures };
}

export function signed(value: unknown): Signed | null {
  const found = object(value);
  if (!found || typeof found['statement'] !== 'string' || typeof found['signature'] !== 'string') return null;
  return { statement: found['statement'], signature: found['signature'] };
}

/** Decisions that carry what proves them, in the order of the journal. */
export function signedDecisions(entries: readonly JournalEntry[]): { entry: JournalEntry; proof: Signed }[] {
  return entries.flatMap((entry) => {
    const proof = entry.event === 'decided' ? signed(entry.details) : null;
    return proof ? [{ entry, proof }] : [];
  });
}

/** What every entry must be before anything may be made of it. */
function isEntry(value: unknown): value is JournalEntry {
  const entry = object(value);
  if (!entry) return false;
  const { seq, atMs, event, by, details, prev, hash } = entry;
  const texts = [event, prev, hash].every((each) => typeof each === 'string');
  const numbers = Number.isSafeInteger(seq) && Number.isSafeInteger(atMs);
  return texts && numbers && (by === null || typeof by === 'string') && object(details) !== null;
}

function readJournal(text: string): Pick<Dossier, 'entries' | 'badLine'> {
  const lines = text.split('\n');
  // Whole lines only: what follows the last newline was torn off.
  const torn = lines.pop() ?? '';
  const values = [...lines, ...(torn === '' ? [] : [torn])].map(parsed);
  const bad = values.findIndex((value) => !isEntry(value));
  const whole = bad < 0 ? values : values.slice(0, bad);
  return { entries: whole as JournalEntry[], badLine: bad < 0 ? null : bad + 1 };
}

const WINDOW_PATH = /^((?:windows|guard|after)\/[a-z0-9-]+|past)\/[a-z0-9-]+\/\d+\.json$/;

/** By directory (`windows/beta-0-1`), in order of time; raw pages are not windows. */
function windowsByDirectory(files: ReadonlyMap<string, Uint8Array>, unreadable: string[]): Dossier['windows'] {
  const found = new Map<string, Window[]>();
  for (const path of [...files.keys()].sort(byBytes)) {
    const directory = WINDOW_PATH.exec(path)?.[1];
    const window = directory === undefined ? null : (object(json(files, path, unreadable)) as Window | null);
    if (directory === undefined || !window) continue;
    const others = found.get(directory) ?? [];
    others.push(window);
    found.set(directory, others);
  }
  for (const own of found.values()) own.sort((a, b) => a.endMs - b.endMs || a.index - b.index);
  return found;
}

/** Of the recorded past, or of one step by one mode; none where nothing was kept. */
export function windowsIn({ windows }: Dossier, directory: string): readonly Window[] {
  return windows.get(directory) ?? [];
}

/** `windows/beta-0-1`, `guard/...`, `after/...`, each once. */
export function windowDirectories({ windows }: Dossier): string[] {
  return [...windows.keys()].filter((directory) => directory !== 'past');
}

export function object(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** A value of the evidence inside a sentence. */
export function told(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

export function textOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : new TextDecoder().decode(bytes);
}

/** Undefined: no such file. */
function json(files: ReadonlyMap<string, Uint8Array>, path: string, unreadable: string[]): unknown {
  const text = textOf(files.get(path));
  if (text === null) return undefined;
  const value = parsed(text);
  if (value === undefined && !unreadable.includes(path)) unreadable.push(path);
  return value;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
