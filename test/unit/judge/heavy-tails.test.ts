/** One absurd window may not decide, and the limit that clips it may not hide harm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { winsorLimit, winsorised } from '../../../judge/procedures/winsor.js';

test('the limit lies eight standard deviations above the recorded mean unless told otherwise', () => {
  assert.equal(winsorLimit({ n: 100, mean: 3, variance: 4 }), 19);
  assert.equal(winsorLimit({ n: 100, mean: 3, variance: 4 }, 5), 13);
});

test('too little recorded, or a record that never varied, clips nothing', () => {
  for (const recorded of [
    { n: 0, mean: 0, variance: 0 },
    { n: 59, mean: 3, variance: 4 },
    { n: 500, mean: 0, variance: 0 },
    { n: 500, mean: Number.NaN, variance: 1 },
    { n: 500, mean: 1, variance: Number.NaN },
  ])
    assert.equal(winsorLimit(recorded), null);
  assert.deepEqual(winsorised(10, 1e9, null), { events: 1e9, clipped: false });
});

test('an absurd window counts as one at the limit and says so; an ordinary one, and one without units, is left alone', () => {
  assert.deepEqual(winsorised(10, 1_000, 19), { events: 190, clipped: true });
  assert.deepEqual(winsorised(10, 190, 19), { events: 190, clipped: false });
  assert.deepEqual(winsorised(0, 0, 19), { events: 0, clipped: false });
});
