/**
 * How far a count lies from its mean, on the scale of the likelihood. The powers in front of the incomplete gamma and
 * beta functions are the exponentials of deviances; written out as a ln x - x - lnGamma(a) they lose nine digits to
 * cancellation at a = 1e7. C. Loader, "Fast and accurate computation of binomial probabilities", 2000. Pure, sandbox-safe.
 */

/**
 * count * ln(count / mean) + mean - count, at least 0. `excess` is mean - count, for callers who know it better than a
 * difference of doubles does.
 */
export function deviance(count: number, mean: number, excess: number): number {
  const u = excess / count;
  if (u < -0.3) return excess - count * Math.log(mean / count);
  if (u > 0.4) return excess - count * Math.log1p(u);
  return count * minusLog1p(u);
}

/** u - ln(1 + u) for u in [-0.3, 0.4], from the series of the inverse hyperbolic tangent in u / (2 + u). */
function minusLog1p(u: number): number {
  const s = u / (2 + u);
  const w = s * s;
  const series =
    1 / 3 +
    w *
      (1 / 5 +
        w *
          (1 / 7 +
            w * (1 / 9 + w * (1 / 11 + w * (1 / 13 + w * (1 / 15 + w * (1 / 17 + w * (1 / 19 + w * (1 / 21)))))))));
  return s * (u - 2 * w * series);
}
