/**
 * The grammar of single values in recorded data: counts, numbers, shares, times. Strict, because `Number('')` is zero and
 * a gate would pass on it. Each reader returns the value or says what is wrong. Pure, sandbox-safe.
 */
import { type Report, shown } from './problem.js';

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

/** A finite number; null when it is none, and that was reported. */
export function numberIn(field: string, text: string, report: Report): number | null {
  const say = (reason: string): null => (report(field, reason), null);
  if (text === '') return say('is empty; write a number');
  if (NOT_FINITE.test(text)) return say(`${shown(text)} is not a finite number`);
  if (!DECIMAL.test(text)) return say(`${shown(text)} is no number; write digits with a point, like 1250 or 0.75`);
  const value = Number(text);
  if (!Number.isFinite(value)) return say(`${shown(text)} is too large to be a number`);
  // Adding zero turns minus zero, which JSON lacks, into zero.
  return value + 0;
}

/** A whole number from zero on that is exact in binary. */
export function countIn(field: string, text: string, report: Report): number | null {
  const value = numberIn(field, text, report);
  if (value === null) return null;
  const wrong = wrongCount(value);
  if (wrong === null) return value;
  report(field, `${shown(text)} ${wrong}`);
  return null;
}

function wrongCount(value: number): string | null {
  if (value < 0) return 'is negative; counts begin at 0';
  if (!Number.isInteger(value)) return 'is not whole; this is counted';
  return Number.isSafeInteger(value) ? null : 'is too large to be exact';
}

/** A finite number from zero on. */
export function amountIn(field: string, text: string, report: Report): number | null {
  const value = numberIn(field, text, report);
  if (value === null || value >= 0) return value;
  report(field, `${shown(text)} is negative; this begins at 0`);
  return null;
}

/** `0.25` or `25%`. */
export function shareIn(field: string, text: string, report: Report): number | null {
  const percent = text.endsWith('%');
  const value = numberIn(field, percent ? text.slice(0, -1) : text, report);
  if (value === null) return null;
  const share = percent ? value / 100 : value;
  if (share >= 0 && share <= 1) return share;
  report(field, `${shown(text)} is no share; write it from 0 to 1, or from 0% to 100%`);
  return null;
}

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const MINUTE_MS = 60_000;

/** Unix milliseconds of an ISO 8601 time; one without a zone is read as UTC. */
export function timeIn(field: string, text: string, report: Report): number | null {
  const found = TIME.exec(text);
  const ms = found ? millisecondsOf(found) : null;
  if (ms === null)
    report(
      field,
      text === ''
        ? 'is empty; write an ISO 8601 time'
        : `${shown(text)} is no ISO 8601 time, like 2026-03-01T12:00:00Z`,
    );
  return ms;
}

/** The time says in which zone it is. */
export function isZoned(text: string): boolean {
  return TIME.exec(text)?.[8] !== undefined;
}

function millisecondsOf(found: RegExpExecArray): number | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const at = Date.UTC(y, mo - 1, d, h, mi, s);
  const back = new Date(at);
  const legal = back.getUTCMonth() === mo - 1 && back.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  const away = minutesOf(zone);
  if (!legal || away === null) return null;
  return at + Math.floor(Number(`0.${fraction.padEnd(3, '0')}`) * 1_000 + 1e-6) - away * MINUTE_MS;
}

function minutesOf(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || '0')];
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
