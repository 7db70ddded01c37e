/** Files of recorded windows that are in order, however they are written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, at, cellsOf, csv, type Fields, jsonl, METRICS, of, pair, row, windows } from './recorded-world.js';

const counts = (units: number, events: number) => ({ units, events });

test('reads every kind by its own fields, other columns left empty', () => {
  const rows = [
    row('errors', counts(100, 2)),
    row('latency', { n: 10, 'le=50': 6, 'le=100': 9, 'le=+Inf': 10 }),
    row('quality', { n: 4, sum: 3, sumSq: 2.5 }),
    row('crashes', { events: 7, exposure: 2.5 }),
    row('cost', { n: 3, sy: 6, sz: 3, syy: 14, szz: 3.5, syz: 6.5 }),
    row('budget', counts(50, 1)),
    row('length', { n: 2, 'le=50': 1, 'le=100': 2, 'le=+Inf': 2 }),
    row('parity', { slice: 'group=a', ...counts(9, 3) }),
  ];
  const recorded = accepted(csv(rows));
  const payload = (metric: string) => cellsOf(windows(recorded, metric)[0])['baseline'];
  assert.deepEqual(payload('errors'), { kind: 'rate', units: 100, events: 2 });
  const buckets = [
    [50, 6],
    [100, 9],
    [null, 10],
  ];
  assert.deepEqual(payload('latency'), { kind: 'quantile', n: 10, buckets });
  assert.deepEqual(payload('quality'), { kind: 'score', n: 4, sum: 3, sumSq: 2.5 });
  assert.deepEqual(payload('crashes'), { kind: 'count', events: 7, exposure: 2.5 });
  assert.deepEqual(payload('cost'), { kind: 'ratio', n: 3, sy: 6, sz: 3, syy: 14, szz: 3.5, syz: 6.5 });
  assert.deepEqual(payload('budget'), { kind: 'rate', units: 50, events: 1 });
  assert.equal(payload('length')?.kind, 'quantile');
  assert.deepEqual(payload('parity'), { kind: 'rate', units: 9, events: 3 });
});

test('reads quotes, commas and line ends in quotes, CRLF, a byte order mark and columns in any order alike', () => {
  const plain = accepted(csv([row('errors', { ...counts(100, 2), discarded: 'warm-up' })]));
  const [start, end] = [at(0), at(1)];
  const strange = `\ufeffevents, "units" ,arm,"discarded",metric,end,start,window\r\n\r\n2,100,"baseline","warm-up","errors",${end},${start},0\r\n`;
  const other = accepted(strange.replace(' "units" ', '"units"'));
  assert.deepEqual(windows(other, 'errors'), windows(plain, 'errors'));
  const broken = accepted(
    `discarded,events,units,arm,metric,end,start,window\n"says ""no"",\nat length",2,100,baseline,errors,${end},${start},0`,
  );
  assert.equal(windows(broken, 'errors')[0]?.discarded, 'says "no",\nat length');
});

test('reads JSON lines to the very same windows as CSV', () => {
  const rows = [
    ...pair('errors', -1, counts(9, 1), counts(8, 0)),
    ...pair('errors', 0, counts(100, 2), { ...counts(90, 3), via: 'share' }),
  ];
  const histogram: Fields = row('latency', { n: 10, 'le=50': 6, 'le=+Inf': 10 });
  const { ['le=50']: _a, ['le=+Inf']: _b, ...bare } = histogram;
  const listed = {
    ...bare,
    buckets: [
      [50, 6],
      [null, 10],
    ],
  };
  const fromCsv = accepted(csv([...rows, histogram]));
  assert.deepEqual(accepted(jsonl([...rows, histogram])).metrics, fromCsv.metrics);
  assert.deepEqual(accepted(jsonl([...rows, listed])).metrics, fromCsv.metrics);
});

test('reads whole windows as the evidence store keeps them, those without a value among them', () => {
  const [first] = windows(accepted(csv(pair('errors', 0, counts(100, 2), counts(90, 3)))), 'errors');
  const blind = {
    ...first,
    index: 1,
    startMs: first?.endMs,
    endMs: (first?.endMs ?? 0) + 1_000,
    observation: { kind: 'noData', reason: 'restarted' },
  };
  const guard = { ...first, index: 2, startMs: blind.endMs, endMs: blind.endMs + 1_000, phase: 'guard', share: 0.5 };
  const recorded = accepted(jsonl([{ ...first, share: 0.5 }, { ...blind, share: 0.5 }, guard]));
  assert.equal(recorded.shareKnown, true);
  assert.deepEqual(windows(recorded, 'errors'), [{ ...first, share: 0.5 }, { ...blind, share: 0.5 }, guard]);
});

test('takes negative windows as the baseline before the stage, counted from 0 for the judge', () => {
  const rows = [
    row('errors', { window: -2, ...counts(5, 1) }),
    row('errors', { window: -1, ...counts(6, 1) }),
    ...pair('errors', 0, counts(7, 1), counts(8, 1)),
  ];
  const found = windows(accepted(csv(rows)), 'errors').map(({ index, phase }) => [index, phase]);
  assert.deepEqual(found, [
    [0, 'baseline'],
    [1, 'baseline'],
    [0, 'bake'],
  ]);
});

test('adds the slices up to the whole only where the file has none', () => {
  const part = (arm: string, slice: string, units: number) => row('lost', { arm, slice, ...counts(units, 1) });
  const sliced = [
    part('baseline', 'mailType=a', 10),
    part('baseline', 'mailType=b', 20),
    part('candidate', 'mailType=a', 5),
  ];
  const summed = cellsOf(windows(accepted(csv(sliced)), 'lost')[0]);
  assert.deepEqual(summed['baseline'], { kind: 'rate', units: 30, events: 2 });
  assert.deepEqual(summed['candidate'], { kind: 'rate', units: 5, events: 1 });
  assert.deepEqual(summed['baseline, mailType=b'], { kind: 'rate', units: 20, events: 1 });
  const told = cellsOf(windows(accepted(csv([...sliced, part('baseline', '', 99)])), 'lost')[0]);
  assert.deepEqual(told['baseline'], { kind: 'rate', units: 99, events: 1 });
  assert.deepEqual(told['candidate'], summed['candidate']);
});

test('adds histograms up edge by edge, and sums of scores and ratios term by term', () => {
  const slices = { by: ['g'], minUnits: 1, onThin: 'extend' };
  const sliced = { latency: of({ ...METRICS['latency'], slices }), cost: of({ ...METRICS['cost'], slices }) };
  const rows = [
    row('latency', { slice: 'g=a', n: 10, 'le=50': 6, 'le=+Inf': 10 }),
    row('latency', { slice: 'g=b', n: 3, 'le=50': 1, 'le=+Inf': 3 }),
    row('cost', { slice: 'g=a', n: 1, sy: 1, sz: 1, syy: 1, szz: 1, syz: 1 }),
    row('cost', { slice: 'g=b', n: 2, sy: 2, sz: 2, syy: 2, szz: 2, syz: 2 }),
  ];
  const recorded = accepted(csv(rows), sliced);
  assert.deepEqual(cellsOf(windows(recorded, 'latency')[0])['baseline'], {
    kind: 'quantile',
    n: 13,
    buckets: [
      [50, 7],
      [null, 13],
    ],
  });
  assert.deepEqual(cellsOf(windows(recorded, 'cost')[0])['baseline'], {
    kind: 'ratio',
    n: 3,
    sy: 3,
    sz: 3,
    syy: 3,
    szz: 3,
    syz: 3,
  });
});

test('takes the share that is seen where no column says it, and says so', () => {
  const recorded = accepted(csv(pair('errors', 0, counts(750, 0), counts(250, 0))));
  assert.deepEqual([recorded.share, recorded.shareKnown], [0.25, false]);
  assert.match(recorded.notes.join(), /no column share: the split seen, 25 % .* not checked/);
  assert.equal(windows(recorded, 'errors')[0]?.share, 0.25);
  const told = accepted(csv(pair('errors', 0, { ...counts(750, 0), share: '50%' }, { ...counts(250, 0), share: 0.5 })));
  assert.deepEqual([told.share, told.shareKnown, told.notes], [0.5, true, METRIC_NOTES]);
});

/** All metrics of the gates file but errors. */
const METRIC_NOTES = Object.keys(METRICS)
  .filter((name) => name !== 'errors')
  .map((name) => `metric ${name} has no rows`);

test('says which windows are missing, which slices are not judged, and which times had no zone', () => {
  const without = (text: string) => text.replaceAll('.000Z', '');
  const notes = (rows: Fields[], text = csv(rows)) =>
    accepted(text)
      .notes.filter((note) => !note.endsWith('has no rows'))
      .join('\n');
  const share = { share: 0.5 };
  assert.match(
    notes([row('errors', { ...counts(1, 0), ...share }), row('errors', { window: 3, ...counts(1, 0), ...share })]),
    /errors lacks 2 of its 4 windows/,
  );
  assert.match(
    notes([row('errors', { slice: 'x=1', ...counts(1, 0), ...share })]),
    /errors has slices in the data, but none in the gates file: only its whole is judged, the sum of them/,
  );
  assert.match(
    notes([row('lost', { ...counts(1, 0), ...share })]),
    /lost is sliced by mailType, but the data has no slices/,
  );
  assert.match(
    notes([], without(csv([row('errors', { ...counts(1, 0), ...share })]))),
    /without a zone are read as UTC/,
  );
});

test('reads times with zones, fractions and without seconds to the same moment', () => {
  const moments = [
    '2026-03-01T12:00:00Z',
    '2026-03-01T12:00Z',
    '2026-03-01 14:00:00.000+02:00',
    '2026-03-01T06:30:00-0530',
    '2026-03-01T12:00:00',
  ];
  for (const start of moments) {
    const [window] = windows(accepted(csv([row('errors', { start, ...counts(1, 0) })])), 'errors');
    assert.equal(window?.startMs, Date.parse('2026-03-01T12:00:00Z'), start);
  }
});

test('keeps units first seen and unlabelled units beside the counts', () => {
  const [window] = windows(
    accepted(csv([row('errors', { ...counts(9, 1), first_seen: 4, unlabelled: 30 })])),
    'errors',
  );
  assert.deepEqual(cellsOf(window)['baseline'], { kind: 'rate', units: 9, events: 1, firstSeen: 4, unlabelled: 30 });
});
