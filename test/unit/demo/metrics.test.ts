/** The demo's servers export what Sluice's scrape source reads, checked with that source's own strict parser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePage } from '../../../activities/sources/page.js';
import { parseDeliveries } from '../../../demo/classify.js';
import { createMetrics } from '../../../demo/metrics.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('the metrics page', () => {
  it('is legal before the first request', () => {
    const { families } = parsePage(createMetrics(DIGEST, 1.5).page());
    assert.equal(families.get('requests_total')?.samples.length, 0);
    assert.equal(families.get('model_info')?.samples[0]?.labels.get('digest'), DIGEST);
  });

  it('counts deliveries and failures by via and mail type, and puts a time into all buckets above it', () => {
    const metrics = createMetrics(DIGEST, 1.5);
    metrics.count({ via: 'share', mailType: 'spam' }, 0.04, false);
    metrics.count({ via: 'share', mailType: 'easy-ham' }, 2, true);
    const { families } = parsePage(metrics.page());
    const sum = (name: string) =>
      (families.get(name)?.samples ?? []).reduce((total, { value }) => total + (value ?? 0), 0);
    assert.equal(sum('requests_total'), 2);
    assert.equal(sum('requests_failed_total'), 1);
    const below = new Map(
      families
        .get('request_seconds')
        ?.samples.filter(({ name }) => name.endsWith('_bucket'))
        .map(({ labels, value }) => [labels.get('le'), value]),
    );
    assert.deepEqual([below.get('0.025'), below.get('0.05'), below.get('1'), below.get('+Inf')], [0, 1, 1, 2]);
  });
});

describe('a classify request', () => {
  const good = { via: 'cohort:staff', mailType: 'spam', subject: '', body: '' };

  it('is read when every delivery is whole', () => {
    assert.deepEqual(parseDeliveries(JSON.stringify([good])), [good]);
  });

  it('is refused for a via or mail type that would be a label nobody knows', () => {
    for (const bad of [{ ...good, via: 'everyone' }, { ...good, mailType: 'ham' }, { ...good, body: 1 }, null])
      assert.throws(() => parseDeliveries(JSON.stringify([bad])), TypeError);
    assert.throws(() => parseDeliveries('{}'), TypeError);
  });
});
