/** Bad recorded data: every row that is wrong is named with line, field and reason, and nothing of the file is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRecorded } from '../../../judge/recorded/read.js';
import { accepted, at, csv, type Fields, jsonl, METRICS, pair, refused, row, windows } from './recorded-world.js';

const errors = (fields: Fields) => row('errors', { units: 100, events: 2, ...fields });
const latency = (fields: Fields) => row('latency', { n: 10, 'le=50': 6, 'le=100': 9, 'le=+Inf': 10, ...fields });
const quality = (fields: Fields) => row('quality', { n: 4, sum: 3, sumSq: 2.5, ...fields });
const cost = (fields: Fields) => row('cost', { n: 3, sy: 6, sz: 3, syy: 14, szz: 3.5, syz: 6.5, ...fields });

const ONE_ROW: [what: string, bad: Fields, says: RegExp][] = [
  ['NaN', errors({ units: 'NaN' }), /^w:2: units: NaN is not a finite number$/],
  ['an infinity', errors({ events: '+Inf' }), /^w:2: events: \+Inf is not a finite number$/],
  ['a number too large for a double', errors({ units: '1e999' }), /^w:2: units: 1e999 is too large/],
  ['a count too large to be exact', errors({ units: '9007199254740993' }), /^w:2: units: .* too large to be exact$/],
  ['a negative count', errors({ events: -1 }), /^w:2: events: -1 is negative/],
  ['a fraction of a count', errors({ units: 10.5 }), /^w:2: units: 10.5 is not whole/],
  ['an empty count', errors({ units: '' }), /^w:2: units: is empty/],
  ['a hexadecimal number', errors({ units: '0x10' }), /^w:2: units: 0x10 is no number/],
  ['events above units', errors({ events: 101 }), /^w:2: events: .*101 events in 100 units/],
  ['more units first seen than units', errors({ first_seen: 101 }), /^w:2: first_seen: /],
  ['a fraction of unlabelled units', errors({ unlabelled: 0.5 }), /^w:2: unlabelled: 0.5 is not whole/],
  [
    'a sum outside of the range',
    quality({ sum: 4.5, sumSq: 5.2 }),
    /^w:2: sum: 4 scores from 0 to 1 cannot have the sum 4.5/,
  ],
  ['squares below what the sum needs', quality({ sumSq: 2 }), /^w:2: sumSq: /],
  ['negative squares', quality({ sumSq: -2 }), /^w:2: sumSq: -2 is negative/],
  ['a sum of no scores', quality({ n: 0 }), /^w:2: sum: /],
  ['squares of a ratio below its sum', cost({ syy: 11 }), /^w:2: syy: /],
  ['products of a ratio beyond its squares', cost({ syz: 60 }), /^w:2: syz: /],
  ['sums of no units', cost({ n: 0, sy: 0 }), /^w:2: sz: is 3, and n is 0/],
  ['events in no exposure', row('crashes', { events: 1, exposure: 0 }), /^w:2: exposure: /],
  ['negative exposure', row('crashes', { events: 1, exposure: -2 }), /^w:2: exposure: -2 is negative/],
  ['buckets that are not cumulative', latency({ 'le=100': 5 }), /^w:2: le=100: 5 is fewer than the 6/],
  ['n beside another +Inf bucket', latency({ n: 11 }), /^w:2: n: is 11, but le=\+Inf says 10/],
  ['more observations than n', latency({ 'le=100': 12, 'le=+Inf': '' }), /^w:2: le=100: 12 is more than n/],
  ['a histogram without buckets', row('latency', { n: 10 }), /^w:2: n: is 10, but the row has no bucket/],
  ['a field of another kind', errors({ sum: 3 }), /^w:2: sum: is no field of kind rate, which has units, events/],
  ['a bucket of another kind', errors({ 'le=50': 3 }), /^w:2: le=50: is no field of kind rate/],
  [
    'an unknown metric',
    row('error', { units: 1, events: 0 }),
    /^w:2: metric: the gates file has no metric error; it has errors, /,
  ],
  ['an unknown arm', errors({ arm: 'canary' }), /^w:2: arm: there is no arm canary/],
  ['an unknown via', errors({ via: 'friends' }), /^w:2: via: friends is none of share/],
  ['a share above one', errors({ share: 25 }), /^w:2: share: 25 is no share/],
  ['an empty share', errors({ share: '' }), /^w:2: share: is empty/],
  ['an end before the start', errors({ end: at(-1) }), /^w:2: end: .* before start/],
  ['a window without length', errors({ end: at(0) }), /^w:2: end: .* is the start itself/],
  ['a day no calendar has', errors({ start: '2026-02-30T00:00:00Z' }), /^w:2: start: .* no ISO 8601 time/],
  ['a time of day without its date', errors({ start: '12:00' }), /^w:2: start: /],
  ['a window that is no whole number', errors({ window: 0.5 }), /^w:2: window: 0.5 is no whole number$/],
  ['a slice without a value', errors({ slice: 'hard' }), /^w:2: slice: hard is no slice/],
  [
    'a slice by another name',
    row('lost', { units: 1, events: 0, slice: 'country=de' }),
    /^w:2: slice: .* not by mailType/,
  ],
];

for (const [what, bad, says] of ONE_ROW)
  test(`refuses ${what}, in CSV and in JSON lines`, () => {
    const problems = refused(csv([bad]));
    assert.match(problems[0] ?? '', says, problems.join('\n'));
    // A key that is not there says the same as an empty column, but a share that is nowhere is no mistake.
    if (what.includes('empty')) return;
    const fields = Object.entries(bad).filter(([, value]) => value !== '');
    const [first = ''] = refused(jsonl([Object.fromEntries(fields)]));
    assert.match(first.replace('w:1:', 'w:2:'), says);
  });

const good = (window: number, fields: Fields = {}) => errors({ window, ...fields });

const TOGETHER: [what: string, rows: Fields[], says: RegExp][] = [
  ['windows out of order', [good(0), good(2), good(1)], /^w:4: window: 1 comes after 2 \(line 3\)/],
  [
    'two rows for one place',
    [good(0), good(0)],
    /^w:3: row: says a second thing of baseline in window 0; line 2 is the first$/,
  ],
  [
    'a window that comes again with other times',
    [good(0), good(0, { arm: 'candidate', end: at(2) })],
    /^w:3: end: window 0 ended at 2026-03-01T12:01:00Z in line 2/,
  ],
  ['windows that overlap', [good(0, { end: at(2) }), good(1)], /^w:3: start: window 1 overlaps window 0/],
  [
    'windows in the wrong order in time',
    [good(0, { start: at(5), end: at(6) }), good(1)],
    /^w:3: start: window 1 begins before window 0/,
  ],
  ['a baseline window inside the stage', [good(-1, { start: at(0), end: at(1) }), good(0)], /overlaps|begins before/],
  [
    'one window with two shares',
    [good(0, { share: 0.5 }), good(0, { arm: 'candidate', share: 0.25 })],
    /^w:3: share: /,
  ],
  ['one window half discarded', [good(0), good(0, { arm: 'candidate', discarded: 'warm-up' })], /^w:3: discarded: /],
  [
    'histograms of one window with other edges',
    [latency({}), latency({ arm: 'candidate', 'le=50': '' })],
    /^w:3: buckets: window 0 has other edges/,
  ],
  ['nothing but baseline windows', [good(-1)], /^w:1: window: no window from 0 on/],
];

for (const [what, rows, says] of TOGETHER)
  test(`refuses ${what}`, () => {
    const problems = refused(csv(rows));
    assert.match(problems[0] ?? '', says, problems.join('\n'));
  });

test('lets arms follow one another in any way, as long as each is in order', () => {
  const rows = [good(0), good(1), good(0, { arm: 'candidate' }), good(1, { arm: 'candidate' })];
  assert.equal(windows(accepted(csv(rows)), 'errors').length, 2);
});

test('names every bad row, not only the first, in the order of the file', () => {
  const rows = [good(0, { units: 'NaN' }), good(1), good(2, { events: -1, arm: 'x' }), good(3, { units: '' })];
  const lines = refused(csv(rows)).map((text) => text.split(': ').slice(0, 2).join(' '));
  assert.deepEqual(lines, ['w:2 units', 'w:4 arm', 'w:4 events', 'w:5 units']);
});

test('refuses a file it cannot take apart, with the line', () => {
  const line = csv([good(0)]).split('\n')[1] ?? '';
  const header = csv([good(0)]).split('\n')[0] ?? '';
  const says = (text: string) => refused(text).join('\n');
  assert.match(says(''), /^w:1: row: the file is empty/);
  assert.match(says(header), /^w:1: row: no row follows/);
  assert.match(says(`${header}\n${line}\n${line},7`), /^w:3: row: has 9 fields; the header has 8/m);
  assert.match(says(`${header}\n"${line}`), /^w:2: row: a quote that opens here is never closed/m);
  assert.match(
    says(`${header}\n${line.replace('errors', '"err"ors')}`),
    /^w:2: row: ors stands after a closing quote/m,
  );
  assert.match(says(`${header}\n${line.replace('errors', 'err"ors')}`), /^w:2: row: a quote stands inside err"ors/m);
  assert.match(says(`${header.replaceAll(',', ';')}\n${line}`), /^w:1: row: columns are separated by commas/);
  assert.match(says(`${header},sumsq\n${line},`), /^w:1: sumsq: is no column; write sumSq/);
  assert.match(says(`${header},colour\n${line},`), /^w:1: colour: is no column, and would be ignored/);
  assert.match(says(`${header},units\n${line},1`), /^w:1: units: the column stands here a second time/);
  assert.match(says(`${header},le=50,le=50.0\n${line},,`), /^w:1: le=50.0: the column stands here a second time/);
  assert.match(says(`${header},le=wide\n${line},`), /^w:1: le=wide: wide is no number/);
  assert.match(
    says(`${header.replace('arm,', '')}\n${line.replace('baseline,', '')}`),
    /^w:1: arm: the column is missing/,
  );
  assert.match(says('{"metric": "errors"'), /^w:1: row: is no JSON/);
  assert.match(says(`${jsonl([good(0)])}\n[1]`), /^w:2: row: \[1\] is no JSON object/);
  assert.match(says(jsonl([{ ...good(0), units: true }])), /^w:1: units: true is neither text nor number/);
  assert.match(
    says(
      jsonl([
        {
          ...latency({}),
          buckets: [
            [50, 6],
            [40, 7],
          ],
        },
      ]),
    ),
    /^w:1: buckets: /,
  );
});

test('refuses a stored window by its field', () => {
  const [window] = windows(
    accepted(csv(pair('errors', 0, { units: 9, events: 1, share: 0.5 }, { units: 9, events: 1, share: 0.5 }))),
    'errors',
  );
  const says = (change: object) => refused(jsonl([{ ...window, ...change }])).join('\n');
  const cells = (payload: object) => ({
    observation: { kind: 'value', cells: [{ arm: 'baseline', via: 'share', slice: null, payload }] },
  });
  assert.match(says({ index: -1 }), /^w:1: index: -1 is no window index/);
  assert.match(says({ endMs: 0 }), /^w:1: endMs: 0 is before startMs/);
  assert.match(says({ share: null }), /^w:1: share: null is no share/);
  assert.match(says({ phase: 'cooking' }), /^w:1: phase: "cooking" is none of/);
  assert.match(says({ metric: 'x' }), /^w:1: metric: the gates file has no metric x/);
  assert.match(says({ observation: { kind: 'value' } }), /^w:1: observation: /);
  assert.match(
    says(cells({ kind: 'score', n: 1, sum: 1, sumSq: 1 })),
    /^w:1: cells\[0\].payload: is "score"; a metric of kind rate stands on rate/,
  );
  assert.match(says(cells({ kind: 'rate', units: 1, events: 2 })), /^w:1: cells\[0\].events: /);
});

const FIELD = fc.constantFrom(
  'metric',
  'window',
  'start',
  'end',
  'arm',
  'slice',
  'units',
  'events',
  'share',
  'via',
  'n',
  'le=50',
);
const WORTH = fc.oneof(
  fc.string(),
  fc.constantFrom('NaN', '-1', '1e400', '', '0', '1.5', '"', ',', '\n', 'baseline', 'x=y', '2026-03-01'),
  fc.double().map(String),
);

test('never throws, and either names a problem or hands out whole windows, whatever stands in a row', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(FIELD, WORTH), { maxLength: 4 }), (changes) => {
      const rows = [
        ...pair('errors', 0, { units: 9, events: 1 }, { units: 9, events: 1 }),
        { ...good(1), ...Object.fromEntries(changes) },
      ];
      const reading = readRecorded(csv(rows), { file: 'w', metrics: METRICS });
      if (reading.kind === 'problems')
        return reading.problems.length > 0 && reading.problems.every(({ line, reason }) => line > 0 && reason !== '');
      return reading.recorded.metrics.every(({ judged }) => judged.every(({ startMs, endMs }) => endMs > startMs));
    }),
    { numRuns: 500 },
  );
});
