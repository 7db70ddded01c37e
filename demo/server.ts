/**
 * One arm of the spam filter, a process of its own: loads a model version from the registry and answers
 * POST /classify, GET /health, GET /metrics on loopback. Every delivery is read by the model; nothing is cached.
 */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { filesRegistry } from '../activities/registry/files.js';
import { announceReady, argument, endWithParent } from './child.js';
import { type Classified, parseDeliveries } from './classify.js';
import { type Metrics, createMetrics } from './metrics.js';
import { type Filter, MODEL_FILE, filterOf, loadModel } from './models/filter.js';
import { MODEL } from './models/versions.js';

export interface ServerArgument {
  /** Root of the model registry. */
  registry: string;
  version: string;
  /** 0: any free one. */
  port: number;
}
export interface ServerReady {
  port: number;
  version: string;
  digest: string;
}

const MOST_BYTES = 16 * 1024 * 1024;

async function main({ registry, version, port }: ServerArgument): Promise<void> {
  const filter = filterOf(loadModel(join(registry, MODEL, version, MODEL_FILE)));
  const digest = await filesRegistry(registry).digest(MODEL, version);
  const metrics = createMetrics(digest, performance.timeOrigin / 1000);

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent)
        send(response, 400, 'text/plain', `${error instanceof Error ? error.message : String(error)}\n`);
      else response.destroy();
    });
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /health') return send(response, 200, 'application/json', JSON.stringify({ version, digest }));
    if (route === 'GET /metrics') return send(response, 200, 'text/plain; version=0.0.4', metrics.page());
    if (route !== 'POST /classify') return send(response, 404, 'text/plain', 'classify, health or metrics\n');
    const answered = classify(await bodyOf(request), version, filter, metrics);
    send(response, 200, 'application/json', JSON.stringify(answered));
  }
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  endWithParent(() => server.closeAllConnections());
  announceReady({ port: (server.address() as AddressInfo).port, version, digest } satisfies ServerReady);
}

function classify(text: string, version: string, filter: Filter, metrics: Metrics): Classified {
  const spam = parseDeliveries(text).map(({ via, mailType, ...letter }) => {
    const began = performance.now();
    const verdict = attempt(() => filter(letter));
    // Its own time, not that of its neighbours: deliveries share a request only to spare the machine.
    metrics.count({ via, mailType }, (performance.now() - began) / 1000, verdict === null);
    return verdict;
  });
  return { version, spam };
}

/** A model that throws fails this delivery, which is counted, and no other. */
function attempt(filter: () => boolean): boolean | null {
  try {
    return filter();
  } catch {
    return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new RangeError(`the body is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}

await main(argument<ServerArgument>());
