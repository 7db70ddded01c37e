import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scrapeSource } from '../../../activities/sources/scrape.js';
import { collectOrder, quantile, rate, shown, sourceSpec } from './builders.js';
import { clock, connection, counters, errors, poll, source, web, windowAfter, windowMs } from './scrape-fixture.js';

describe('a scrape window', () => {
  test('holds what both arms counted between two scrapes, with their true times', async () => {
    const window = await windowAfter(() => {
      web.baseline.page = counters(150, 3);
      web.candidate.page = counters(110, 1);
    });
    assert.deepEqual(shown(window.observations['errors']), ['baseline share whole 50/2', 'candidate share whole 10/0']);
    assert.deepEqual([window.index, window.startMs, window.endMs], [0, 10_000, 12_000]);
  });

  test('is not closed before its time, and the next one begins where it ended', async () => {
    const pages = new Map<number, string>();
    assert.deepEqual(await poll(pages), []);
    clock.ms += windowMs - 1;
    assert.deepEqual(await poll(pages), []);
    clock.ms += 1;
    assert.equal((await poll(pages)).length, 1);
    web.candidate.page = counters(107, 1);
    clock.ms += windowMs;
    const [next] = await poll(pages, { errors }, 1);
    assert.deepEqual([next?.index, next?.startMs, next?.endMs], [1, 12_000, 14_000]);
    assert.deepEqual(shown(next?.observations['errors']).at(-1), 'candidate share whole 7/0');
  });

  test('is computed again from the kept pages after a crash, without asking anybody', async () => {
    const pages = new Map<number, string>();
    await poll(pages);
    clock.ms += windowMs;
    web.candidate.page = counters(120, 2);
    const first = await poll(pages);
    web.baseline.page = null;
    assert.deepEqual(await poll(pages), first);
  });

  test('uses the page of another attempt that was kept first', async () => {
    const pages = new Map<number, string>();
    await poll(pages);
    clock.ms += windowMs;
    web.candidate.page = counters(120, 2);
    const theirs = structuredClone(pages);
    await poll(theirs);
    web.candidate.page = counters(999, 2);
    const order = collectOrder({ metrics: { errors }, source: sourceSpec('scrape', windowMs), nowMs: clock.ms }, pages);
    const [window] = await source.collect({
      ...order,
      keep: async (index) => {
        pages.set(index, theirs.get(index) ?? '');
        return false;
      },
    });
    assert.deepEqual(shown(window?.observations['errors']).at(-1), 'candidate share whole 20/1');
  });

  test('stays open while one page is missing and then covers the whole time', async () => {
    const pages = new Map<number, string>();
    await poll(pages);
    clock.ms += windowMs;
    web.candidate.page = null;
    await assert.rejects(poll(pages), { type: 'sourceUnavailable', nonRetryable: false, message: /candidate.*503/ });
    clock.ms += windowMs;
    web.candidate.page = counters(160, 1);
    const [window] = await poll(pages);
    assert.deepEqual([window?.startMs, window?.endMs], [10_000, 14_000]);
    assert.deepEqual(shown(window?.observations['errors']).at(-1), 'candidate share whole 60/0');
  });

  test('stays open while a page is not one', async () => {
    const pages = new Map<number, string>();
    await poll(pages);
    clock.ms += windowMs;
    web.baseline.page = '<html>\u001b[31mmaintenance</html>\n';
    await assert.rejects(poll(pages), { type: 'sourceUnavailable', message: /baseline.*begins "<html>\\u\{1b\}/ });
    assert.equal(pages.size, 1);
  });

  test('counts slices and their sum, per via', async () => {
    const sliced = rate({ kind: 'scrape', units: 'requests_total', events: 'failed_total' }, ['lang', 'tier']);
    const page = (spam: number) =>
      `# TYPE requests_total counter\nrequests_total{via="share",lang="en",tier="a,b"} ${spam}\n` +
      `requests_total{via="share",lang="de",tier="x"} ${2 * spam}\nrequests_total{via="cohort:staff",lang="de",tier="x"} 7\n` +
      '# TYPE failed_total counter\n';
    for (const server of Object.values(web)) server.page = page(10);
    const window = await windowAfter(() => (web.candidate.page = page(15)), { sliced });
    assert.deepEqual(
      shown(window.observations['sliced']).filter((text) => text.startsWith('candidate')),
      [
        'candidate cohort:staff whole 0/0',
        'candidate cohort:staff lang=de,tier=x 0/0',
        'candidate share whole 15/0',
        'candidate share lang=de,tier=x 10/0',
        'candidate share lang=en,tier=a%2Cb 5/0',
      ],
    );
  });

  test('counts a series that appears from zero', async () => {
    const window = await windowAfter(() => {
      web.candidate.page = counters(110, 1).replace('# TYPE failed', 'requests_total{via="none"} 4\n# TYPE failed');
    });
    assert.ok(shown(window.observations['errors']).includes('candidate none whole 4/0'));
  });

  test('reads histograms into milliseconds', async () => {
    const latency = quantile({ kind: 'scrapeHistogram', histogram: 'request_seconds' });
    const page = (n: number) =>
      `# TYPE request_seconds histogram\nrequest_seconds_bucket{via="share",le="0.07"} ${n}\n` +
      `request_seconds_bucket{via="share",le="+Inf"} ${n + 1}\nrequest_seconds_sum{via="share"} 0.5\n` +
      `request_seconds_count{via="share"} ${n + 1}\n`;
    for (const server of Object.values(web)) server.page = page(10);
    const window = await windowAfter(() => (web.candidate.page = page(14)), { latency });
    assert.deepEqual(shown(window.observations['latency']), [
      'baseline share whole 0 [[70,0],[null,0]]',
      'candidate share whole 4 [[70,4],[null,4]]',
    ]);
  });
});

describe('an arm reports', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const inspect = () => source.inspectArm('candidate', new AbortController().signal);

  test('its digest and that it is healthy', async () => {
    web.candidate.page = `model_info{digest="${digest}"} 1\n`;
    assert.deepEqual(await inspect(), { digest, healthy: true, sentence: `candidate is healthy; it serves ${digest}` });
  });

  test('that it is not healthy, and its digest all the same', async () => {
    web.candidate.page = `model_info{digest="${digest}"} 1\n`;
    web.candidate.health = 500;
    const report = await inspect();
    assert.deepEqual([report?.healthy, report?.digest], [false, digest]);
    assert.match(report?.sentence ?? '', /answers 500/);
  });

  const silent: [name: string, page: string | null, why: RegExp][] = [
    ['there is no page', null, /503/],
    ['the metric is missing', 'a 1\n', /no model_info/],
    ['two digests are served', `model_info{digest="${digest}"} 1\nmodel_info{digest="x"} 1\n`, /2 series/],
    ['the digest is none', 'model_info{digest="latest"} 1\n', /64 hex/],
  ];
  for (const [name, page, why] of silent)
    test(`no digest when ${name}`, async () => {
      web.candidate.page = page;
      const report = await inspect();
      assert.equal(report?.digest, null);
      assert.match(report?.sentence ?? '', why);
    });
});

describe('admission of a scrape source', () => {
  const check = () => source.check({ errors }, sourceSpec('scrape', windowMs), new AbortController().signal);

  test('passes without notes when every counter is there', async () => {
    assert.deepEqual(await check(), []);
  });
  test('notes a metric that nobody exports yet', async () => {
    web.candidate.page = 'a 1\n';
    assert.match((await check()).join(), /errors has no data yet: candidate does not export requests_total/);
  });
  test('refuses counters without via', async () => {
    web.candidate.page = counters(1, 0).replaceAll('{via="share"}', '');
    await assert.rejects(check(), { type: 'badPlan', nonRetryable: true, message: /has no via/ });
  });
  test('refuses an address that the platform does not list', () => {
    assert.throws(() => scrapeSource(connection, { hosts: [web.baseline.host] }), {
      type: 'badPlatform',
      nonRetryable: true,
    });
  });
});
