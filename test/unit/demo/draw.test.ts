/** One seed, one run of luck; and the assignment of mailboxes must know nothing of the mail they get. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deliveries, randomFrom } from '../../../demo/draw.js';
import { parseOptions } from '../../../demo/options.js';

function take<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

describe('what is drawn', () => {
  const mails = take(10, () => Symbol('mail'));

  it('is the same for the same seed and another for its neighbour', () => {
    assert.deepEqual(take(100, deliveries(mails, 5, 0.1)), take(100, deliveries(mails, 5, 0.1)));
    assert.notDeepEqual(take(100, randomFrom(5)), take(100, randomFrom(6)));
  });

  it('is uniform over the mails, with a tenth for staff and a fresh mailbox each', () => {
    const drawn = take(20_000, deliveries(mails, 11, 0.1));
    for (const mail of mails) {
      const count = drawn.filter((one) => one.mail === mail).length;
      assert.ok(Math.abs(count - 2000) < 220, `one mail came ${count} times of 20,000`);
    }
    const staff = drawn.filter(({ staff: yes }) => yes).length;
    assert.ok(Math.abs(staff - 2000) < 220, `${staff} of 20,000 for staff`);
    assert.equal(new Set(drawn.map(({ mailbox }) => mailbox)).size, drawn.length);
  });
});

describe('the command line of the demo', () => {
  it('takes a seed, draws one when there is none, and refuses what is none', () => {
    assert.deepEqual(parseOptions(['--seed', '42', '--keep']), { seed: 42, interactive: false, keep: true });
    assert.ok(Number.isSafeInteger(parseOptions([]).seed));
    assert.throws(() => parseOptions(['--seed', 'x']), /usage:/);
    assert.throws(() => parseOptions(['--sede', '1']), /usage:/);
  });
});
