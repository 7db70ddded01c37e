/**
 * Naming the bad ones among many: of those named, at most a share of `level` is named wrongly on average, however the
 * e-values depend on one another (e-BH; Wang and Ramdas 2022). It names, it does not roll back. Pure, sandbox-safe.
 */

/** Indexes of the k largest, k = the largest with e_(k) >= m / (level k); in order. What is not a number counts as 0. */
export function eBH(es: readonly number[], level: number): number[] {
  const ranked = es
    .map((e, index) => ({ e: Number.isNaN(e) ? 0 : e, index }))
    .sort((a, b) => (a.e === b.e ? a.index - b.index : b.e - a.e));
  const most = ranked.findLastIndex(({ e }, i) => level * (i + 1) * e >= es.length) + 1;
  return ranked
    .slice(0, most)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

/**
 * An e-value from a p-value: (1 - p + p ln p) / (p ln^2 p), the mean of the calibrators c p^(c-1) over 0 < c < 1 (Vovk
 * and Wang 2021). With x = -ln p this is (exp(x) - 1 - x) / x^2: one half at p = 1, without end towards p = 0.
 */
export function eFromP(p: number): number {
  if (!(p < 1)) return Number.isNaN(p) ? 0 : 0.5;
  const x = -Math.log(Math.max(0, p));
  if (x === Number.POSITIVE_INFINITY) return x;
  return x < 1e-3 ? 1 / 2 + x / 6 + (x * x) / 24 + x ** 3 / 120 : (Math.expm1(x) - x) / (x * x);
}
