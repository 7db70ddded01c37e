/**
 * Ratio: the sum of y over the sum of z, over independent units (cost per interaction, by user). Differences of windows
 * for relative margins; for limits in its own unit an asymptotic confidence sequence with the delta method's variance,
 * tempered by the scatter of windows. Pure, sandbox-safe.
 */
import { compared, isSingle, meansKind, single } from '../means/kind.js';
import type { ArmCounts, Moments, Tempering } from '../means/moments.js';
import type { Range } from '../procedures/beta-binomial.js';
import { asymptoticBounds } from '../procedures/asymptotic.js';
import { figure } from '../words.js';

/** Windows before the variance is known well enough. */
const WINDOWS_NEEDED = 30;

/** Variance of y - R z, per unit of z (delta method). */
const variance = ({ units, moments }: ArmCounts): number => (moments[0] ?? 0) / units;

const mean = ({ units, events }: ArmCounts): number => events / units;

/** `squared`: of the standard error; a boundary over windows, of which each has its even part in it. */
function around(value: number, squared: number, { windows, planned, level }: Tempering): Range {
  if (windows < WINDOWS_NEEDED || !Number.isFinite(value)) return UNKNOWN;
  return asymptoticBounds(value, { n: windows, variance: squared * windows, planned, level });
}

const UNKNOWN: Range = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

export const ratioMoments: Moments = {
  payload: 'ratio',
  order: 4,
  kept: 2,
  add: (payload, _edgeMs, into) => {
    if (payload.kind !== 'ratio') return false;
    into.units += payload.sz;
    into.events += payload.sy;
    into.moments[0] = (into.moments[0] ?? 0) + payload.syy;
    into.moments[1] = (into.moments[1] ?? 0) + payload.n;
    into.moments[2] = (into.moments[2] ?? 0) + payload.szz;
    into.moments[3] = (into.moments[3] ?? 0) + payload.syz;
    return true;
  },
  // Kept are the sum of (y - R z)^2, about the R of everything so far, and n: 1 + 1 sums for 3 squares and products.
  settle: (arm, unitsBefore, eventsBefore) => {
    const [syy = 0, , szz = 0, syz = 0] = arm.moments;
    const units = unitsBefore + arm.units;
    const mean = units > 0 ? (eventsBefore + arm.events) / units : 0;
    arm.moments[0] = Math.max(0, syy - 2 * mean * syz + mean * mean * szz);
  },
  variance,
  between: ({ events, moments: [squares = 0, n = 0] }) =>
    events === 0 ? 0 : Math.sqrt(n * squares) / Math.abs(events),
  bounds: (arm, tempering) => {
    const spread = Math.max(variance(arm), tempering.usualVariance ?? 0) * tempering.factor;
    return around(mean(arm), spread / arm.units, tempering);
  },
  // Errors of independent arms add as squares: one boundary for both is narrower than one for each.
  rise: (control, treated, controlFactor, tempering) => {
    const spread = Math.max(variance(control), variance(treated), tempering.usualVariance ?? 0);
    const squared = spread * (controlFactor / control.units + tempering.factor / treated.units);
    return around(mean(treated) - mean(control), squared, tempering);
  },
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
  counts: false,
  either: false,
  heavyTails: true,
};

export const ratio = meansKind({
  moments: ratioMoments,
  shows: { scale: () => ({ zero: 0, one: 1 }), mean: figure, difference: figure },
  ask: (_metric, word, { kind, value }) => {
    if (kind === 'relative' && !isSingle(word)) return compared(word, 'ratio', value);
    if (kind !== 'abs') return null;
    return isSingle(word) ? single(word, value) : compared(word, 'difference', value);
  },
});
