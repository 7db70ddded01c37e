/**
 * The history of a service as an experiment of it against itself: every unit of a window goes to one of two arms by a
 * fair coin. Both arms are the same model, so whatever rolls back is wrong. Pure, sandbox-safe; the coin is seeded.
 */
import type { Cell, Payload, Window } from '../../workflows/contract/windows.js';
import { heads } from './binomial.js';
import { type Bits } from '../numerics/seeded.js';
import { withWholes } from './whole.js';

/** The windows with every cell of the one arm divided between two. Only the parts are thrown for; wholes are their sums. */
export function splitInTwo(windows: readonly Window[], bits: Bits): Window[] {
  return windows.map((window) => {
    if (window.observation.kind !== 'value') return window;
    const { cells } = window.observation;
    const sliced = cells.filter(({ slice }) => slice !== null);
    const parts = (sliced.length > 0 ? sliced : cells).flatMap((cell) => halves(cell, bits));
    return { ...window, share: 0.5, observation: { kind: 'value', cells: withWholes(parts) } };
  });
}

function halves(cell: Cell, bits: Bits): [Cell, Cell] {
  const [baseline, candidate] = halved(cell.payload, bits);
  return [
    { ...cell, arm: 'baseline', payload: baseline },
    { ...cell, arm: 'candidate', payload: candidate },
  ];
}

function halved(payload: Payload, bits: Bits): [Payload, Payload] {
  switch (payload.kind) {
    case 'rate': {
      const events = heads(payload.events, bits);
      const units = events + heads(payload.units - payload.events, bits);
      const rest = { kind: 'rate', units: payload.units - units, events: payload.events - events } as const;
      return [{ kind: 'rate', units, events }, rest];
    }
    case 'count': {
      // Hours and tokens are not drawn: each arm has half of them.
      const [events, exposure] = [heads(payload.events, bits), payload.exposure / 2];
      return [
        { kind: 'count', events, exposure },
        { kind: 'count', events: payload.events - events, exposure },
      ];
    }
    case 'quantile':
      return halvedHistogram(payload, bits);
    case 'score':
    case 'ratio':
      // Sums do not say what single units had; no source of histories has these.
      return [payload, payload];
  }
}

type Histogram = Extract<Payload, { kind: 'quantile' }>;

function halvedHistogram({ n, buckets }: Histogram, bits: Bits): [Histogram, Histogram] {
  const [one, other]: [Histogram, Histogram] = [
    { kind: 'quantile', n: 0, buckets: [] },
    { kind: 'quantile', n: 0, buckets: [] },
  ];
  let before = 0;
  for (const [edge, count] of [...buckets, [null, n] as const]) {
    const drawn = heads(count - before, bits);
    one.n += drawn;
    other.n += count - before - drawn;
    before = count;
    if (one.buckets.at(-1)?.[0] === null) continue;
    one.buckets.push([edge, one.n]);
    other.buckets.push([edge, other.n]);
  }
  return [one, other];
}
