import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { prometheusSource } from '../../../activities/sources/prometheus.js';
import { collectOrder, rate, shown, sourceSpec, startWebServer } from './builders.js';

const windowMs = 1000;

describe('an answer is no value when', () => {
  const vector = (...result: unknown[]) =>
    JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
  const sample = (value: unknown) => ({ metric: { __name__: 'a', arm: 'baseline', via: 'share' }, value: [1, value] });
  const cases: [name: string, status: number, body: string, expected: RegExp][] = [
    ['it is HTML', 200, '<html>Sign in</html>', /^retryable: .*without JSON: "<html>/],
    ['it is cut off', 200, vector(sample('1')).slice(0, -3), /^retryable: .*without JSON/],
    [
      'it is partial',
      200,
      vector(sample('1')).replace('{"status"', '{"warnings":["one shard is down"],"status"'),
      /^retryable: .*one shard is down/,
    ],
    [
      'the server is overloaded',
      503,
      '{"status":"error","error":"query timed out"}',
      /^retryable: .*503: query timed out/,
    ],
    [
      'the token is refused, without showing it',
      401,
      '{"status":"error","error":"bad token s3cr3t\\u001b[0m"}',
      /^retryable: .*bad token \*\*\*\\u\{1b\}/,
    ],
    ['the query cannot be executed', 422, '{"status":"error","error":"too many series"}', /^final: .*too many series/],
    ['it is a matrix', 200, vector().replace('vector', 'matrix'), /^final: .*not a vector/],
    ['it is a native histogram', 200, vector({ metric: {}, histogram: [1, {}] }), /^final: native histograms/],
    ['there are two samples for one series', 200, vector(sample('1'), sample('2')), /^final: .*two samples/],
    ['it is NaN', 200, vector(sample('NaN')), /^final: .*finite/],
    ['it is infinite', 200, vector(sample('+Inf')), /^final: .*finite/],
    ['it is out of range', 200, vector(sample('1e999')), /^final: .*finite/],
    ['it is a JSON number', 200, vector(sample(1)), /^final: .*has the value 1/],
    ['it is empty text', 200, vector(sample('')), /^final: .*has the value ""/],
    ['it is null', 200, vector(null), /^final: .*unknown shape/],
    [
      'the arm is unknown',
      200,
      vector({ ...sample('1'), metric: { arm: 'canary', via: 'share' } }),
      /^final: .*arm="canary"/,
    ],
  ];
  for (const [name, status, body, expected] of cases)
    test(name, async () => {
      const web = await startWebServer();
      web.handler = (_, response) => void response.writeHead(status).end(body);
      try {
        const fake = prometheusSource(
          { kind: 'prometheus', url: web.url, labels: { arm: 'arm', via: 'via' }, token: 'env:TOKEN' },
          { hosts: [web.host], resolveSecret: () => 's3cr3t' },
        );
        const metrics = { asked: rate({ kind: 'prometheus', units: 'a', events: 'b' }) };
        const order = collectOrder({ metrics, source: sourceSpec('prometheus', windowMs), nowMs: windowMs });
        const [window] = await fake.collect(order);
        assert.match(shown(window?.observations['asked']).join(), expected);
      } finally {
        await web.stop();
      }
    });
});

test('a bad selector of events ends its metric and nothing else, even while the counter of units fails', async () => {
  const web = await startWebServer();
  web.handler = (_, response) => void response.writeHead(503).end('{}');
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const connection = { kind: 'prometheus' as const, url: web.url, labels: { arm: 'arm', via: 'via' }, token: null };
    const fake = prometheusSource(connection, { hosts: [web.host], resolveSecret: () => '' });
    const asked = rate({ kind: 'prometheus', units: 'a', events: 'sum(b)' });
    const good = rate({ kind: 'prometheus', units: 'a', events: 'b' });
    const order = collectOrder({
      metrics: { asked, good },
      source: sourceSpec('prometheus', windowMs),
      nowMs: windowMs,
    });
    const [window] = await fake.collect(order);
    assert.match(shown(window?.observations['asked']).join(), /^final: write a counter/);
    assert.match(shown(window?.observations['good']).join(), /^retryable: .*503/);
    assert.deepEqual(unhandled, []);
  } finally {
    process.off('unhandledRejection', note);
    await web.stop();
  }
});

test('a Prometheus that nobody can reach is unavailable, and one that is not listed is refused', async () => {
  const connection = {
    kind: 'prometheus' as const,
    url: 'http://127.0.0.1:1',
    labels: { arm: 'arm', via: 'via' },
    token: null,
  };
  const options = { hosts: ['127.0.0.1:1'], resolveSecret: () => '' };
  const asked = rate({ kind: 'prometheus', units: 'a', events: 'b' });
  const order = collectOrder({ metrics: { asked }, source: sourceSpec('prometheus', windowMs), nowMs: windowMs });
  await assert.rejects(prometheusSource(connection, options).collect(order), {
    type: 'sourceUnavailable',
    nonRetryable: false,
    message: /ECONNREFUSED/,
  });
  assert.throws(() => prometheusSource(connection, { ...options, hosts: [] }), {
    type: 'badPlatform',
    nonRetryable: true,
  });
});
