/** Value of a polynomial whose coefficients stand lowest power first (Horner's rule). Pure, sandbox-safe. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i -= 1) sum = sum * x + (coefficients[i] ?? 0);
  return sum;
}
