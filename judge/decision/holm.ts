/**
 * Which of many claims are proven when the chance of even one false claim is to stay within `level`: Holm's procedure
 * (Holm 1979; with weights in the form of Bretz, Maurer, Brannath and Posch 2009, where a proven claim leaves its share
 * of the level to the others). Valid at every look when the p are anytime-valid. Pure, sandbox-safe.
 */

/**
 * True where proven. Weights need not add up to one; a claim without a positive weight, or whose p is not a number, is
 * never proven.
 */
export function holm(ps: readonly number[], weights: readonly number[], level: number): boolean[] {
  const proven = ps.map(() => false);
  const claims = ps
    .map((p, index) => ({ index, p, weight: weights[index] ?? 0 }))
    .filter(({ p, weight }) => weight > 0 && !Number.isNaN(p))
    .sort((a, b) => a.p / a.weight - b.p / b.weight);
  let left = 0;
  const weightFrom = claims.map(() => 0);
  for (let i = claims.length - 1; i >= 0; i -= 1) {
    left += claims[i]?.weight ?? 0;
    weightFrom[i] = left;
  }
  for (const [i, { index, p, weight }] of claims.entries()) {
    if (p > (level * weight) / (weightFrom[i] ?? left)) break;
    proven[index] = true;
  }
  return proven;
}
