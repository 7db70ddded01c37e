/** The benchmark of the judge in short: the promises that a change would break first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness } from '../../bench/judge/harness.js';
import type { Case, Size } from '../../bench/judge/part.js';
import { rateCase } from '../../bench/judge/parts/detection.js';
import { ourCase } from '../../bench/judge/parts/false-alarms.js';
import { noPromotion, TROUBLES } from '../../bench/judge/parts/no-promotion.js';
import { RATE } from '../../bench/judge/streams/kinds.js';
import { BURSTS_8, POISSON } from '../../bench/judge/streams/noise.js';
import { mostByChance, quantileOf } from '../../bench/judge/tally.js';
import { isMissed } from '../../bench/row.js';

const run = <O>(of: Case<O>): O[] => Array.from({ length: of.runs }, (_, seed) => of.run(seed + 1));

/** A hundred runs of two days. */
const SHORT: Size = { runs: 0.1, looks: 2 / 30 };

for (const of of [POISSON, BURSTS_8])
  test(`a healthy candidate is rolled back within the budget in two days of minutes: ${of.name}`, () => {
    const found = run(ourCase(SHORT, RATE, of, 300));
    const failed = found.filter(({ ours }) => Number.isFinite(ours)).length;
    assert.equal(found.length, 100);
    assert.ok(failed <= mostByChance(found.length, 0.02), `${failed} of ${found.length}`);
  });

test('a quarter more errors are found in at most 1.7 times what the oracle takes, and before Kayenta', () => {
  const found = run(rateCase({ runs: 0.25, looks: 1 }, POISSON, 300, 1.25));
  const median = (who: string) =>
    quantileOf(
      found.map((outcome) => outcome[who] ?? Number.NaN),
      0.5,
    );
  assert.ok(median('ours') <= 1.7 * median('oracle'), `${median('ours')} minutes, the oracle ${median('oracle')}`);
  assert.ok(median('ours') <= median('Kayenta'), `${median('ours')} minutes, Kayenta ${median('Kayenta')}`);
});

test('nothing promotes without good data, and the same candidate is promoted with them', async () => {
  const { report } = await harness({ runs: 0.02, looks: 0.5 }, 0).measure(noPromotion);
  assert.equal(report.promises.length, TROUBLES.length - 1);
  assert.deepEqual(report.promises.filter(isMissed), []);
  assert.equal(report.tables[0]?.rows[0]?.[1], '2 of 2');
});
