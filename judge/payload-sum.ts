/** Two payloads of one metric as one: slices as a whole, groups as everybody. Pure, sandbox-safe. */
import type { Payload } from '../workflows/contract/windows.js';

/** Both are of one metric, so of one kind and with the same edges. */
export function added(a: Payload, b: Payload): Payload {
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
