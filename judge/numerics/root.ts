/** Where a continuous function of one number is zero. Pure, sandbox-safe. */

/**
 * A root of `f` between `lower` and `upper`, by Brent's method (R. Brent, Algorithms for Minimization without
 * Derivatives, 1973, ch. 4): never slower than halving by more than a square, and on smooth functions far faster.
 *
 * `tolerance` is the largest distance from the root asked for; below the resolution of a double around the root it has
 * no effect, and 0 (the default) means as close as doubles allow. `f` may be infinite but not jump over zero: a jump is
 * indistinguishable from a root.
 *
 * Null when there is no root to promise: `f` has the same sign at both ends, or is not a number where it was asked.
 */
export function brent(f: (x: number) => number, lower: number, upper: number, tolerance = 0): number | null {
  let [best, atBest] = [upper, f(upper)];
  let [other, atOther] = [lower, f(lower)];
  if (atBest === 0) return best;
  if (atOther === 0) return other;
  if (!(atBest < 0 && atOther > 0) && !(atBest > 0 && atOther < 0)) return null;
  let [previous, atPrevious] = [other, atOther];
  let step = best - previous;
  let stepBefore = step;
  for (;;) {
    // The root lies between `best` and `other`; `previous` is the iterate before.
    if (Math.abs(atOther) < Math.abs(atBest)) {
      [previous, atPrevious] = [best, atBest];
      [best, atBest] = [other, atOther];
      [other, atOther] = [previous, atPrevious];
    }
    const enough = 2 * Number.EPSILON * Math.abs(best) + Number.MIN_VALUE + tolerance / 2;
    const half = (other - best) / 2;
    if (Math.abs(half) <= enough || atBest === 0) return best;
    const interpolated =
      Math.abs(stepBefore) >= enough && Math.abs(atPrevious) > Math.abs(atBest)
        ? interpolate(best, atBest, previous, atPrevious, other, atOther)
        : Number.NaN;
    // Accepted only inside the bracket and when steps at least halve every second time; else the bracket is halved.
    const inside = interpolated / half > 0 && Math.abs(interpolated) < 1.5 * Math.abs(half) - enough / 2;
    if (inside && Math.abs(interpolated) < Math.abs(stepBefore / 2)) {
      stepBefore = step;
      step = interpolated;
    } else {
      stepBefore = half;
      step = half;
    }
    [previous, atPrevious] = [best, atBest];
    best += Math.abs(step) > enough ? step : Math.sign(half) * enough;
    atBest = f(best);
    if (Number.isNaN(atBest)) return null;
    if (atBest > 0 === atOther > 0) {
      [other, atOther] = [previous, atPrevious];
      step = best - previous;
      stepBefore = step;
    }
  }
}

/** The step from `best` to the root of the line, or of the inverse parabola, through the points known. */
function interpolate(
  best: number,
  atBest: number,
  previous: number,
  atPrevious: number,
  other: number,
  atOther: number,
): number {
  const s = atBest / atPrevious;
  if (previous === other) return ((other - best) * s) / (s - 1);
  const q = atPrevious / atOther;
  const r = atBest / atOther;
  return (-s * ((other - best) * q * (q - r) - (best - previous) * (r - 1))) / ((q - 1) * (r - 1) * (s - 1));
}
