/**
 * The one grammar by which text from outside becomes a number. Everything else (`''`, `0x10`, `1,000`, ` 1`) is refused,
 * because `Number('')` is 0 and a gate would pass on it. Pure.
 */

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^(?:NaN|[+-]?Inf)$/;
const WHOLE = /^-?\d{1,16}(?:\.0*)?$/;
const SUM = /^-?\d+(?:\.\d+)?(?:e[+-]\d{1,3})?$/;
const LONGEST = 400;

/** A sample's value as Prometheus writes it: a finite number, `null` for NaN, infinities and overflow, `undefined` when it is no number. */
export function sampleValue(text: string): number | null | undefined {
  if (NOT_FINITE.test(text)) return null;
  if (text.length > LONGEST || !DECIMAL.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  return value === 0 ? 0 : value;
}

/** A count as SQL prints one: `12`, `12.00`; `undefined` for anything negative, fractional, unsafe or not a number. */
export function wholeCount(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) return undefined;
  return value === 0 ? 0 : value;
}

/** A sum as PostgreSQL prints one: `12.5`, `-3`, `1e-07`; `undefined` for anything else and for what no double can hold. */
export function decimalSum(text: string): number | undefined {
  if (text.length > LONGEST || !SUM.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}
