/**
 * The journal as JSON lines, a hash chain: the same entry again adds nothing, and one that does not follow from what is
 * kept (a workflow that was reset, or that somebody else wrote) is refused. A last line that a crash tore is no entry and
 * is dropped at the next append. Pure.
 */
import canonicalize from 'canonicalize';
import { hashOf } from '../../evidence/chain.js';
import { GENESIS } from '../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';

/** A line in the middle that is no entry: somebody changed the file. */
export class JournalDamaged extends Error {
  constructor(line: number) {
    super(`journal line ${line} is not a journal entry`);
    this.name = 'JournalDamaged';
  }
}

/** An entry that does not follow from what is kept: a second history of the same rollout. */
export class JournalForked extends Error {
  constructor({ seq, by, event }: JournalEntry, kept: number) {
    super(`${kept} journal entries, and entry ${seq} (${event}, by ${by ?? 'nobody'}) does not follow from them`);
    this.name = 'JournalForked';
  }
}

/** Text with the missing entries added; null: nothing is missing. Throws JournalForked, JournalDamaged. */
export function journalWith(text: string, entries: JournalEntry[]): string | null {
  const lines = wholeLines(text);
  const kept = parsed(lines);
  const known = new Set(kept.map((entry) => canonicalize(entry)));
  const missing = new Map(
    entries.map((entry) => [canonicalize(entry) ?? '', entry] as const).filter(([line]) => !known.has(line)),
  );
  if (missing.size === 0) return null;
  let last = kept.at(-1) ?? BEFORE_ALL;
  for (const entry of missing.values()) {
    if (!follows(entry, last)) throw new JournalForked(entry, kept.length);
    last = entry;
  }
  return `${[...lines, ...missing.keys()].join('\n')}\n`;
}

const BEFORE_ALL = { seq: 0, hash: GENESIS };

function follows(entry: JournalEntry, last: Pick<JournalEntry, 'seq' | 'hash'>): boolean {
  return entry.seq === last.seq + 1 && entry.prev === last.hash && entry.hash === hashOf(entry);
}

/** By sequence; equal sequences in the order they were written. Throws JournalDamaged. */
export function parseJournal(text: string): JournalEntry[] {
  return parsed(wholeLines(text)).sort((a, b) => a.seq - b.seq);
}

function wholeLines(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}

function parsed(lines: string[]): JournalEntry[] {
  return lines.map((line, index) => {
    const entry = parseLine(line);
    if (typeof entry?.seq !== 'number') throw new JournalDamaged(index + 1);
    return entry;
  });
}

function parseLine(line: string): JournalEntry | null {
  try {
    return JSON.parse(line) as JournalEntry | null;
  } catch {
    return null;
  }
}
