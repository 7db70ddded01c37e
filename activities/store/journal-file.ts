/**
 * The journal as JSON lines. Entries are known by sequence and content: the same again adds nothing, another entry under
 * a used sequence (a workflow that was reset) is kept beside the first, for `verify` to find. A last line that a crash
 * tore is no entry and is dropped at the next append. Pure.
 */
import canonicalize from 'canonicalize';
import type { JournalEntry } from '../../workflows/contract/journal.js';

/** A line in the middle that is no entry: somebody changed the file. */
export class JournalDamaged extends Error {
  constructor(line: number) {
    super(`journal line ${line} is not a journal entry`);
    this.name = 'JournalDamaged';
  }
}

/** Text with the missing entries added; null: nothing is missing. */
export function journalWith(text: string, entries: JournalEntry[]): string | null {
  const lines = wholeLines(text);
  const known = new Set(parsed(lines).map((entry) => canonicalize(entry)));
  const missing = entries.map((entry) => canonicalize(entry) ?? '').filter((line) => !known.has(line));
  if (missing.length === 0) return null;
  return `${[...lines, ...new Set(missing)].join('\n')}\n`;
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
