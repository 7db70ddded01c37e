/** The whole as the sum of its slices, where a file has slices only: as the sources add it up. Pure, sandbox-safe. */
import type { Cell, Payload } from '../../workflows/contract/windows.js';

/** The cells, and a whole for every arm and via that has slices but no whole. `cells` are of one window. */
export function withWholes(cells: readonly Cell[]): Cell[] {
  const wholes = new Map<string, Cell>();
  const has = new Set(cells.filter(({ slice }) => slice === null).map(placeOf));
  for (const cell of cells) {
    const place = placeOf(cell);
    if (has.has(place)) continue;
    const sum = wholes.get(place);
    wholes.set(place, { ...cell, slice: null, payload: sum ? added(sum.payload, cell.payload) : cell.payload });
  }
  return [...wholes.values(), ...cells];
}

function placeOf({ arm, via }: Cell): string {
  return `${arm} ${via}`;
}

/** Both are of one metric, so of one kind and with the same edges. */
function added(a: Payload, b: Payload): Payload {
  const extras = { ...both('firstSeen', a, b), ...both('unlabelled', a, b) };
  if (a.kind === 'rate' && b.kind === 'rate')
    return { kind: 'rate', units: a.units + b.units, events: a.events + b.events, ...extras };
  if (a.kind === 'count' && b.kind === 'count')
    return { kind: 'count', events: a.events + b.events, exposure: a.exposure + b.exposure, ...extras };
  if (a.kind === 'score' && b.kind === 'score')
    return { kind: 'score', n: a.n + b.n, sum: a.sum + b.sum, sumSq: a.sumSq + b.sumSq, ...extras };
  if (a.kind === 'ratio' && b.kind === 'ratio')
    return {
      kind: 'ratio',
      n: a.n + b.n,
      sy: a.sy + b.sy,
      sz: a.sz + b.sz,
      syy: a.syy + b.syy,
      szz: a.szz + b.szz,
      syz: a.syz + b.syz,
      ...extras,
    };
  if (a.kind === 'quantile' && b.kind === 'quantile')
    return { kind: 'quantile', n: a.n + b.n, buckets: addedBuckets(a.buckets, b.buckets), ...extras };
  return a;
}

type Buckets = Extract<Payload, { kind: 'quantile' }>['buckets'];

/** A slice that saw nothing may have no buckets at all. */
function addedBuckets(a: Buckets, b: Buckets): Buckets {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  return a.map(([edge, count], at) => [edge, count + (b[at]?.[1] ?? 0)]);
}

/** A count that only some slices have is not known of the whole. */
function both(name: 'firstSeen' | 'unlabelled', a: Payload, b: Payload): Partial<Record<typeof name, number>> {
  const [one, other] = [a[name], b[name]];
  return one === undefined || other === undefined ? {} : { [name]: one + other };
}
