/** Text that others wrote cannot take over a terminal, and columns stay in line. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { columns, duration, moment, safe, widthOf, wrap } from '../../../client/render/text.js';

test('shows control, bidirectional and escape characters as code points', () => {
  assert.equal(safe('ok\u001b[2Jgone'), 'ok\\u{1b}[2Jgone');
  assert.equal(safe('a\nb\rc\u202ed\u200be'), 'a\\u{a}b\\u{d}c\\u{202e}d\\u{200b}e');
  assert.equal(safe('Grüße, 東京 ✔'), 'Grüße, 東京 ✔');
});

test('counts wide characters as two columns and colour codes as none', () => {
  assert.equal(widthOf('東京'), 4);
  assert.equal(widthOf('\u001b[31mred\u001b[39m'), 3);
  assert.deepEqual(
    columns([
      ['東京', 'x'],
      ['abc', 'y'],
    ]),
    ['東京  x', 'abc   y'],
  );
});

test('wraps at spaces, keeps the lead of the first line and never loses a word', () => {
  const lines = wrap('  one two three four', 11, '    ');
  assert.deepEqual(lines, ['  one two', '    three', '    four']);
  assert.deepEqual(wrap('unbreakably-long-word x', 5), ['unbreakably-long-word', 'x']);
});

test('tells durations in the two units that matter', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [1_840, '1.8 s'],
    [42_000, '42 s'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [273_600_000, '3 d 4 h'],
  ];
  for (const [ms, text] of cases) assert.equal(duration(ms), text);
});

test('tells the day of a moment only when it is another one', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  assert.equal(moment(now + 70_000, now), '12:01:10Z (in 1 min 10 s)');
  assert.equal(moment(now - 86_400_000, now), '2026-02-28 12:00:00Z (1 d ago)');
});
