/**
 * Simpson's reversal: the arms pooled say one thing, compared within each stratum (a share in force, a slice) the
 * opposite, because the arms do not have the same mix of strata. Neither is then to be believed. Pure, sandbox-safe.
 */

/** Counts of one stratum; divided by a factor of overdispersion, they may be fractions. */
export interface StratumCounts {
  control: { units: number; events: number };
  treated: { units: number; events: number };
}

/** Differences of rates, treated less control. Null when an arm, or every stratum, has nothing to compare. */
export interface Reversal {
  pooled: number | null;
  mantelHaenszel: number | null;
  reversed: boolean;
}

/** Standard errors a difference must lie away from zero to have a sign: 99 % two-sided, at one look. */
const TELLING = 2.58;

interface Difference {
  value: number;
  variance: number;
}

/**
 * `reversed`: the signs differ, each beyond 2.58 of its own standard error. Not a claim with an error level over many
 * looks, and no need of one: without a difference in mix the two are nearly the same number, and the answer is a hold.
 */
export function simpson(strata: readonly StratumCounts[]): Reversal {
  const [pooled, within] = [pooledDifference(strata), mantelHaenszel(strata)];
  return {
    pooled: pooled?.value ?? null,
    mantelHaenszel: within?.value ?? null,
    reversed: pooled !== null && within !== null && sign(pooled) * sign(within) < 0,
  };
}

const sign = ({ value, variance }: Difference): number =>
  Math.abs(value) > TELLING * Math.sqrt(variance) ? Math.sign(value) : 0;

/** Variance p(1-p)/n of each arm's binomial rate, added. */
function pooledDifference(strata: readonly StratumCounts[]): Difference | null {
  const arms = (['treated', 'control'] as const).map((arm) => {
    let [units, events] = [0, 0];
    for (const stratum of strata) [units, events] = [units + stratum[arm].units, events + stratum[arm].events];
    const rate = events / units;
    return { units, rate, variance: (rate * (1 - rate)) / units };
  });
  const [treated, control] = arms;
  if (!treated || !control || !(treated.units > 0) || !(control.units > 0)) return null;
  return { value: treated.rate - control.rate, variance: treated.variance + control.variance };
}

/**
 * Differences within strata, weighted by w = n1 n0 / n (Mantel and Haenszel 1959; 1: treated, 0: control), with the
 * variance of Sato (1989), which holds for many thin strata as for few large ones and is too large, not too small, when
 * the difference varies between strata: (d sum P + sum Q) / (sum w)^2,
 * P = (n1^2 e0 - n0^2 e1 + n1 n0 (n0 - n1) / 2) / n^2,  Q = (e1 (n0 - e0) + e0 (n1 - e1)) / (2 n).
 */
function mantelHaenszel(strata: readonly StratumCounts[]): Difference | null {
  let [weights, weighted, p, q] = [0, 0, 0, 0];
  for (const { control, treated } of strata) {
    const [n1, n0, e1, e0] = [treated.units, control.units, treated.events, control.events];
    if (!(n1 > 0) || !(n0 > 0)) continue;
    const n = n1 + n0;
    weights += (n1 * n0) / n;
    weighted += (e1 * n0 - e0 * n1) / n;
    p += (n1 * n1 * e0 - n0 * n0 * e1 + (n1 * n0 * (n0 - n1)) / 2) / (n * n);
    q += (e1 * (n0 - e0) + e0 * (n1 - e1)) / (2 * n);
  }
  if (weights <= 0) return null;
  const value = weighted / weights;
  return { value, variance: Math.max(0, value * p + q) / (weights * weights) };
}
