/** The account of `npm test`: several runs, one sum, and no green without tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { closing, enter, newAccount, passed } from '../support/account.js';

const count = (message: string): TestEvent => ({ type: 'test:diagnostic', data: { nesting: 0, message } }) as TestEvent;

test('sums the counts of all runs and keeps the runner from printing its own', () => {
  const account = newAccount();
  const printed = ['tests 3', 'pass 3', 'fail 0', 'duration_ms 9', 'tests 2', 'pass 2'].map((text) =>
    enter(account, count(text)),
  );
  assert.deepEqual(printed, [false, false, false, false, false, false]);
  assert.equal(passed(account), true);
  assert.match(
    closing(account, 12, String),
    /^# tests 5\n# suites 0\n# pass 5\n# fail 0\n(# \w+ 0\n)+# duration_ms 12$/,
  );
});

test('one failure in any run fails the whole, and so does a run without tests', () => {
  const account = newAccount();
  for (const text of ['tests 2', 'pass 1', 'fail 1', 'tests 2', 'pass 2', 'fail 0']) enter(account, count(text));
  assert.equal(passed(account), false);
  assert.equal(passed(newAccount()), false);
});

test('what a test says about itself is printed', () => {
  const event = { type: 'test:diagnostic', data: { nesting: 0, message: 'tests 9', file: 'a.test.ts' } } as TestEvent;
  const account = newAccount();
  assert.equal(enter(account, event), true);
  assert.equal(account.counts.tests, 0);
});
