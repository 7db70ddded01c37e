import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { count, drift, fairness, ratio, score, shown, slo, sourceSpec } from './builders.js';
import { source, web, windowAfter, windowMs } from './scrape-fixture.js';

const crashes = count({ kind: 'scrapeCount', events: 'crashes_total', exposure: 'session_hours_total' });

function page(events: number | string, hours: number | string, rest = ''): string {
  return (
    `# TYPE crashes_total counter\ncrashes_total{via="share"} ${events}\n` +
    `# TYPE session_hours_total counter\nsession_hours_total{via="share"} ${hours}\n${rest}`
  );
}

/** What a metric says of the window between two pages of both arms. */
async function between(metric: MetricSpec, first: string, then: string): Promise<string[]> {
  for (const server of Object.values(web)) server.page = first;
  const window = await windowAfter(() => (web.candidate.page = then), { asked: metric });
  return shown(window.observations['asked']);
}

describe('a scraped count', () => {
  test('is the difference of two counters, of which exposure may grow by fractions', async () => {
    assert.deepEqual(await between(crashes, page(3, 100.25), page(5, 107)), [
      'baseline share whole 0 in 0',
      'candidate share whole 2 in 6.75',
    ]);
  });

  test('adds up slices, and counts a series that appears from zero', async () => {
    const sliced = { ...crashes, slices: { by: ['os'], minUnits: 1, onThin: 'extend' as const } };
    const os = (events: number, hours: number) => page(events, hours).replaceAll('via="share"', 'via="share",os="a"');
    const appeared = 'session_hours_total{via="share",os="b"} 0.25\n';
    const shownOf = await between(sliced, os(0, 1), os(1, 1.5) + appeared);
    assert.deepEqual(
      shownOf.filter((text) => text.startsWith('candidate')),
      ['candidate share whole 1 in 0.75', 'candidate share os=a 1 in 0.5', 'candidate share os=b 0 in 0.25'],
    );
  });

  const cases: [name: string, then: string, expected: RegExp][] = [
    ['exposure went backwards', page(3, 2.5), /^noData: restarted: candidate/],
    ['events went backwards', page(1, 101), /^noData: restarted: candidate/],
    ['events happened in no exposure', page(4, 100.25), /^final: candidate, via share: it has 1 events in no exposure/],
    ['events are a fraction', page(3.5, 101), /^final: .*no whole count/],
    ['exposure is NaN', page(3, 'NaN'), /^final: .*finite/],
    ['exposure is infinite', page(3, '+Inf'), /^final: .*finite/],
    ['exposure is negative', page(3, -1), /^(noData: restarted|final)/],
    ['exposure is so large that it hides a step', page(3, '1e17'), /^final: .*no amount from 0 to 2\^53/],
    ['exposure is a gauge', page(3, 101).replace('session_hours_total counter', 'session_hours_total gauge'), /gauge/],
    [
      'exposure is not on the page',
      '# TYPE crashes_total counter\n',
      /^noData: candidate does not export session_hours/,
    ],
    ['via is missing', page(3, 101, 'session_hours_total{os="a"} 1\n'), /^final: .*has no via/],
  ];
  for (const [name, then, expected] of cases)
    test(`has no value when ${name}`, async () =>
      assert.match((await between(crashes, page(3, 100.25), then)).join(), expected));
});

describe('other kinds', () => {
  test('slo and fairness are read like a rate', async () => {
    const reading = { kind: 'scrape', units: 'session_hours_total', events: 'crashes_total' } as const;
    assert.equal((await between(slo(reading), page(0, 5), page(1, 9))).at(-1), 'candidate share whole 4/1');
    const groups = fairness(reading, ['os']);
    const grouped = (events: number, units: number) =>
      page(events, units).replaceAll('via="share"', 'via="share",os="a"');
    assert.equal((await between(groups, grouped(0, 5), grouped(1, 9))).at(-1), 'candidate share os=a 4/1');
    assert.match((await between(slo(reading), page(0, 5), page(1, 9.5))).join(), /^final: .*no whole count/);
  });

  test('a drift keeps the edges of its feature, below zero too', async () => {
    const feature = drift({ kind: 'scrapeHistogram', histogram: 'sentiment' });
    const buckets = (n: number) =>
      `# TYPE sentiment histogram\nsentiment_bucket{via="share",le="-0.5"} ${n}\nsentiment_bucket{via="share",le="0.07"} ${2 * n}\n` +
      `sentiment_bucket{via="share",le="+Inf"} ${2 * n}\nsentiment_count{via="share"} ${2 * n}\n`;
    assert.deepEqual(await between(feature, buckets(0), buckets(3)), [
      'baseline share whole 0 [[-0.5,0],[0.07,0],[null,0]]',
      'candidate share whole 6 [[-0.5,3],[0.07,6],[null,6]]',
    ]);
  });

  test('scores and ratios cannot be scraped, whatever they are read as', async () => {
    const as = crashes.reading;
    assert.match((await between(score(as), page(0, 1), page(1, 2))).join(), /^final: a scrape cannot read a score/);
    assert.match((await between(ratio(as), page(0, 1), page(1, 2))).join(), /^final: a scrape cannot read a ratio/);
  });

  test('admission refuses a count that is read like a rate, and notes one that nobody exports yet', async () => {
    const check = (asked: MetricSpec) =>
      source.check({ asked }, sourceSpec('scrape', windowMs), new AbortController().signal);
    for (const server of Object.values(web)) server.page = page(0, 0.5);
    assert.deepEqual(await check(crashes), []);
    const wrong = count({ kind: 'scrape', units: 'session_hours_total', events: 'crashes_total' });
    await assert.rejects(check(wrong), { type: 'badPlan', message: /cannot read a count metric as scrape/ });
    web.candidate.page = 'a 1\n';
    assert.match((await check(crashes)).join(), /asked has no data yet: candidate does not export session_hours_total/);
  });
});
