/**
 * What a payload is worth on its own: which kind a metric stands on, how many units it speaks of, and whether its numbers
 * can be what they say they are. Sources ask before they hand a window out, the judge before it counts one.
 * Pure, sandbox-safe; takes whatever JSON holds and never throws.
 */
import type { MetricKind, MetricSpec } from '../workflows/contract/plan.js';
import type {
  CountPayload,
  Payload,
  QuantilePayload,
  RatePayload,
  RatioPayload,
  ScorePayload,
} from '../workflows/contract/windows.js';

const PAYLOAD_OF: Record<MetricKind, Payload['kind']> = {
  rate: 'rate',
  slo: 'rate',
  fairness: 'rate',
  quantile: 'quantile',
  drift: 'quantile',
  score: 'score',
  count: 'count',
  ratio: 'ratio',
};

/** Relative error that adding up millions of doubles one after another may leave in a sum. */
const TOLERANCE = 1e-9;

/** Between these, means and their squares neither vanish nor overflow. */
const LEAST = 1e-9;
const MOST_SQUARES = 1e60;

/** The payload a metric of this kind stands on. */
export function payloadKind(metric: MetricKind): Payload['kind'] {
  return PAYLOAD_OF[metric];
}

/** Units a payload speaks of: units, `n`, or exposure, which is in the metric's own measure and may be a fraction. */
export function unitsOf(payload: Payload): number {
  if (payload.kind === 'rate') return payload.units;
  return payload.kind === 'count' ? payload.exposure : payload.n;
}

/** Why these numbers cannot be true of anything, in words that follow the name of their place; null when they can. */
export function wrongPayload(metric: MetricSpec, payload: Payload | null | undefined): string | null {
  const wanted = payloadKind(metric.kind);
  if (payload?.kind !== wanted) return `it has no ${wanted}`;
  return wrongNumbers(metric, payload) ?? wrongExtras(payload);
}

function wrongNumbers(metric: MetricSpec, payload: Payload): string | null {
  switch (payload.kind) {
    case 'rate':
      return wrongRate(payload);
    case 'quantile':
      return wrongHistogram(payload);
    case 'score':
      return metric.kind === 'score' ? wrongScore(payload, metric.range) : null;
    case 'count':
      return wrongCount(payload);
    case 'ratio':
      return wrongRatio(payload);
  }
}

function wrongExtras(payload: Payload): string | null {
  const { firstSeen, unlabelled } = payload;
  if (firstSeen !== undefined && !isCount(firstSeen)) return notWhole('units first seen', firstSeen);
  if (unlabelled !== undefined && !isCount(unlabelled)) return notWhole('unlabelled units', unlabelled);
  // Exposure is no number of units: 40 hours may hold 100 users first seen.
  if (firstSeen === undefined || payload.kind === 'count' || firstSeen <= unitsOf(payload)) return null;
  return `it has ${firstSeen} units first seen among ${unitsOf(payload)} units`;
}

function wrongRate({ units, events }: RatePayload): string | null {
  if (!isCount(units)) return notWhole('units', units);
  if (!isCount(events)) return notWhole('events', events);
  if (events <= units) return null;
  return `it has ${events} events in ${units} units; count events only among units, and both at the same time`;
}

function wrongCount({ events, exposure }: CountPayload): string | null {
  if (!isCount(events)) return notWhole('events', events);
  if (!isAmount(exposure)) return notAmount('exposure', exposure);
  if (exposure > 0 && exposure < LEAST) return tooSmall('exposure', exposure);
  if (events === 0 || exposure > 0) return null;
  return `it has ${events} events in no exposure; count both at the same time`;
}

function wrongHistogram({ n, buckets }: QuantilePayload): string | null {
  if (!isCount(n)) return notWhole('n', n);
  if (!Array.isArray(buckets)) return 'buckets: they are no list';
  let [edge, below] = [Number.NEGATIVE_INFINITY, 0];
  for (const bucket of buckets) {
    if (!Array.isArray(bucket)) return 'buckets: one is no pair';
    const at = bucket[0] ?? Number.POSITIVE_INFINITY;
    if (typeof at !== 'number' || !(at > edge) || bucket[0] === Number.POSITIVE_INFINITY)
      return 'buckets: their edges do not rise to null';
    const count: unknown = bucket[1];
    if (!isCount(count)) return notWhole(`the count up to ${bucket[0]}`, count);
    if (count < below) return `it is not cumulative: ${count} up to ${bucket[0]}, but ${below} up to ${edge}`;
    if (count > n || (bucket[0] === null && count < n)) return `it counts ${count} up to ${bucket[0]}, but n is ${n}`;
    [edge, below] = [at, count];
  }
  return null;
}

/**
 * For x in [a, b]: n a <= sum x <= n b; sum (x - a)(b - x) >= 0, which bounds the squares from above; and by
 * Cauchy-Schwarz (sum x)^2 <= n sum x^2, which bounds them from below.
 */
function wrongScore({ n, sum, sumSq }: ScorePayload, [lowest, highest]: [number, number]): string | null {
  if (!isCount(n)) return notWhole('n', n);
  if (!Number.isFinite(sum)) return notFinite('sum', sum);
  if (!Number.isFinite(sumSq)) return notFinite('sumSq', sumSq);
  const scores = `${n} scores from ${lowest} to ${highest}`;
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const slack = TOLERANCE * n * size;
  if (sum < n * lowest - slack || sum > n * highest + slack) return `${scores} cannot have the sum ${sum}`;
  if (sumSq > (lowest + highest) * sum - n * lowest * highest + slack * size || exceeds(sum * sum, n * sumSq))
    return `${scores} with the sum ${sum} cannot have the sum of squares ${sumSq}`;
  return null;
}

/** Cauchy-Schwarz for each two of 1, y and z, and a correlation of y and z between -1 and 1: else a variance is negative. */
function wrongRatio({ n, sy, sz, syy, szz, syz }: RatioPayload): string | null {
  if (!isCount(n)) return notWhole('n', n);
  if (!areFinite(sy, sz, syy, szz, syz)) return firstInfinite({ sy, sz, syy, szz, syz });
  if (sz < 0) return `sz: ${sz} is below 0, and nothing is so much of it`;
  if (sz > 0 && sz < LEAST) return tooSmall('sz', sz);
  const scale = n * syy * (n * szz);
  if (Math.max(syy, szz) > MOST_SQUARES)
    return 'its squares syy or szz are too large to be multiplied; use a larger unit';
  if (syy < 0 || exceeds(sy * sy, n * syy))
    return `${n} values with the sum sy ${sy} cannot have the squares syy ${syy}`;
  if (szz < 0 || exceeds(sz * sz, n * szz))
    return `${n} values with the sum sz ${sz} cannot have the squares szz ${szz}`;
  const [spreadY, spreadZ] = [n * syy - sy * sy, n * szz - sz * sz].map((spread) => Math.max(0, spread));
  const together = n * syz - sy * sz;
  const most = (spreadY ?? 0) * (spreadZ ?? 0) + TOLERANCE * scale;
  if (exceeds(syz * syz, syy * szz) || together * together > most)
    return `no ${n} pairs with these sums have the sum of products syz ${syz}`;
  return null;
}

const exceeds = (value: number, limit: number): boolean => value > limit * (1 + TOLERANCE);

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

const isCount = (value: unknown): value is number => isAmount(value) && Number.isInteger(value);

function areFinite(a: number, b: number, c: number, d: number, e: number): boolean {
  return Number.isFinite(a) && Number.isFinite(b) && Number.isFinite(c) && Number.isFinite(d) && Number.isFinite(e);
}

function firstInfinite(sums: Record<string, unknown>): string | null {
  for (const [name, value] of Object.entries(sums)) if (!Number.isFinite(value)) return notFinite(name, value);
  return null;
}

const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : 'no number');

const notFinite = (what: string, value: unknown): string => `${what}: ${shown(value)} is no finite amount`;

const notAmount = (what: string, value: unknown): string =>
  `${what}: ${shown(value)} is no finite number from 0 to 2^53`;

const tooSmall = (what: string, value: number): string =>
  `${what}: ${value} is too small to divide by; use a smaller unit`;

const notWhole = (what: string, value: unknown): string => `${what}: ${shown(value)} is no whole count from 0 to 2^53`;
