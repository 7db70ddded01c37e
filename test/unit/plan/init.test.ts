import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAgainstPolicy } from '../../../approvals/check.js';
import { readPolicy } from '../../../approvals/policy.js';
import { initFiles, initPlanFrom } from '../../../plan/init.js';
import { readPlatform } from '../../../plan/platform.js';
import type { MetricsPage, PageFamily } from '../../../plan/propose.js';
import { resolvePlan } from '../../../plan/resolve.js';
import { accepted } from './support.js';

function family(name: string, type: string, samples: [string, Record<string, string>, number][]): [string, PageFamily] {
  const all = samples.map(([sample, labels, value]) => ({
    name: sample,
    labels: new Map(Object.entries(labels)),
    value,
  }));
  return [name, { name, type, samples: all }];
}

const PAGE: MetricsPage = {
  families: new Map([
    family('http_requests_total', 'counter', [['http_requests_total', { via: 'share' }, 900]]),
    family('http_request_errors_total', 'counter', [['http_request_errors_total', {}, 3]]),
    family('jobs_total', 'counter', [['jobs_total', { via: 'share' }, 5]]),
    family('http_request_seconds', 'histogram', [
      ['http_request_seconds_bucket', { via: 'share', le: '0.01' }, 500],
      ['http_request_seconds_bucket', { via: 'share', le: '0.05' }, 995],
      ['http_request_seconds_bucket', { via: 'share', le: '0.1' }, 999],
      ['http_request_seconds_bucket', { via: 'share', le: '0.5' }, 1000],
      ['http_request_seconds_bucket', { via: 'share', le: '+Inf' }, 1000],
    ]),
    family('process_cpu_seconds_total', 'counter', [['process_cpu_seconds_total', {}, 1]]),
  ]),
};

describe('sluice init', () => {
  it('writes three files that are legal, fit each other and satisfy their own policy', () => {
    const files = initFiles('churn');
    const { plan, warnings } = accepted(files['churn.rollout.yaml'] ?? '');
    const platform = readPlatform(files['platform.yaml'] ?? '', 'platform.yaml');
    const policy = readPolicy(files['policy.yaml'] ?? '', 'policy.yaml');
    assert.deepEqual(warnings, []);
    assert.ok(platform.kind === 'platform' && policy.kind === 'policy', JSON.stringify([platform, policy]));
    assert.equal(resolvePlan(plan, platform.platform).kind, 'resolved');
    assert.deepEqual(checkAgainstPolicy(plan, policy.policy, 'ada'), []);
  });

  it('proposes pairs of counters and histograms of a page, with a limit that is an edge above what is seen', () => {
    const made = initPlanFrom(PAGE, { model: 'churn' });
    assert.ok(made.kind === 'plan');
    const { plan } = accepted(made.text);
    assert.deepEqual(plan.metrics['http-request-errors']?.reading, {
      kind: 'scrape',
      units: 'http_requests_total',
      events: 'http_request_errors_total',
    });
    assert.deepEqual(plan.gates['http-request']?.promoteWhen, { provenBelow: '100ms' });
    assert.deepEqual(Object.keys(plan.metrics).sort(), ['http-request', 'http-request-errors']);
    assert.deepEqual(made.proposal.withoutVia, ['http_request_errors_total']);
  });

  it('says what a page would need when it has nothing to judge by', () => {
    const made = initPlanFrom({ families: new Map([family('up', 'gauge', [['up', {}, 1]])]) }, { model: 'churn' });
    assert.ok(made.kind === 'nothing');
  });
});
