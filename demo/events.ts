/** Receives what Sluice announces, as a chat bot or a pager would, and refuses what is not signed by it (Standard Webhooks). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RolloutEvent {
  type: string;
  data: unknown;
}

export interface EventReceiver {
  port: number;
  /** In order of arrival, each event id once. */
  received(): RolloutEvent[];
  /** Requests whose signature did not fit. */
  forged(): number;
  stop(): Promise<void>;
}

export async function receiveEvents(secret: string): Promise<EventReceiver> {
  const events = new Map<string, RolloutEvent>();
  let forged = 0;
  const server = createServer((request, response) => {
    readText(request)
      .then((body) => {
        const genuine = isSigned(request, body, secret);
        if (!genuine) forged += 1;
        else events.set(header(request, 'webhook-id'), eventOf(body));
        response.writeHead(genuine ? 204 : 401).end();
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => [...events.values()],
    forged: () => forged,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** `v1,<base64 HMAC-SHA256 of id.timestamp.body>` among the space-separated signatures. */
function isSigned(request: IncomingMessage, body: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${header(request, 'webhook-id')}.${header(request, 'webhook-timestamp')}.${body}`;
  const wanted = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  const given = header(request, 'webhook-signature')
    .split(' ')
    .map((one) => Buffer.from(one));
  return given.some((one) => one.length === wanted.length && timingSafeEqual(one, wanted));
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** A CloudEvents body. */
function eventOf(body: string): RolloutEvent {
  const { type, data } = JSON.parse(body) as Partial<RolloutEvent>;
  return { type: typeof type === 'string' ? type : 'unknown', data: data ?? null };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
