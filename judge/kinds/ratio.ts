/**
 * Ratio: the sum of y over the sum of z, over independent units (cost per interaction, by user). Differences of windows
 * for relative margins; for limits in its own unit an asymptotic confidence sequence with the delta method's variance,
 * tempered by the scatter of windows. Pure, sandbox-safe.
 */
import { compared, isSingle, meansKind, single } from '../means/kind.js';
import type { ArmCounts, Moments } from '../means/moments.js';
import { asymptoticBounds } from '../procedures/asymptotic.js';
import { figure } from '../words.js';

/** Windows before the variance is known well enough. */
const WINDOWS_NEEDED = 30;

/** Variance of y - R z, per unit of z (delta method). */
function variance({ units, events, moments }: ArmCounts): number {
  const [syy = 0, szz = 0, syz = 0] = moments;
  const mean = events / units;
  return Math.max(0, syy - 2 * mean * syz + mean * mean * szz) / units;
}

export const ratioMoments: Moments = {
  payload: 'ratio',
  order: 3,
  add: (payload, _edgeMs, into) => {
    if (payload.kind !== 'ratio') return false;
    into.units += payload.sz;
    into.events += payload.sy;
    into.moments[0] = (into.moments[0] ?? 0) + payload.syy;
    into.moments[1] = (into.moments[1] ?? 0) + payload.szz;
    into.moments[2] = (into.moments[2] ?? 0) + payload.syz;
    return true;
  },
  variance,
  bounds: (arm, { factor, level, windows, planned }) =>
    windows < WINDOWS_NEEDED || arm.units <= 0
      ? { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }
      : asymptoticBounds(arm.events / arm.units, {
          n: windows,
          variance: (variance(arm) * factor * windows) / arm.units,
          planned,
          level,
        }),
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
