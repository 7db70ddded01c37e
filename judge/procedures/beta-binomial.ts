/**
 * Beta-binomial confidence sequence for one probability: bounds that hold at every look at once
 * (statistics.md 12.4; mixture of binomial likelihoods over Beta(1/2, 1/2)). Pure, sandbox-safe.
 *
 * Counts may be fractions: dividing events and units by the same factor >= 1 tempers the likelihood, which keeps the
 * sequence valid (the mean of a power below one of an e-value is at most one) and pays for overdispersion.
 */
import { lnBeta } from '../numerics/gamma.js';

const LN_BETA_HALVES = lnBeta(0.5, 0.5);
/** Halvings: past the resolution of a double in [0, 1]. */
const HALVINGS = 52;

export interface Range {
  lower: number;
  upper: number;
}

/** All p with ln M(p) < ln(1/level); [0, 1] with no units. */
export function betaBinomialBounds(events: number, units: number, level: number): Range {
  if (units <= 0) return { lower: 0, upper: 1 };
  return { lower: lowerBound(events, units, level), upper: 1 - lowerBound(units - events, units, level) };
}

function lowerBound(events: number, units: number, level: number): number {
  if (events <= 0) return 0;
  const others = units - events;
  const constant = lnBeta(events + 0.5, others + 0.5) - LN_BETA_HALVES + Math.log(level);
  let out = 0;
  let within = events / units;
  for (let i = 0; i < HALVINGS; i += 1) {
    const p = (out + within) / 2;
    const lnMixture = constant - events * Math.log(p) - (others > 0 ? others * Math.log1p(-p) : 0);
    if (lnMixture < 0) within = p;
    else out = p;
    if (within - out < 1e-12 * within) break;
  }
  return out;
}
