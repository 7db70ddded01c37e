import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quantile, shown } from './builders.js';
import { counters, web, windowAfter } from './scrape-fixture.js';

describe('a scraped metric has no value when', () => {
  const before = counters(100, 1);
  const cases: [name: string, first: string, then: string, expected: RegExp][] = [
    ['a counter went backwards', before, counters(40, 0), /^noData: restarted: candidate/],
    ['only the counter of events went backwards', before, counters(140, 0), /^noData: restarted/],
    [
      'another counter went backwards',
      `${before}# TYPE c counter\nc 9\n`,
      `${counters(200, 2)}# TYPE c counter\nc 1\n`,
      /^noData: restarted/,
    ],
    [
      'the process is another one',
      `${before}process_start_time_seconds 5\n`,
      counters(200, 2, 'process_start_time_seconds 6\n'),
      /^noData: restarted: .*process_start/,
    ],
    [
      'the page shows two processes',
      before,
      counters(200, 2, 'process_start_time_seconds{p="1"} 5\nprocess_start_time_seconds{p="2"} 5\n'),
      /^final: .*2 processes/,
    ],
    ['a series went away', `${before}failed_total{via="none"} 0\n`, counters(110, 1), /^noData: restarted.*no longer/],
    [
      'the counter of events is missing',
      before,
      '# TYPE requests_total counter\nrequests_total{via="share"} 110\n',
      /^noData: candidate does not export failed_total/,
    ],
    ['the counter is NaN', before, counters('NaN', 1), /^final: .*finite/],
    ['the counter is infinite', before, counters('+Inf', 1), /^final: .*finite/],
    ['the counter is negative', before, counters(-5, 1), /^(noData: restarted|final)/],
    ['the counter is fractional', before, counters(110.5, 1), /^final: .*whole count/],
    ['the counter is beyond exact integers', before, counters('1e17', 1), /^final: .*whole count/],
    ['there are more events than units', before, counters(102, 30), /^final: .*29 events in 2 units/],
    ['via is missing', before, counters(110, 1, 'failed_total{path="/"} 1\n'), /^final: .*has no via: every counter/],
    ['via is unknown', before, counters(110, 1, 'failed_total{via="SHARE"} 1\n'), /^final: .*"SHARE"/],
    [
      'the metric is a gauge',
      before,
      counters(110, 1).replace('requests_total counter', 'requests_total gauge'),
      /^final: .*gauge/,
    ],
    ['a sample brings its own time', before, counters(110, '1 1700000000000'), /^final: .*time of its own/],
  ];
  for (const [name, first, then, expected] of cases)
    test(name, async () => {
      web.candidate.page = first;
      const window = await windowAfter(() => (web.candidate.page = then));
      assert.match(shown(window.observations['errors']).join(), expected);
    });

  test('its histogram contradicts itself', async () => {
    const latency = quantile({ kind: 'scrapeHistogram', histogram: 's' });
    const page = (low: number, all: number, n: number) =>
      `# TYPE s histogram\ns_bucket{via="share",le="1"} ${low}\ns_bucket{via="share",le="+Inf"} ${all}\ns_count{via="share"} ${n}\n`;
    const broken: [number, number, number, RegExp][] = [
      [5, 3, 3, /not cumulative/],
      [1, 3, 4, /last bucket says 3, its count 4/],
    ];
    for (const [low, all, n, expected] of broken) {
      for (const server of Object.values(web)) server.page = page(0, 0, 0);
      const window = await windowAfter(() => (web.candidate.page = page(low, all, n)), { latency });
      assert.match(shown(window.observations['latency']).join(), expected);
    }
  });
});
