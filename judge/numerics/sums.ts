/** Sums of numbers kept as logarithms, where the numbers themselves would overflow or vanish. Pure, sandbox-safe. */

/** ln of the sum of exp(x); minus infinity for no values. The largest is left out of the sum: exact where it is all. */
export function lnSumExp(values: readonly number[]): number {
  const at = indexOfLargest(values, 1);
  const largest = values[at] ?? Number.NEGATIVE_INFINITY;
  if (!Number.isFinite(largest)) return largest;
  let others = 0;
  for (let i = 0; i < values.length; i += 1) if (i !== at) others += Math.exp((values[i] ?? 0) - largest);
  return largest + Math.log1p(others);
}

/** ln of the mean of exp(scale * x), without overflow; not a number for no values. */
export function lnMeanExp(values: readonly number[], scale: number): number {
  const largest = (values[indexOfLargest(values, scale)] ?? Number.NaN) * scale;
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value * scale - largest);
  return largest + Math.log(sum / values.length);
}

/** ln(exp(a) + exp(b)). */
export function lnAddExp(a: number, b: number): number {
  const larger = Math.max(a, b);
  if (!Number.isFinite(larger)) return larger;
  return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}

/**
 * ln(1 - exp(x)) for x <= 0: from ln of a probability to ln of its complement, to full precision at both ends
 * (Maechler, "Accurately computing log(1 - exp(-|a|))", 2012).
 */
export function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** Where value * scale is largest; a value that is not a number counts as larger than any, so that it shows. */
function indexOfLargest(values: readonly number[], scale: number): number {
  let at = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    const scaled = (values[i] ?? 0) * scale;
    if (Number.isNaN(scaled)) return i;
    if (scaled > largest) {
      largest = scaled;
      at = i;
    }
  }
  return at;
}
