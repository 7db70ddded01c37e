/**
 * `sluice judge --prometheus` on a real Prometheus whose history was filled in: what is counted, what is missing, and
 * what it says of gates and of the counter rule.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { historyOf } from '../../../client/rejudge/history.js';
import { rangeApi } from '../../../client/rejudge/prometheus-range.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import type { MetricSpec } from '../../../workflows/contract/plan.js';
import { collectLog, freePort, stopChild } from '../../support/postgres.js';
import { type Ran, sluice } from '../../unit/client/run-cli.js';
import { poisson, quantile, rate, seeded } from '../../unit/judge/world.js';

const MINUTE_MS = 60_000;
const MINUTES = 12 * 60;
const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
const startMs = endMs - MINUTES * MINUTE_MS;

const folder = mkdtempSync(join(tmpdir(), 'sluice-history-'));
let server: ChildProcess;
let host = '';
const url = () => `http://${host}`;

/** What was counted in each minute, and when a process began anew. */
const random = seeded(3);
const counted = Array.from({ length: MINUTES }, () => {
  const failed = poisson(random, 6);
  const units = poisson(random, 594) + failed;
  return { units, failed, slow: poisson(random, units * 0.002) };
});
const RESTART = 200;

before(async () => {
  writeFileSync(join(folder, 'history.txt'), openMetrics());
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
  const data = join(folder, 'data');
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.txt'), data, '-q'], {
    stdio: 'ignore',
  });
  host = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=90d',
    `--web.listen-address=${host}`,
  ];
  server = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = collectLog(server);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const ready = await fetch(`${url()}/-/ready`).catch(() => null);
    if (ready?.status === 200) break;
    if (Date.now() > deadline) throw new Error(`Prometheus is not ready:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
after(async () => {
  await stopChild(server, 'SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

/** Counters from the first minute on; they begin anew at the restart, and the canary's requests have a series of their own. */
function openMetrics(): string {
  const lines = new Map<string, string[]>();
  const add = (series: string, value: number, minute: number) => {
    const name = series.replace(/\{.*/, '');
    const own = lines.get(name) ?? [];
    own.push(`${series} ${value} ${(startMs + minute * MINUTE_MS) / 1000}`);
    lines.set(name, own);
  };
  let total = { units: 0, failed: 0, fast: 0 };
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    if (minute === RESTART) total = { units: 0, failed: 0, fast: 0 };
    add('requests_total{job="spam"}', total.units, minute);
    if (minute >= 300) add('requests_total{job="spam",canary="yes"}', 1_000 * (minute - 299), minute);
    add('failed_total{job="spam"}', total.failed, minute);
    add('request_seconds_bucket{le="0.25"}', total.fast, minute);
    add('request_seconds_bucket{le="+Inf"}', total.units, minute);
    add('request_seconds_count', total.units, minute);
    add('seconds_total', total.units / 3, minute);
    const { units, failed, slow } = counted[minute] ?? { units: 0, failed: 0, slow: 0 };
    total = { units: total.units + units, failed: total.failed + failed, fast: total.fast + units - slow };
  }
  return [...[...lines.values()].flat(), '# EOF', ''].join('\n');
}

const order = { fromMs: startMs, stepMs: MINUTE_MS, windows: MINUTES, onProgress: () => {} };
const prometheus = (units: string, events: string): MetricSpec =>
  rate({ reading: { kind: 'prometheus', units, events } });
const history = (metric: MetricSpec) => historyOf(rangeApi(url(), host), 'm', metric, order);

test('every minute is what was counted in it; the one around a restart is missing', async () => {
  const { windows, missing } = await history(prometheus('requests_total{job="spam",canary=""}', 'failed_total'));
  assert.deepEqual([...missing], [['a counter went backwards: a restart', 1]]);
  assert.equal(windows.length, MINUTES - 1);
  for (const { index, observation } of windows) {
    assert.ok(observation.kind === 'value');
    const { units, failed } = counted[index] ?? { units: -1, failed: -1 };
    assert.deepEqual(observation.cells, [
      { arm: 'baseline', via: 'share', slice: null, payload: { kind: 'rate', units, events: failed } },
    ]);
  }
});

test('a series counts from the second minute it is seen, and all series of a selector add up', async () => {
  const { windows } = await history(prometheus('requests_total', 'failed_total'));
  const extra = (index: number) => {
    const observation = windows.find((window) => window.index === index)?.observation;
    const payload = observation?.kind === 'value' ? observation.cells[0]?.payload : undefined;
    return payload?.kind === 'rate' ? payload.units - (counted[index]?.units ?? 0) : null;
  };
  assert.deepEqual([298, 299, 300, 500].map(extra), [0, 0, 1_000, 1_000]);
});

test('histograms keep their edges, in milliseconds', async () => {
  const { windows } = await history(
    quantile({ reading: { kind: 'prometheusHistogram', histogram: 'request_seconds' } }),
  );
  const observation = windows[0]?.observation;
  assert.ok(observation?.kind === 'value');
  const { units, slow } = counted[0] ?? { units: 0, slow: 0 };
  assert.deepEqual(observation.cells[0]?.payload, {
    kind: 'quantile',
    n: units,
    buckets: [
      [250, units - slow],
      [null, units],
    ],
  });
});

test('what is no counter, names nothing, or is no selector is refused with what to mend', async () => {
  const refused = (units: string, says: RegExp) => assert.rejects(history(prometheus(units, 'failed_total')), says);
  await refused('seconds_total', /seconds_total\{\} is no whole count/);
  await refused('nowhere_total', /no history in this time: nothing counts its units/);
  await refused('rate(requests_total[5m])', /write a counter as name/);
  await refused('requests_total{job=~"("}', /Prometheus answers 400/);
});

const GATES = `version: 1
metrics:
  errors: { kind: rate, better: lower, units: 'requests_total{canary=""}', events: failed_total }
  latency: { kind: quantile, better: lower, histogram: request_seconds, q: 0.99 }
  quality: { kind: score, range: [0, 1], better: higher }
gates:
  errors: { rollbackWhen: { provenWorseBy: 0.2pp }, promoteWhen: { provenWithin: 0.5pp } }
  errors-low: { metric: errors, promoteWhen: { provenBelow: 0.5% } }
  latency: { promoteWhen: { provenBelow: 250ms } }
  quality: { promoteWhen: { provenWithin: 0.01abs } }
`;

function judge(...args: string[]): Promise<Ran> {
  writeFileSync(join(folder, 'gates.yaml'), GATES);
  return sluice(['judge', 'gates.yaml', '--prometheus', url(), '--since', '12h', '--splits', '3', ...args], {
    cwd: folder,
  });
}

test('a healthy service: no comparison rolls it back, the counter rule does, and a limit below the truth always', async () => {
  const ran = await judge('--json');
  assert.equal(ran.code, EXIT.done, ran.err);
  const said = JSON.parse(ran.out) as {
    gates: Record<string, { rolledBack: number; of: number }>;
    counterRule: { metrics: Record<string, { rolledBack: number }> };
    notes: string[];
    history: { calibrated: number };
  };
  assert.deepEqual(
    Object.fromEntries(Object.entries(said.gates).map(([name, { rolledBack, of }]) => [name, `${rolledBack}/${of}`])),
    { errors: '0/3', 'errors-low': '3/3', latency: '0/3' },
  );
  assert.equal(said.counterRule.metrics['errors']?.rolledBack, 3);
  assert.equal(said.history.calibrated, 72);
  assert.match(said.notes.join(), /names no series of theirs.*: quality/);
});

test('people read how often, under which split, and what it cannot show; the same seed says the same', async () => {
  const { code, out } = await judge('--seed', '9', '--gate', 'errors');
  assert.equal(code, EXIT.done);
  const text = out.replace(/\s+/g, ' ');
  assert.match(text, /720 windows of 1 min/);
  assert.match(text, /by a fair coin, 3 times \(seeds 9 to 11\)/);
  assert.match(text, /gate errors +0 of 3/);
  assert.match(text, /counter rule on errors +3 of 3 +\d+ min/);
  assert.match(text, /This is the kindest case/);
  assert.equal(
    (await judge('--seed', '9', '--gate', 'errors', '--json')).out,
    (await judge('--seed', '9', '--gate', 'errors', '--json')).out,
  );
});

test('an answer that is too large is asked for in halves, down to a limit, and then given up', async () => {
  const asked: number[] = [];
  let most = 30;
  const fake = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const steps = Math.round((Number(form.get('end')) - Number(form.get('start'))) / Number(form.get('step'))) + 1;
      asked.push(steps);
      const values = Array.from({ length: steps }, (_, i) => [
        Number(form.get('start')) + i * 60,
        String(Math.round(Number(form.get('start')) / 60) + i),
      ]);
      const answer = {
        status: 'success',
        data: { resultType: 'matrix', result: [{ metric: { __name__: 'c' }, values }] },
      };
      response.statusCode = steps > most ? 422 : 200;
      response.end(
        JSON.stringify(
          steps > most
            ? { status: 'error', error: 'query processing would load too many samples into memory' }
            : answer,
        ),
      );
    });
  });
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(fake.address() as AddressInfo).port}`;
  try {
    const range = () => rangeApi(`http://${at}`, at).range({ query: 'c', fromMs: 0, stepMs: MINUTE_MS, steps: 100 });
    const [series] = await range();
    assert.deepEqual(
      series?.values,
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.ok(asked.filter((steps) => steps <= most).reduce((sum, steps) => sum + steps, 0) === 100, asked.join());
    most = 0;
    await assert.rejects(range(), /more series than one answer may hold/);
  } finally {
    fake.closeAllConnections();
    await new Promise((resolve) => fake.close(resolve));
  }
});

test('nobody there is 4; a production platform file keeps the command to its hosts', async () => {
  const gone = await sluice(['judge', 'gates.yaml', '--prometheus', 'http://127.0.0.1:1'], { cwd: folder });
  assert.equal(gone.code, EXIT.unreachable);
  assert.match(gone.err.replace(/\s+/g, ' '), /http:\/\/127\.0\.0\.1:1 cannot be read: .*ECONNREFUSED/);
  const platform = `version: 1\nmode: production\ntenants:\n  mail:\n    stores: { flags: { kind: flagd, file: /f.json } }\n    registries: { models: { kind: files, root: /m, alias: production } }\n    evidence: { root: /e }\n`;
  writeFileSync(join(folder, 'production.yaml'), platform);
  const refused = await sluice(
    ['judge', 'gates.yaml', '--prometheus', 'http://metrics.example:9090', '--platform', 'production.yaml'],
    { cwd: folder },
  );
  assert.equal(refused.code, EXIT.refused);
  assert.match(refused.err.replace(/\s+/g, ' '), /metrics\.example:9090 is not among the hosts/);
});
