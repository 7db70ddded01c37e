import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../../activities/failures.js';
import { refuseWebhook, secretBytes, signWebhook, TOLERANCE_MS } from '../../../activities/notify/standard-webhook.js';
import { webhookNotifier } from '../../../activities/notify/webhook.js';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SECRET = `whsec_${KEY.toString('base64')}`;
const EVENT = {
  tenant: 'mail',
  model: 'spam-filter',
  rolloutId: 'r-1',
  eventId: 'r-1/12',
  type: 'rolledBack',
  urgent: true,
  sentence: 'mail-lost <b>failed</b> @channel\u202e on hard-ham',
};

interface Got {
  headers: IncomingHttpHeaders;
  body: string;
}

async function sink(t: TestContext, answer: (response: ServerResponse) => void): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-path`, got };
}

const ok = (response: ServerResponse) => response.writeHead(204).end();
const never = new AbortController().signal;
const failed = (error: unknown) => isFailure(error, 'notifyFailed') && error.nonRetryable !== true;

test('sends a signed CloudEvent that an independent check accepts', async (t) => {
  const { url, got } = await sink(t, ok);
  await webhookNotifier({ url, secret: SECRET }).send(EVENT, never);
  const [{ headers, body } = { headers: {}, body: '' }] = got;
  const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`);
  assert.match(headers['content-type'] ?? '', /^application\/cloudevents\+json/);
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 5);
  const event = JSON.parse(body);
  assert.deepEqual([event.specversion, event.id, event.type], ['1.0', 'r-1-12', 'dev.sluice.rollout.rolledBack']);
  assert.deepEqual([event.source, event.subject, event.data.urgent], ['/sluice/mail/spam-filter', 'r-1', true]);
  assert.equal(event.data.sentence, 'mail-lost <b>failed</b> @channel  on hard-ham');
});

test('a repetition has the same id and body, so that receivers can drop it', async (t) => {
  const { url, got } = await sink(t, ok);
  await webhookNotifier({ url, secret: SECRET, now: () => 1_000_000 }).send(EVENT, never);
  await webhookNotifier({ url, secret: SECRET, now: () => 9_000_000 }).send(EVENT, never);
  assert.equal(got[0]?.body, got[1]?.body);
  assert.equal(got[0]?.headers['webhook-id'], got[1]?.headers['webhook-id']);
  assert.notEqual(got[0]?.headers['webhook-signature'], got[1]?.headers['webhook-signature']);
});

test('anything but 2xx is a failure that is retried and names no path', async (t) => {
  for (const status of [301, 400, 500]) {
    const { url, got } = await sink(t, (response) => response.writeHead(status, { location: '/elsewhere' }).end());
    const attempt = webhookNotifier({ url, secret: SECRET }).send(EVENT, never);
    await assert.rejects(attempt, (error) => failed(error) && !String(error).includes('secret-path'));
    assert.equal(got.length, 1, 'a redirect is not followed');
  }
});

test('an address where nobody listens is a failure that is retried', async () => {
  const notifier = webhookNotifier({ url: 'http://127.0.0.1:9/x', secret: SECRET });
  await assert.rejects(notifier.send(EVENT, never), failed);
});

test('a receiver that never answers is left after five seconds, or when the attempt is cancelled', async (t) => {
  const { url } = await sink(t, () => {});
  const notifier = webhookNotifier({ url, secret: SECRET });
  const began = performance.now();
  await Promise.all([
    assert.rejects(notifier.send(EVENT, never), failed),
    assert.rejects(notifier.send(EVENT, AbortSignal.timeout(50)), failed),
  ]);
  assert.ok(performance.now() - began < 7000);
});

test('refuses a secret or an address that cannot be used', () => {
  const badPlatform = (error: unknown) => isFailure(error, 'badPlatform');
  for (const secret of ['', 'whsec_', 'whsec_c2hvcnQ=', KEY.toString('base64')])
    assert.throws(() => webhookNotifier({ url: 'http://127.0.0.1:1/', secret }), badPlatform, secret);
  for (const url of ['nowhere', 'ftp://127.0.0.1/', 'http://user:pw@127.0.0.1/'])
    assert.throws(() => webhookNotifier({ url, secret: SECRET }), badPlatform, url);
});

test('the receiving side refuses altered, replayed, early and ambiguous messages', () => {
  const key = secretBytes(SECRET) ?? assert.fail();
  const nowMs = 1_795_000_000_000;
  const headers = signWebhook(key, 'msg-1', nowMs, 'body');
  assert.equal(refuseWebhook(key, headers, 'body', nowMs), null);
  assert.equal(
    refuseWebhook(key, { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }, 'body', nowMs),
    null,
  );
  const bad: [Partial<typeof headers>, string, number][] = [
    [headers, 'Body', nowMs],
    [headers, 'body', nowMs + TOLERANCE_MS + 1001],
    [headers, 'body', nowMs - TOLERANCE_MS - 1],
    [{ ...headers, 'webhook-id': 'msg-2' }, 'body', nowMs],
    [{ ...headers, 'webhook-timestamp': String(nowMs / 1000 + 1) }, 'body', nowMs],
    [{ ...headers, 'webhook-id': 'msg-1.1795' }, 'body', nowMs],
    [{ ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') }, 'body', nowMs],
    [{ ...headers, 'webhook-signature': 'v1,' }, 'body', nowMs],
    [{}, 'body', nowMs],
  ];
  for (const [given, body, atMs] of bad)
    assert.notEqual(refuseWebhook(key, given, body, atMs), null, JSON.stringify(given));
  assert.throws(() => signWebhook(key, 'a.b', nowMs, 'body'), RangeError);
});
