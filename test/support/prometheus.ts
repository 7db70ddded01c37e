/** Debian's Prometheus for one test file, scraping given targets every 500 ms. Required, not optional: see .ci/run. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectLog, freePort, stopChild } from './postgres.js';

export interface TestPrometheus {
  url: string;
  /** `host:port`. */
  host: string;
  /** Waits until an instant query satisfies the condition; the error shows the last answer. */
  until(query: string, satisfied: (values: number[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const SCRAPE_INTERVAL_MS = 500;

/** `targets` by the value of their label `arm`; each a `host:port` serving /metrics. */
export async function startPrometheus(targets: Record<string, string>): Promise<TestPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prom-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, configText(targets));
  const host = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${host}`,
  ];
  const server = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = collectLog(server);
  let spawnError: Error | null = null;
  server.on('error', (error) => {
    spawnError = error;
  });
  const url = `http://${host}`;
  const started: TestPrometheus = {
    url,
    host,
    until: async (query, satisfied) => {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const seen = await values(url, query);
        if (Array.isArray(seen) && satisfied(seen)) return;
        if (spawnError !== null || Date.now() > deadline)
          throw new Error(`${query} stays ${JSON.stringify(seen)}; ${String(spawnError)}; Prometheus said:\n${log()}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    stop: async () => {
      await stopChild(server, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await started.until('vector(1)', ([one]) => one === 1);
  return started;
}

function configText(targets: Record<string, string>): string {
  const jobs = Object.entries(targets).map(
    ([arm, host]) => `      - targets: ['${host}']\n        labels: { arm: '${arm}' }\n`,
  );
  return (
    `global: { scrape_interval: ${SCRAPE_INTERVAL_MS}ms, scrape_timeout: ${SCRAPE_INTERVAL_MS}ms }\n` +
    `scrape_configs:\n  - job_name: models\n    static_configs:\n${jobs.join('')}`
  );
}

async function values(url: string, query: string): Promise<number[] | string> {
  try {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const json = (await answer.json()) as { data?: { result?: { value: [number, string] }[] } };
    return (json.data?.result ?? []).map((element) => Number(element.value[1]));
  } catch (error) {
    return String(error);
  }
}
