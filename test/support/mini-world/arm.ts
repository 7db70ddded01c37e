/** One arm of the toy model: a real HTTP server with health and a Prometheus page, whose behaviour the test sets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ArmServer {
  readonly url: string;
  /** Share of units that fail, 0..1. */
  errorRate: number;
  healthy: boolean;
  /** False: the metrics page answers 503, as when whatever exports it is down. */
  reporting: boolean;
  /** What `model_info` says is loaded. */
  digest: string;
  /** Answers one unit. */
  serve(via: string): void;
  close(): Promise<void>;
}

interface Counts {
  units: number;
  failed: number;
}

const SECONDS = 0.004;
const EDGES = [0.001, 0.005, 0.05, 0.5];

export async function armServer(digest: string): Promise<ArmServer> {
  const startedAt = Date.now() / 1000;
  const counts = new Map<string, Counts>([['share', { units: 0, failed: 0 }]]);
  const server = createServer((request, response) => {
    const [status, text] = request.url === '/health' ? health(arm) : metrics(arm, page(counts, arm.digest, startedAt));
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const arm: ArmServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    errorRate: 0,
    healthy: true,
    reporting: true,
    digest,
    serve: (via) => {
      const count = counts.get(via) ?? { units: 0, failed: 0 };
      counts.set(via, count);
      count.units += 1;
      if (Math.random() < arm.errorRate) count.failed += 1;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return arm;
}

function health({ healthy }: ArmServer): [number, string] {
  return healthy ? [200, 'ok\n'] : [503, 'the model is not loaded\n'];
}

function metrics({ reporting }: ArmServer, text: string): [number, string] {
  return reporting ? [200, text] : [503, 'exporter is down\n'];
}

function page(counts: Map<string, Counts>, digest: string, startedAt: number): string {
  const all = [...counts];
  return [
    '# TYPE requests_total counter',
    ...all.map(([via, { units }]) => `requests_total{via="${via}"} ${units}`),
    '# TYPE requests_failed_total counter',
    ...all.map(([via, { failed }]) => `requests_failed_total{via="${via}"} ${failed}`),
    '# TYPE request_seconds histogram',
    ...all.flatMap(([via, { units }]) => histogram(via, units)),
    '# TYPE model_info gauge',
    `model_info{digest="${digest}"} 1`,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${startedAt}`,
    '',
  ].join('\n');
}

function histogram(via: string, units: number): string[] {
  const buckets = EDGES.map(
    (edge) => `request_seconds_bucket{via="${via}",le="${edge}"} ${edge > SECONDS ? units : 0}`,
  );
  return [
    ...buckets,
    `request_seconds_bucket{via="${via}",le="+Inf"} ${units}`,
    `request_seconds_sum{via="${via}"} ${units * SECONDS}`,
    `request_seconds_count{via="${via}"} ${units}`,
  ];
}
