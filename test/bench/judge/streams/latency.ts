/**
 * Latency in a histogram: a log-normal bulk around 100 ms, and one request in fifty that is slow, log-normal around
 * 400 ms. The intensity multiplies the share of slow requests alone: a regression of the tail leaves the median where
 * it was.
 */
import type { Cell, QuantilePayload } from '../../../../workflows/contract/windows.js';
import { Categories } from '../random.js';
import { cell, type Filling, type Stream, streamOf, type StreamSetting } from './stream.js';

const SLOW = 0.02;
const MOST_SLOW = 0.9;
const BULK = { lnMedian: Math.log(100), deviation: 0.35 };
const TAIL = { lnMedian: Math.log(400), deviation: 0.5 };
/** Milliseconds: coarse in the bulk, eight per cent apart where the limits lie. */
const EDGES = [100, 200, 300, 370, 400, 430, 465, 500, 540, 700, 1_200] as const;

export function latencyStream(setting: StreamSetting): Stream {
  const { random } = setting;
  const bulk = new Categories(chances(BULK));
  const tail = new Categories(chances(TAIL));
  const counts = [...EDGES, null].map(() => 0);
  const control = emptyHistogram();
  const treated = emptyHistogram();
  const cells: Cell[] = [cell('baseline', control), cell('candidate', treated)];
  const filling: Filling = {
    cells,
    fill(arm, units, intensity) {
      const payload = arm === 'baseline' ? control : treated;
      const slow = random.binomial(units, Math.min(MOST_SLOW, SLOW * intensity));
      counts.fill(0);
      bulk.spread(random, units - slow, counts);
      tail.spread(random, slow, counts);
      payload.n = units;
      let below = 0;
      for (let i = 0; i < counts.length; i += 1) {
        below += counts[i] ?? 0;
        const bucket = payload.buckets[i];
        if (bucket) bucket[1] = below;
      }
    },
  };
  return streamOf(setting, filling);
}

function emptyHistogram(): QuantilePayload {
  return { kind: 'quantile', n: 0, buckets: [...EDGES, null].map((edge) => [edge, 0]) };
}

interface LogNormal {
  lnMedian: number;
  deviation: number;
}

function chances(of: LogNormal): number[] {
  const below = [...EDGES.map((edge) => normalCdf((Math.log(edge) - of.lnMedian) / of.deviation)), 1];
  return below.map((chance, i) => chance - (below[i - 1] ?? 0));
}

/** The true quantile in milliseconds where slow requests are `ratio` times as frequent, by bisection. */
export function trueQuantile(q: number, ratio: number): number {
  const slow = Math.min(MOST_SLOW, SLOW * ratio);
  const below = (ms: number): number =>
    (1 - slow) * normalCdf((Math.log(ms) - BULK.lnMedian) / BULK.deviation) +
    slow * normalCdf((Math.log(ms) - TAIL.lnMedian) / TAIL.deviation);
  let [low, high] = [1, 100_000];
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (below(middle) < q) low = middle;
    else high = middle;
  }
  return low;
}

/** Abramowitz and Stegun, formula 7.1.26: right to 1.5e-7. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * series * Math.exp(-x * x);
  return z > 0 ? 1 - tail : tail;
}
