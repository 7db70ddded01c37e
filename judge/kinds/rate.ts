/** Rate: events per unit, each unit having the event or not. Exact in every lane. Pure, sandbox-safe. */
import { compared, isSingle, meansKind, single } from '../means/kind.js';
import type { Moments } from '../means/moments.js';
import { RATE_CV } from '../means/offset.js';
import { betaBinomialBounds } from '../procedures/beta-binomial.js';
import { percent, points } from '../words.js';

export const rateMoments: Moments = {
  payload: 'rate',
  order: 0,
  kept: 0,
  add: (payload, _edgeMs, into) => {
    if (payload.kind !== 'rate') return false;
    into.units += payload.units;
    into.events += payload.events;
    return true;
  },
  variance: ({ units, events }) => (events / units) * (1 - events / units),
  // Rates of users lie between nought and one, so they differ by no more than chance does.
  between: ({ units, events }) => Math.min(RATE_CV, Math.sqrt(Math.max(0, units / events - 1))),
  bounds: ({ units, events }, { factor, level }) => betaBinomialBounds(events / factor, units / factor, level),
  least: 0,
  most: 1,
  counts: true,
  either: true,
  heavyTails: false,
};

export const rate = meansKind({
  moments: rateMoments,
  shows: { scale: () => ({ zero: 0, one: 1 }), mean: percent, difference: points },
  ask: (_metric, word, { kind, value }) => {
    if (kind === 'ms') return null;
    if (isSingle(word)) return single(word, value);
    return compared(word, kind === 'relative' ? 'ratio' : 'difference', value);
  },
});
