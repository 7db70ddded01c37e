/** Journal entries as lines. Pure. */
import { statementDigest } from '../../approvals/statement.js';
import type { JournalEntry, Json } from '../../workflows/contract/journal.js';
import { columns, safe, words } from './text.js';
import type { Canvas } from './tree.js';

/** Sequence, time, event, who, and the details in one line. */
export function logLines(entries: JournalEntry[], { paint }: Pick<Canvas, 'paint'>): string[] {
  return columns(
    entries.map((entry) => [
      paint.dim(String(entry.seq).padStart(4)),
      paint.dim(new Date(entry.atMs).toISOString().slice(0, 19) + 'Z'),
      paint.bold(words(entry.event)),
      safe(entry.by ?? '-'),
      details(entry.details),
    ]),
  );
}

function details(all: { [key: string]: Json }): string {
  return Object.entries(all)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${safe(key)}=${shown(key, value)}`)
    .join(' ');
}

function shown(key: string, value: Json): string {
  if (typeof value === 'number' && key.endsWith('Ms')) return new Date(value).toISOString();
  if (key === 'gates' && Array.isArray(value)) return value.map(gate).join(', ');
  // Whole in `log --json` and in the bundle; here each is told apart, not read.
  if (key === 'statement' && typeof value === 'string') return `${statementDigest(value).slice(0, 19)}…`;
  if (key === 'signature') return 'kept';
  if (key === 'request') return requestName(value);
  if (typeof value === 'string' && value.startsWith('sha256:')) return `${safe(value.slice(0, 19))}…`;
  if (typeof value === 'string') return /[\s"]/.test(value) ? JSON.stringify(safe(value)) : safe(value);
  return safe(JSON.stringify(value));
}

function requestName(value: Json): string {
  const isRequest = typeof value === 'object' && value !== null && !Array.isArray(value);
  return safe(text(isRequest ? value['requestId'] : value));
}

function gate(entry: Json): string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return safe(JSON.stringify(entry));
  const { gate: name, slice, verdict } = entry;
  const where = typeof slice === 'string' ? ` [${slice}]` : '';
  return safe(`${text(name)}${where} ${text(verdict)}`);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
