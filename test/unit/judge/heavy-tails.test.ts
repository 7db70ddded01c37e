/** One absurd window may not decide, and the limit that cuts it may not hide harm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutTooOften, winsorised } from '../../../judge/procedures/winsor.js';

/** The mean of 100 units scatters by 0.5, that of one unit by 5. */
const ORDINARY = { mean: 1, variance: 25 };

test('the limit lies eight standard deviations of a window of its size from the recorded mean, whatever the size', () => {
  assert.equal(winsorised(100, 1_000, ORDINARY), 100 + 8 * 5 * 10);
  assert.equal(winsorised(1, 1_000, ORDINARY), 1 + 8 * 5);
  assert.equal(winsorised(100, -1_000, ORDINARY), 100 - 8 * 5 * 10);
});

test('however little the windows of many units scatter, the limit is never nearer than four times the mean', () => {
  assert.equal(winsorised(1e6, 9e6, ORDINARY), 4e6);
  assert.equal(winsorised(1e6, 3.9e6, ORDINARY), 3.9e6);
  assert.equal(winsorised(1e6, -9e6, ORDINARY), -2e6);
});

test('ordinary windows, windows without units, and all of them while nothing was recorded, are left alone', () => {
  assert.equal(winsorised(100, 400, ORDINARY), 400);
  assert.equal(winsorised(0, 0, ORDINARY), 0);
  assert.equal(winsorised(100, 1e9, null), 1e9);
});

test('a few windows cut are freaks, many are the rule', () => {
  assert.deepEqual([cutTooOften(2, 40), cutTooOften(3, 40)], [false, true]);
  assert.deepEqual([cutTooOften(20, 1_000), cutTooOften(21, 1_000)], [false, true]);
});
