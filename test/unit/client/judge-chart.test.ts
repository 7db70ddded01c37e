/** Confidence sequences as people see them: on a terminal, in a pipe, in a file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartLines } from '../../../client/render/judge-chart.js';
import { clockOf, figureIn, scaleOf, ticksOf } from '../../../client/render/judge-scale.js';
import { svgOf } from '../../../client/render/judge-svg.js';
import type { Track } from '../../../client/render/judge-track.js';
import { plain } from '../../../client/render/paint.js';
import { widthOf } from '../../../client/render/text.js';
import { BEGAN_MS, track } from './judge-world.js';

const clock = clockOf(BEGAN_MS, BEGAN_MS + 3_600_000);
const drawn = (of: Track, width = 100) => chartLines(of, { paint: plain, width, clock });
const rising = Array.from({ length: 60 }, (_, i) => 0.004 + 0.0001 * i);

test('draws twelve rows with estimate, band, both limits and the look that decided, within the width', () => {
  for (const width of [60, 100, 180]) {
    const lines = drawn(track(rising, {}, [[40, 'fail']]), width);
    assert.ok(
      lines.every((line) => widthOf(line) <= width),
      lines.join('\n'),
    );
    assert.equal(lines.filter((line) => /[│┤]/.test(line)).length, 12);
    const text = lines.join('\n');
    for (const part of ['●', '░', '─ roll back 0.2 pp', '┄ pass 0.5 pp', '▲', 'fail at 40', '09:00:00Z', '10:00:00Z'])
      assert.ok(text.includes(part), `${part} is missing:\n${text}`);
  }
});

test('marks the decision below the look it was made at', () => {
  const lines = drawn(track(rising, {}, [[30, 'pass']]), 112);
  const axis = lines.find((line) => line.includes('└')) ?? '';
  const columns = axis.length - axis.indexOf('└') - 1;
  assert.equal(axis.indexOf('▲') - axis.indexOf('└') - 1, Math.floor(columns / 2));
});

test('draws nothing where there never was a number, and a gap where there was none for a while', () => {
  assert.deepEqual(drawn(track([null, null])), []);
  const lines = drawn(track([0.001, null, null, null, 0.001]), 100);
  const row = lines.find((line) => line.includes('●')) ?? '';
  assert.match(row, /●+ *[ ─┄]{10,}.*●+/);
});

test('keeps the limits in sight however wide the first bounds were, and names them once where they are one', () => {
  const wide = track(rising);
  wide.points[0] = { ...wide.points[0]!, lower: -900, upper: 900 };
  const scale = scaleOf(wide);
  assert.ok(scale && scale.high < 0.1 && scale.low > -0.1, JSON.stringify(scale));
  assert.match(drawn(track(rising, { rollbackLimit: 0.005 })).join('\n'), /both limits 0.5 pp/);
});

test('one look, one value and no rollback limit are still a chart', () => {
  assert.equal(
    drawn(track([0], { rollbackLimit: null, promoteLimit: 0 })).filter((line) => /[│┤]/.test(line)).length,
    12,
  );
});

test('text of others cannot leave the chart', () => {
  const hostile = track([0.001], { gate: 'e\u001b[31m', slice: '<script>&"' });
  assert.ok(!drawn(hostile).join('').includes('\u001b'));
  const svg = svgOf({ title: '<b>', tracks: [hostile], sections: [], clock });
  assert.ok(!svg.includes('<script>') && !svg.includes('<b>') && svg.includes('&lt;script&gt;&amp;&quot;'), svg);
});

/** Every tag closed in order: what any reader of XML asks first. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, close, name = '', self] of xml.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (self === '/') continue;
    if (close === '') open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

test('writes one panel for each gate with numbers, self-contained, without a number that is none', () => {
  const tracks = [track(rising, {}, [[40, 'fail']]), track(rising, { slice: 'mailType=hard' }), track([null])];
  const svg = svgOf({
    title: 'gates.yaml on windows.csv',
    tracks,
    sections: [{ name: 'beta step 1', fromLook: 5 }],
    clock,
  });
  assert.ok(wellFormed(svg), svg);
  assert.equal(svg.match(/class="band"/g)?.length, 2);
  for (const part of ['errors (mailType=hard)', 'roll back 0.2 pp', 'pass 0.5 pp', 'fail at window 40', 'beta step 1'])
    assert.ok(svg.includes(part), part);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null|href|<script|<image/);
  assert.ok(wellFormed(svgOf({ title: '', tracks: [], sections: [], clock })));
});

test('a month of minutes is drawn small', () => {
  const svg = svgOf({ title: '', tracks: [track(Array.from({ length: 43_200 }, () => 0.001))], sections: [], clock });
  assert.ok(svg.length < 120_000, `${svg.length} bytes`);
});

test('ticks are round and within the scale; figures have three digits and their unit', () => {
  for (const [low, high] of [
    [-0.013, 0.024],
    [0, 1e-6],
    [98, 251],
    [-3, -1],
  ] as const) {
    const ticks = ticksOf({ low, high }, 4);
    assert.ok(ticks.length >= 2 && ticks.length <= 9, `${low} to ${high}: ${ticks.join()}`);
    assert.ok(ticks.every((tick) => tick >= low && tick <= high));
  }
  assert.deepEqual(
    [
      figureIn(0.002137, 'pp'),
      figureIn(-0.25, '%'),
      figureIn(48.23, 'ms'),
      figureIn(0.00001234, 'abs'),
      figureIn(0, '%'),
    ],
    ['0.214 pp', '-25 %', '48.2 ms', '0.0000123', '0 %'],
  );
});
