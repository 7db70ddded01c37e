/**
 * Which columns of counts a query answers for a metric, how each is written, and the payload they make. Pure.
 */
import { payloadKind } from '../../judge/payload.js';
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Payload } from '../../workflows/contract/windows.js';
import { excerpt } from './failures.js';
import { unreadable } from './unusable.js';

/** Whole count, sum that may be negative and fractional, or amount: a sum that is not negative. */
export type Grammar = 'count' | 'sum' | 'amount';

const COLUMNS: Record<Payload['kind'], Record<string, Grammar>> = {
  rate: { units: 'count', events: 'count' },
  quantile: { n: 'count' },
  score: { n: 'count', sum: 'sum', sum_sq: 'amount' },
  count: { events: 'count', exposure: 'amount' },
  ratio: { n: 'count', sy: 'sum', sz: 'sum', syy: 'amount', szz: 'amount', syz: 'sum' },
};
const PLACES = ['arm', 'via'];
const OPTIONAL = ['first_seen', 'unlabelled'];
const EDGE = /^le_(minus_)?(\d{1,15})(?:_(\d{1,15}))?$/;

/** Columns of counts by name, the optional ones if answered. Throws unless the columns are exactly those promised. */
export function countColumns(metric: MetricSpec, answered: readonly string[]): Map<string, Grammar> {
  const kind = payloadKind(metric.kind);
  const edges = kind === 'quantile' ? answered.filter((column) => edgeOf(column) !== null) : [];
  const required = [...Object.keys(COLUMNS[kind]), ...edges];
  const slices = metric.slices?.by ?? [];
  refuseClash(slices, [...PLACES, ...required, ...OPTIONAL]);
  refuseMissing(metric, [...PLACES, ...slices, ...required], answered);
  const known = new Set([...PLACES, ...slices, ...required, ...OPTIONAL]);
  for (const column of answered) if (!known.has(column)) throw extra(column, kind);
  if (new Set(answered).size !== answered.length) throw unreadable('the query answers a column twice');
  if (kind === 'quantile') refuseEdges(metric, edges);
  const columns = new Map(Object.entries(COLUMNS[kind]));
  for (const column of answered) if (edges.includes(column) || OPTIONAL.includes(column)) columns.set(column, 'count');
  return columns;
}

/** The payload of summed columns. */
export function payloadOf(metric: MetricSpec, sums: ReadonlyMap<string, number>): Payload {
  const at = (column: string) => sums.get(column) ?? 0;
  const [firstSeen, unlabelled] = OPTIONAL.map((column) => sums.get(column));
  return {
    ...numbersOf(metric, at, sums.keys()),
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(unlabelled === undefined ? {} : { unlabelled }),
  };
}

function numbersOf(metric: MetricSpec, at: (column: string) => number, columns: Iterable<string>): Payload {
  const kind = payloadKind(metric.kind);
  switch (kind) {
    case 'rate':
      return { kind, units: at('units'), events: at('events') };
    case 'quantile':
      return { kind, n: at('n'), buckets: [...bucketsOf(at, columns), [null, at('n')]] };
    case 'score':
      return { kind, n: at('n'), sum: at('sum'), sumSq: at('sum_sq') };
    case 'count':
      return { kind, events: at('events'), exposure: at('exposure') };
    case 'ratio':
      return { kind, n: at('n'), sy: at('sy'), sz: at('sz'), syy: at('syy'), szz: at('szz'), syz: at('syz') };
  }
}

function bucketsOf(at: (column: string) => number, columns: Iterable<string>): [number, number][] {
  return [...columns].flatMap((column): [number, number][] => {
    const edge = edgeOf(column);
    return edge === null ? [] : [[edge, at(column)]];
  });
}

/** `le_50` is 50, `le_0_5` is 0.5, `le_minus_1` is -1; null for any other name. */
function edgeOf(column: string): number | null {
  const [found, minus, whole = '', part = '0'] = EDGE.exec(column) ?? [];
  if (found === undefined) return null;
  const size = Number(`${whole}.${part}`);
  return minus === undefined || size === 0 ? size : -size;
}

function refuseClash(slices: readonly string[], taken: readonly string[]): void {
  const clash = slices.find((slice) => taken.includes(slice));
  if (clash !== undefined)
    throw unreadable(
      `the slice ${excerpt(clash)} has the name of a column the query answers anyway; name it otherwise`,
    );
}

function refuseMissing(metric: MetricSpec, wanted: readonly string[], answered: readonly string[]): void {
  const missing = wanted.find((column) => !answered.includes(column));
  if (missing === undefined) return;
  const edges = payloadKind(metric.kind) === 'quantile' ? ' and le_<edge>' : '';
  const all = wanted.filter((column) => edgeOf(column) === null).join(', ');
  throw unreadable(`the query answers no column ${missing}; a ${metric.kind} metric answers ${all}${edges}`);
}

function extra(column: string, kind: Payload['kind']): Error {
  const told =
    kind === 'quantile' && column.startsWith('le_')
      ? 'that is no bucket edge; write le_50, le_0_5 for 0.5 or le_minus_1 for -1, and leave out +Inf, which is n'
      : 'that is neither required nor a declared slice';
  return unreadable(`the query answers a column ${excerpt(column)} ${told}`);
}

function refuseEdges(metric: MetricSpec, columns: readonly string[]): void {
  if (columns.length < 2)
    throw unreadable(`the query answers ${columns.length} bucket columns; a histogram has at least le_<a> and le_<b>`);
  let before = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    const edge = edgeOf(column) ?? Number.NaN;
    if (edge < 0 && metric.kind !== 'drift') throw unreadable(`${column}: no duration is negative`);
    if (!(edge > before))
      throw unreadable(`${column} is not above the edge before it; let edges rise from left to right`);
    before = edge;
  }
}
