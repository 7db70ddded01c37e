/**
 * Count: events per exposure, which may exceed one (alerts per hour, tokens per request). Ratios by the same exact grid
 * as rates; limits of one arm by a gamma-Poisson mixture. Pure, sandbox-safe.
 */
import { compared, isSingle, meansKind, single } from '../means/kind.js';
import type { Moments } from '../means/moments.js';
import { RATE_CV } from '../means/offset.js';
import { gammaPoissonBounds } from '../procedures/gamma-poisson.js';
import { figure } from '../words.js';

export const countMoments: Moments = {
  payload: 'count',
  order: 0,
  kept: 0,
  add: (payload, _edgeMs, into) => {
    if (payload.kind !== 'count') return false;
    into.units += payload.exposure;
    into.events += payload.events;
    return true;
  },
  variance: ({ units, events }) => events / units,
  between: () => RATE_CV,
  bounds: ({ units, events }, { factor, level, usual }) =>
    gammaPoissonBounds(events / factor, units / factor, level, usual ?? 1),
  least: 0,
  most: Number.POSITIVE_INFINITY,
  counts: true,
  either: false,
  heavyTails: false,
};

export const count = meansKind({
  moments: countMoments,
  shows: { scale: () => ({ zero: 0, one: 1 }), mean: figure, difference: figure },
  ask: (_metric, word, { kind, value }) => {
    if (kind === 'relative' && !isSingle(word)) return compared(word, 'ratio', value);
    if (kind !== 'abs') return null;
    return isSingle(word) ? single(word, value) : compared(word, 'difference', value);
  },
});
