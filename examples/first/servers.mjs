/**
 * Somebody's two model servers and their application, in one process, for a first rollout of one's own:
 * `node servers.mjs [--bad]`. What is missing of registry and flag file is made in the current directory; `--bad` makes
 * version 2 fail eight requests in a hundred. The part to copy is `route`: how an application asks the flag.
 * The models are toys: failures and times are drawn at random, so that a busy machine does not change the outcome.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { FlagdCore } from '@openfeature/flagd-core';
import { bucketKey, viaOf } from '../../dist/activities/exposure/application.js';
import { filesRegistry } from '../../dist/activities/registry/files.js';

const MODEL = 'ranker';
const PORTS = { 1: 7101, 2: 7102 };
const BASELINE = '1';
const HEALTHY = 0.005;
const FAILING = { 1: HEALTHY, 2: process.argv.includes('--bad') ? 0.08 : HEALTHY };
const MEAN_SECONDS = 0.004;
/** Upper edges in seconds; a limit on a quantile must be one of them. */
const EDGES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const [TICK_MS, USERS_PER_TICK] = [20, 12];
const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 10_000;

/** A version is a directory, an alias names the one that serves, a new flag has no rules. Nothing is overwritten. */
function makeWhatIsMissing() {
  for (const version of Object.keys(PORTS)) {
    mkdirSync(`models/${MODEL}/${version}`, { recursive: true });
    write(`models/${MODEL}/${version}/weights.json`, { version });
  }
  write(`models/${MODEL}/aliases.json`, { production: BASELINE });
  const flag = { state: 'ENABLED', variants: { [BASELINE]: BASELINE }, defaultVariant: BASELINE };
  write('flags.json', { flags: { [MODEL]: flag } });
}

function write(file, content) {
  if (existsSync(file)) return;
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  console.log(`made ${file}`);
}

/** The counters of one server, by via, and its page in Prometheus text format. */
function metricsOf(digest) {
  const byVia = new Map();
  return {
    count(via, seconds, failed) {
      const row = byVia.get(via) ?? { units: 0, failed: 0, seconds: 0, buckets: EDGES.map(() => 0) };
      row.units += 1;
      row.failed += failed ? 1 : 0;
      row.seconds += seconds;
      EDGES.forEach((edge, i) => (row.buckets[i] += seconds <= edge ? 1 : 0));
      byVia.set(via, row);
    },
    page: () =>
      [
        '# TYPE requests_total counter',
        ...[...byVia].map(([via, row]) => `requests_total{via="${via}"} ${row.units}`),
        '# TYPE requests_failed_total counter',
        ...[...byVia].map(([via, row]) => `requests_failed_total{via="${via}"} ${row.failed}`),
        '# TYPE request_seconds histogram',
        ...[...byVia].flatMap(([via, { units, seconds, buckets }]) => [
          ...EDGES.map((edge, i) => `request_seconds_bucket{via="${via}",le="${edge}"} ${buckets[i]}`),
          `request_seconds_bucket{via="${via}",le="+Inf"} ${units}`,
          `request_seconds_sum{via="${via}"} ${seconds}`,
          `request_seconds_count{via="${via}"} ${units}`,
        ]),
        '# TYPE model_info gauge',
        `model_info{digest="${digest}"} 1`,
        '# TYPE process_start_time_seconds gauge',
        `process_start_time_seconds ${performance.timeOrigin / 1000}\n`,
      ].join('\n'),
  };
}

/** One model server. Units and failures are counted together, when a request ends. */
async function serve(version, port) {
  const metrics = metricsOf(await filesRegistry('models').digest(MODEL, version));
  const server = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url, 'http://127.0.0.1');
    if (pathname === '/health') return response.end('ok\n');
    if (pathname === '/metrics') return response.end(metrics.page());
    if (pathname !== '/rank') return response.writeHead(404).end('rank, health or metrics\n');
    const failed = Math.random() < FAILING[version];
    metrics.count(searchParams.get('via') ?? 'none', -Math.log(1 - Math.random()) * MEAN_SECONDS, failed);
    return response.writeHead(failed ? 500 : 200).end();
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
}

const flags = new FlagdCore();
let seen = '';

/** Reads the flag file again when it has changed. In production a flagd provider of OpenFeature does this. */
function lookAtFlags() {
  const { ino, mtimeMs, size } = statSync('flags.json');
  const now = `${ino} ${mtimeMs} ${size}`;
  if (now === seen) return;
  flags.setConfigurations(readFileSync('flags.json', 'utf8'));
  seen = now;
}

/** Which version serves this user, and how that came about, which goes on every counter. */
function route(userId) {
  const context = { targetingKey: bucketKey(userId) };
  const { value, variant } = flags.resolveStringEvaluation(MODEL, BASELINE, context, console);
  return { version: value, via: viaOf(variant ?? `${BASELINE}:none`) };
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const served = { 1: 0, 2: 0 };

function oneUser() {
  const { version, via } = route(randomUUID());
  const path = `/rank?via=${encodeURIComponent(via)}`;
  const asked = request({ host: '127.0.0.1', port: PORTS[version], path, agent }, (response) => {
    served[version] += 1;
    response.resume();
  });
  asked.on('error', (error) => console.error(`version ${version}: ${error.message}`)).end();
}

function tell() {
  const [one, two] = [served[1], served[2]];
  const share = ((100 * two) / Math.max(1, one + two)).toFixed(1);
  console.log(`${one + two} users served, ${share} % of them by version 2`);
  [served[1], served[2]] = [0, 0];
}

process.once('SIGINT', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
makeWhatIsMissing();
lookAtFlags();
await Promise.all(Object.entries(PORTS).map(([version, port]) => serve(version, port)));
setInterval(lookAtFlags, LOOK_EVERY_MS);
setInterval(tell, TELL_EVERY_MS);
setInterval(() => {
  for (let i = 0; i < USERS_PER_TICK; i += 1) oneUser();
}, TICK_MS);
const how = FAILING[2] === HEALTHY ? 'as good as version 1' : 'failing eight requests in a hundred';
for (const [version, port] of Object.entries(PORTS))
  console.log(`version ${version} on http://127.0.0.1:${port}/metrics`);
console.log(`users arrive; version 2 is ${how}; Ctrl-C ends it`);
