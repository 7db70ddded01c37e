/** From a claim that can be asked at any level to one anytime-valid p. Pure, sandbox-safe. */

const LEAST = 1e-12;

/**
 * The smallest level at which the claim is proven. The claim must be monotone: proven at one level, proven at every
 * larger one; then p <= level exactly when it is proven at `level`, so p is valid at every look because the claim is.
 * 1 when proven at no level below; 1e-12 when proven even there. `near`: distance of ln p from the true one at which it is
 * near enough; p is rounded up, never down. Asks at most 40 times.
 */
export function anytimeP(proven: (level: number) => boolean, near = 1e-9): number {
  let below = Math.log(LEAST);
  if (proven(LEAST)) return LEAST;
  let above = 0;
  while (above - below > near) {
    const middle = (below + above) / 2;
    if (proven(Math.exp(middle))) above = middle;
    else below = middle;
  }
  return Math.exp(above);
}
