/** How a check says no: a stable code and a sentence that is safe to print. Pure and sandbox-safe. */
import type { ErrorCode } from '../workflows/contract/errors.js';

export interface Refused {
  kind: 'refused';
  code: ErrorCode;
  sentence: string;
}

export function refused(code: ErrorCode, sentence: string): Refused {
  return { kind: 'refused', code, sentence };
}

const SHOWN = 80;

/** Foreign text or JSON inside a sentence: cut, and without a character that could move or reorder what a terminal shows. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const safe = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return `\`${safe.length > SHOWN ? `${safe.slice(0, SHOWN)}...` : safe}\``;
}
