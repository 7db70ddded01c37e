/** The page of numbers: what it must never hide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbersPage, number, type Result } from '../../bench/page.js';
import { atMost, isMissed, median, type Row, worst } from '../../bench/row.js';

const MACHINE = { cores: 2, node: '20.0.0', temporal: '1.0.0' };
const row = (change: Partial<Row> = {}): Row => ({
  what: 'time to zero',
  target: atMost(2),
  measured: 1,
  unit: 's',
  method: 'with a watch',
  limits: 'the weather',
  ...change,
});
const measured = (...rows: Row[]): Result => ({ kind: 'measured', name: 'one', title: 'One', rows });

test('tells of a missed target at the number and at the top', () => {
  const page = numbersPage([measured(row({ measured: 2.01 }))], MACHINE);
  assert.match(page, /\| time to zero \| 2.01 s \| ≤ 2 \| \*\*missed\*\* \|/);
  assert.match(page, /^Missed: time to zero\.$/m);
});

test('tells of a benchmark that broke, and does not say that every target was met', () => {
  const page = numbersPage(
    [measured(row()), { kind: 'failed', name: 'two', title: 'Two', reason: 'no\nserver' }],
    MACHINE,
  );
  assert.match(page, /## Two \(`two`\)\n\n\*\*Not measured:\*\* no server/);
  assert.match(page, /^Missed: Two: not measured\.$/m);
  assert.doesNotMatch(page, /Every target was met/);
});

test('says how each number was measured and what it does not say, once for neighbours that share it', () => {
  const page = numbersPage([measured(row(), row({ what: 'again' }), row({ method: 'by ear' }))], MACHINE);
  assert.equal(page.match(/\*How:\* with a watch/g)?.length, 1);
  assert.equal(page.match(/\*Not measured:\* the weather/g)?.length, 2);
  assert.match(page, /\*How:\* by ear/);
  assert.match(page, /^Every target was met\.$/m);
});

test('a number that is none misses every target and is called none', () => {
  assert.equal(isMissed({ target: atMost(2), measured: Number.NaN }), true);
  assert.equal(isMissed({ target: { kind: 'atLeast', value: 2 }, measured: Number.NaN }), true);
  assert.equal(isMissed({ target: null, measured: Number.NaN }), false);
  assert.deepEqual([number(Number.NaN), number(0.09234), number(18_318.6)], ['no number', '0.0923', '18,319']);
});

test('the median and the worst of nothing are no numbers', () => {
  assert.deepEqual([median([3, 1, 2]), median([1, 4, 2, 3]), worst([1, 3, 2])], [2, 2.5, 3]);
  assert.deepEqual([median([]), worst([])], [Number.NaN, Number.NaN]);
});
