/**
 * The Mann-Whitney test as Kayenta's judge uses it (statistics.md section 1): a confidence interval and the
 * Hodges-Lehmann estimate of the shift m between two samples, found where the statistic of (x - m, y) crosses a quantile.
 * z(m) = (R - n(n+1)/2 - nk/2 - sign/2) / sigma, with average ranks, sigma^2 = nk/12 [(N+1) - sum(t^3 - t)/(N(N-1))].
 */

/** Width of the interval in which a crossing is looked for: what Kayenta's root finder tolerates. */
const TOLERANCE = 1e-4;

export interface Shift {
  lower: number;
  upper: number;
  estimate: number;
}

/** z of "x is y shifted by m": positive where x lies higher. Both samples sorted, neither empty; NaN where all values tie. */
export function shiftZ(x: readonly number[], y: readonly number[], m: number): number {
  const [n, k] = [x.length, y.length];
  const total = n + k;
  let [i, j, ranks, ties] = [0, 0, 0, 0];
  while (i < n || j < k) {
    const value = Math.min(i < n ? (x[i] ?? 0) - m : Infinity, j < k ? (y[j] ?? 0) : Infinity);
    const [fromX, fromY] = [i, j];
    while (i < n && (x[i] ?? 0) - m === value) i += 1;
    while (j < k && y[j] === value) j += 1;
    const tied = i - fromX + (j - fromY);
    ranks += (i - fromX) * (fromX + fromY + (tied + 1) / 2);
    ties += tied * tied * tied - tied;
  }
  const dz = ranks - (n * (n + 1)) / 2 - (n * k) / 2;
  const sigma = Math.sqrt(((n * k) / 12) * (total + 1 - ties / (total * (total - 1))));
  return sigma === 0 ? Number.NaN : (dz - 0.5 * Math.sign(dz)) / sigma;
}

/** Both samples sorted. `z`: the normal quantile of half of what is left outside the interval. */
export function shiftOf(x: readonly number[], y: readonly number[], z: number): Shift {
  return { lower: crossing(x, y, z), upper: crossing(x, y, -z), estimate: crossing(x, y, 0) };
}

/** z(m) falls as m grows; where it never comes to `quantile`, the end of what is possible. */
function crossing(x: readonly number[], y: readonly number[], quantile: number): number {
  let low = (x[0] ?? 0) - (y.at(-1) ?? 0);
  let high = (x.at(-1) ?? 0) - (y[0] ?? 0);
  if (shiftZ(x, y, low) <= quantile) return low;
  if (shiftZ(x, y, high) >= quantile) return high;
  while (high - low > TOLERANCE) {
    const middle = (low + high) / 2;
    if (shiftZ(x, y, middle) > quantile) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
