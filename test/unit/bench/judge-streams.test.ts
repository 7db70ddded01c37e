/** The streams are what their names say: otherwise the benchmark proves something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell, Observation, Payload, Window } from '../../../workflows/contract/windows.js';
import { Random } from '../../bench/judge/random.js';
import { type Kind, KINDS, LATENCY, RATE } from '../../bench/judge/streams/kinds.js';
import {
  AR1,
  BURSTS_8,
  CLASSES,
  DIURNAL,
  POISSON,
  SHOCK,
  STICKY,
  type StreamClass,
} from '../../bench/judge/streams/noise.js';
import { rateStream } from '../../bench/judge/streams/rate.js';
import { BAD_SLICE, slicedStream } from '../../bench/judge/streams/slices.js';
import type { StreamSetting } from '../../bench/judge/streams/stream.js';

const setting = (change: Partial<StreamSetting> = {}): StreamSetting => ({
  class: POISSON,
  traffic: 3_000,
  ratio: 1,
  phase: 'guard',
  random: new Random('streams', 1),
  ...change,
});

function cellsOf({ observation }: { observation: Observation }): Cell[] {
  if (observation.kind !== 'value') throw new Error('no counts');
  return observation.cells;
}

/** What a kind measures, as the sums it is a quotient of. */
function measured(payload: Payload): [above: number, below: number] {
  switch (payload.kind) {
    case 'rate':
      return [payload.events, payload.units];
    case 'count':
      return [payload.events, payload.exposure];
    case 'score':
      return [payload.n - payload.sum, payload.n];
    case 'ratio':
      return [payload.sy, payload.sz];
    case 'quantile':
      return [payload.n - at(payload.buckets, 400), payload.n];
  }
}

function at(buckets: readonly [number | null, number][], edgeMs: number): number {
  return buckets.find(([edge]) => edge === edgeMs)?.[1] ?? Number.NaN;
}

/** Of both arms over many minutes. */
function quotients(kind: Kind, change: Partial<StreamSetting>, minutes: number): { control: number; treated: number } {
  const stream = kind.stream(setting(change));
  const sums = { baseline: [0, 0], candidate: [0, 0] };
  for (let minute = 0; minute < minutes; minute += 1)
    for (const { arm, payload } of cellsOf(stream.next())) {
      const [above, below] = measured(payload);
      sums[arm] = [(sums[arm][0] ?? 0) + above, (sums[arm][1] ?? 0) + below];
    }
  const quotient = ([above = 0, below = 0]: number[]) => above / below;
  return { control: quotient(sums.baseline), treated: quotient(sums.candidate) };
}

for (const kind of KINDS)
  test(`${kind.name}: the candidate's is the ratio asked for, and equal where one is asked for`, () => {
    const worse = quotients(kind, { ratio: 1.5 }, 3_000);
    // Slow requests are almost all of those above 400 ms, where the bulk leaves a few.
    assert.ok(Math.abs(worse.treated / worse.control - 1.5) < 0.03, `${worse.treated / worse.control}`);
    const equal = quotients(kind, {}, 3_000);
    assert.ok(Math.abs(equal.treated / equal.control - 1) < 0.02, `${equal.treated / equal.control}`);
  });

for (const of of CLASSES.filter(({ stickyUsers }) => stickyUsers === 0))
  test(`${of.name}: the arms of an equal candidate differ by nothing that lasts`, () => {
    const { control, treated } = quotients(RATE, { class: of }, 20_000);
    assert.ok(Math.abs(treated / control - 1) < 0.03, `${treated / control}`);
  });

test('before the stage there is the baseline alone with all the traffic; indexes count anew in the stage, time goes on', () => {
  for (const kind of KINDS) {
    const stream = kind.stream(setting());
    const before: Window[] = Array.from({ length: 3 }, () => structuredClone(stream.before()));
    const during: Window[] = Array.from({ length: 3 }, () => structuredClone(stream.next()));
    assert.deepEqual(
      before.map(({ index, phase, share }) => [index, phase, share]),
      [0, 1, 2].map((index) => [index, 'baseline', 0]),
    );
    assert.deepEqual(
      during.map(({ index, phase, share, startMs }) => [index, phase, share, startMs]),
      [0, 1, 2].map((index) => [index, 'guard', 0.5, (index + 3) * 60_000]),
    );
    for (const window of before)
      assert.deepEqual(
        cellsOf(window).map(({ arm }) => arm),
        ['baseline'],
      );
    for (const window of during)
      assert.deepEqual(
        cellsOf(window).map(({ arm }) => arm),
        ['baseline', 'candidate'],
      );
    const units = ({ payload }: Cell) => (kind.name === 'ratio' ? 0 : (measured(payload)[1] ?? 0));
    if (kind.name !== 'ratio') assert.ok(units(cellsOf(before[0] as Window)[0] as Cell) > 5_500);
  }
});

test('a stream gives the same window again and again, with new numbers', () => {
  const stream = RATE.stream(setting());
  const first = stream.next();
  const counts = structuredClone(cellsOf(first));
  assert.equal(stream.next(), first);
  assert.notDeepEqual(cellsOf(first), counts);
});

/** Logarithms of both arms' error rates, minute by minute. */
function lnRates(of: StreamClass, minutes: number): [control: number[], treated: number[]] {
  const stream = rateStream(setting({ class: of, traffic: 300_000 }));
  const [control, treated]: [number[], number[]] = [[], []];
  for (let minute = 0; minute < minutes; minute += 1) {
    stream.next();
    control.push(Math.log(stream.control.events / stream.control.units));
    treated.push(Math.log(stream.treated.events / stream.treated.units));
  }
  return [control, treated];
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [(a[i] ?? 0) - ma, (b[i] ?? 0) - mb];
    [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
  }
  return ab / Math.sqrt(aa * bb);
}

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

test('a shock is shared by the arms, a burst is not', () => {
  const [shocked, alike] = lnRates(SHOCK, 2_000);
  assert.ok(correlation(shocked, alike) > 0.95);
  const [bursting, other] = lnRates(BURSTS_8, 2_000);
  assert.ok(Math.abs(correlation(bursting, other)) < 0.1);
  // sqrt(ln(1 + 0.8^2)) = 0.703.
  assert.ok(Math.abs(deviation(bursting) - 0.703) < 0.04, `${deviation(bursting)}`);
});

test('neighbouring minutes of AR(1) .5 correlate by a half, those of bursts not at all', () => {
  const lagged = (values: readonly number[]) => correlation(values.slice(1), values.slice(0, -1));
  assert.ok(Math.abs(lagged(lnRates(AR1, 5_000)[0]) - 0.5) < 0.05);
  assert.ok(Math.abs(lagged(lnRates(BURSTS_8, 5_000)[0])) < 0.05);
});

test('the day has a busy and a quiet half, for both arms', () => {
  const stream = rateStream(setting({ class: DIURNAL }));
  const units = Array.from({ length: 1_440 }, () => {
    stream.next();
    return [stream.control.units, stream.treated.units];
  });
  for (const arm of [0, 1]) {
    const all = units.map((both) => both[arm] ?? 0);
    assert.ok(Math.min(...all) < 1_400 && Math.max(...all) > 4_600, `${Math.min(...all)} to ${Math.max(...all)}`);
  }
});

test('sticky users put between the arms what statistics.md 12.7 says: sqrt((1 + CV^2)(1/U + 1/U))', () => {
  const offsets = Array.from({ length: 200 }, (_, seed) => {
    const { control, treated } = quotients(
      RATE,
      { class: STICKY, traffic: 300_000, random: new Random('sticky', seed) },
      30,
    );
    return Math.log(treated / control);
  });
  const expected = Math.sqrt(2 * (2 / 5_000));
  assert.ok(Math.abs(deviation(offsets) / expected - 1) < 0.2, `${deviation(offsets)}, not ${expected}`);
});

test('a regression of the tail leaves the median where it was', () => {
  const below = (ratio: number, edge: number): number => {
    const stream = LATENCY.stream(setting({ ratio }));
    let [under, all] = [0, 0];
    for (let minute = 0; minute < 500; minute += 1) {
      const payload = cellsOf(stream.next())[1]?.payload;
      if (payload?.kind !== 'quantile') throw new Error('no histogram');
      under += at(payload.buckets, edge);
      all += payload.n;
    }
    return under / all;
  };
  assert.ok(Math.abs(below(1, 100) - below(2, 100)) < 0.02);
  assert.ok(Math.abs((1 - below(2, 500)) / (1 - below(1, 500)) - 2) < 0.1);
});

test('the true quantile of latency is where the histogram puts it', () => {
  // 2 % slow requests, half of them above their median of 400 ms; the bulk adds next to nothing.
  assert.ok(Math.abs(LATENCY.truth(1) - 400) < 2);
  assert.ok(LATENCY.truth(2) > 500);
});

test('slices add up to the whole; the bad one has 3 % of the traffic and alone is worse', () => {
  const stream = slicedStream(setting({ ratio: 2 }));
  const sums = new Map<string, [units: number, events: number]>();
  for (let minute = 0; minute < 2_000; minute += 1)
    for (const { arm, slice, payload } of cellsOf(stream.next())) {
      const [events, units] = measured(payload);
      const sum = sums.get(`${arm} ${slice}`) ?? [0, 0];
      sums.set(`${arm} ${slice}`, [sum[0] + units, sum[1] + events]);
    }
  const of = (arm: string, slice: string | null) => sums.get(`${arm} ${slice}`) ?? [0, 0];
  const parts = [...sums].filter(([name]) => name.startsWith('candidate') && !name.endsWith('null'));
  assert.equal(parts.length, 20);
  assert.deepEqual(
    parts.reduce(([units = 0, events = 0], [, sum]) => [units + sum[0], events + sum[1]], [0, 0]),
    of('candidate', null),
  );
  const rate = ([units = 0, events = 0]: readonly number[]) => events / units;
  assert.ok(Math.abs(of('candidate', BAD_SLICE)[0] / of('candidate', null)[0] - 0.03) < 0.001);
  assert.ok(Math.abs(rate(of('candidate', BAD_SLICE)) / rate(of('baseline', BAD_SLICE)) - 2) < 0.15);
  assert.ok(Math.abs(rate(of('candidate', null)) / rate(of('baseline', null)) - 1.03) < 0.015);
});
