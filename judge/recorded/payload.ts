/**
 * One row's numbers to the payload its metric stands on. One table says which kind has which fields; what a row says
 * beyond them is wrong, because it would be ignored. Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Payload } from '../../workflows/contract/windows.js';
import { payloadKind, unitsOf, wrongPayload } from '../payload.js';
import { amountIn, countIn, numberIn } from './fields.js';
import type { Report } from './problem.js';

/** A row before anything is known of it: what each field says, '' where it says nothing. */
export interface RawRow {
  line: number;
  field(name: string): string;
  /** Histogram edges this row has a field for, ascending, with the name of the field; +Infinity is `le=+Inf`. */
  edges: readonly Edge[];
}
export interface Edge {
  edge: number;
  name: string;
}

type Kind = Payload['kind'];

/** Fields of a payload; `quantile` has its buckets (`le=<edge>`) besides. */
const FIELDS_OF: Record<Kind, readonly string[]> = {
  rate: ['units', 'events'],
  quantile: ['n'],
  score: ['n', 'sum', 'sumSq'],
  count: ['events', 'exposure'],
  ratio: ['n', 'sy', 'sz', 'syy', 'szz', 'syz'],
};
export const PAYLOAD_FIELDS: readonly string[] = [...new Set(Object.values(FIELDS_OF).flat())];

const READERS: Record<Kind, (row: RawRow, say: Report, metric: MetricSpec) => Payload | null> = {
  rate: readRate,
  quantile: readQuantile,
  score: readScore,
  count: readCount,
  ratio: readRatio,
};

/** Null when something was reported. */
export function payloadOf(metric: MetricSpec, row: RawRow, report: Report): Payload | null {
  const kind = payloadKind(metric.kind);
  let fine = true;
  const say: Report = (field, reason) => {
    fine = false;
    report(field, reason);
  };
  refuseForeign(kind, metric, row, say);
  const read = READERS[kind](row, say, metric);
  const extras = extrasOf(row, say);
  if (!fine || read === null) return null;
  const payload = { ...read, ...extras };
  const wrong = wrongPayload(metric, payload);
  if (wrong === null) return payload;
  report(blamed(metric, payload), wrong);
  return null;
}

function refuseForeign(kind: Kind, metric: MetricSpec, row: RawRow, say: Report): void {
  const own = FIELDS_OF[kind];
  const why = `is no field of kind ${metric.kind}, which has ${own.join(', ')}${kind === 'quantile' ? ' and le=<edge>' : ''}; leave it empty`;
  for (const name of PAYLOAD_FIELDS) if (!own.includes(name) && row.field(name) !== '') say(name, why);
  const bucket = kind === 'quantile' ? undefined : row.edges.find(({ name }) => row.field(name) !== '');
  if (bucket) say(bucket.name, why);
}

function readRate(row: RawRow, say: Report): Payload | null {
  const units = countIn('units', row.field('units'), say);
  const events = countIn('events', row.field('events'), say);
  return units === null || events === null ? null : { kind: 'rate', units, events };
}

function readCount(row: RawRow, say: Report): Payload | null {
  const events = countIn('events', row.field('events'), say);
  const exposure = amountIn('exposure', row.field('exposure'), say);
  return events === null || exposure === null ? null : { kind: 'count', events, exposure };
}

function readScore(row: RawRow, say: Report): Payload | null {
  const n = countIn('n', row.field('n'), say);
  const sum = numberIn('sum', row.field('sum'), say);
  const sumSq = amountIn('sumSq', row.field('sumSq'), say);
  return n === null || sum === null || sumSq === null ? null : { kind: 'score', n, sum, sumSq };
}

function readRatio(row: RawRow, say: Report): Payload | null {
  const n = countIn('n', row.field('n'), say);
  const [sy, sz, syz] = ['sy', 'sz', 'syz'].map((name) => numberIn(name, row.field(name), say));
  const [syy, szz] = ['syy', 'szz'].map((name) => amountIn(name, row.field(name), say));
  if (n === null || sy == null || sz == null || syz == null || syy == null || szz == null) return null;
  const sums = { sy, sz, syy, szz, syz };
  const over = Object.entries(sums).find(([, sum]) => n === 0 && sum !== 0);
  if (over) say(over[0], `is ${over[1]}, and n is 0`);
  return { kind: 'ratio', n, ...sums };
}

function readQuantile(row: RawRow, say: Report, metric: MetricSpec): Payload | null {
  const n = countIn('n', row.field('n'), say);
  const buckets: [number | null, number][] = [];
  let below = 0;
  for (const { edge, name } of row.edges) {
    if (row.field(name) === '') continue;
    const count = countIn(name, row.field(name), say);
    if (count === null || n === null) return null;
    const last = edge === Number.POSITIVE_INFINITY;
    if (count < below) say(name, `${count} is fewer than the ${below} at the edge before; buckets are cumulative`);
    else if (last && count !== n) say('n', `is ${n}, but le=+Inf says ${count}`);
    else if (count > n) say(name, `${count} is more than n, which is ${n}`);
    if (edge < 0 && metric.kind === 'quantile') say(name, 'is below 0; edges of durations are milliseconds');
    buckets.push([last ? null : edge, count]);
    below = count;
  }
  if (n === null) return null;
  if (n > 0 && buckets.length === 0) say('n', `is ${n}, but the row has no bucket; write le=<edge> fields`);
  return { kind: 'quantile', n, buckets };
}

function extrasOf(row: RawRow, say: Report): { firstSeen?: number; unlabelled?: number } {
  const optional = (name: string) => (row.field(name) === '' ? null : countIn(name, row.field(name), say));
  const [firstSeen, unlabelled] = [optional('first_seen'), optional('unlabelled')];
  return { ...(firstSeen === null ? {} : { firstSeen }), ...(unlabelled === null ? {} : { unlabelled }) };
}

/** The field to look at first where numbers do not fit together. */
function blamed(metric: MetricSpec, payload: Payload): string {
  if (payload.kind !== 'count' && (payload.firstSeen ?? 0) > unitsOf(payload)) return 'first_seen';
  switch (payload.kind) {
    case 'rate':
      return 'events';
    case 'count':
      return 'exposure';
    case 'quantile':
      return 'n';
    case 'score': {
      const [lowest, highest] = metric.kind === 'score' ? metric.range : [0, 0];
      return payload.sum < payload.n * lowest || payload.sum > payload.n * highest ? 'sum' : 'sumSq';
    }
    case 'ratio': {
      const { n, sy, sz, syy, szz } = payload;
      if (sy * sy > n * syy) return 'syy';
      return sz * sz > n * szz ? 'szz' : 'syz';
    }
  }
}
