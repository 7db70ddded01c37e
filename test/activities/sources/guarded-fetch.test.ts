import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { FETCH_LIMIT_BYTES, FetchFault, allowedUrl, guardedFetch } from '../../../activities/sources/guarded-fetch.js';
import { startWebServer } from './builders.js';

const web = await startWebServer();
after(async () => {
  await web.stop();
});
beforeEach(() => {
  web.handler = null;
});

const signal = new AbortController().signal;
const get = (timeoutMs = 5000) =>
  guardedFetch({ url: `${web.url}/metrics?key=hidden`, hosts: [web.host], timeoutMs, signal });

describe('an address is refused when', () => {
  const refused = [
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:81/',
    'http://127.0.0.1.example:80/',
    'http://[::1]:80/',
    'http://[::ffff:127.0.0.1]:80/',
    'http://user:hunter2@127.0.0.1:80/',
    'http://127.0.0.1:80@evil.example/',
    'https://127.0.0.1/',
    'file:///etc/passwd',
    'not a url',
  ];
  for (const address of refused)
    test(`it is ${address}`, () => {
      assert.throws(
        () => allowedUrl(address, ['127.0.0.1:80']),
        (error) => error instanceof FetchFault && error.kind === 'notAllowed' && !error.message.includes('hunter2'),
      );
    });

  test('a listed address written otherwise is the listed address', () => {
    for (const address of ['http://0x7f000001/', 'http://127.1:80/', 'http://2130706433/x'])
      assert.equal(allowedUrl(address, ['127.0.0.1:80']).hostname, '127.0.0.1');
  });
});

describe('an answer is refused when', () => {
  test('it redirects, even to the same host', async () => {
    web.handler = (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end();
    await assert.rejects(get(), { kind: 'unreachable', message: /302; redirects are not followed/ });
  });

  test('it never ends in bytes', { timeout: 5000 }, async () => {
    let sent = 0;
    web.handler = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) sent += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    await assert.rejects(get(), { message: /more than 8388608 bytes/ });
    assert.ok(sent < 4 * FETCH_LIMIT_BYTES, `${sent} bytes were sent`);
  });

  test('it never comes', { timeout: 5000 }, async () => {
    web.handler = () => {};
    await assert.rejects(get(200), { message: /did not answer within 200 ms/ });
  });

  test('it drips without end', { timeout: 5000 }, async () => {
    web.handler = (_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    await assert.rejects(get(300), { message: /within 300 ms/ });
  });

  test('it is compressed, or no UTF-8', async () => {
    web.handler = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await assert.rejects(get(), { message: /compressed/ });
    web.handler = (_, response) => void response.end(Buffer.from([0xff, 0xfe]));
    await assert.rejects(get(), { message: /UTF-8/ });
  });

  test('the attempt ends first', async () => {
    web.handler = () => {};
    const ended = AbortSignal.abort();
    await assert.rejects(guardedFetch({ url: web.url, hosts: [web.host], signal: ended }), {
      message: /attempt ended/,
    });
  });

  test('and the message never shows the query of the address', async () => {
    web.handler = (request) => void request.socket.destroy();
    await assert.rejects(get(), (error) => error instanceof FetchFault && !error.message.includes('hidden'));
  });
});
