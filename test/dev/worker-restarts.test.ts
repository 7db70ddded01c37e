/** The worker of `sluice dev` comes back after a crash, and not after a stop. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processAlive } from '../../dev/processes.js';
import { type SupervisedWorker, superviseWorker } from '../../dev/worker.js';

let directory: string;
let reports: string[];
let worker: SupervisedWorker | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-worker-'));
  reports = [];
});
afterEach(async () => {
  await worker?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Stands in for the worker: counts its starts in a file and runs until it is told to end. */
async function supervised(): Promise<SupervisedWorker> {
  const program = join(directory, 'fake-worker.mjs');
  const count = `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(starts())}, process.env.TEMPORAL_ADDRESS + '\\n');`;
  await writeFile(program, `${count} console.log('fake worker'); setInterval(() => {}, 1000);`);
  const files = { platform: join(directory, 'platform.yaml'), policy: join(directory, 'policy.yaml') };
  return superviseWorker({
    ...files,
    entry: [program],
    env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    log: join(directory, 'worker.log'),
    report: (line) => reports.push(line),
  });
}

const starts = (): string => join(directory, 'starts');
const startCount = async (): Promise<number> =>
  (await readFile(starts(), 'utf8').catch(() => '')).split('\n').filter((line) => line === '127.0.0.1:1').length;

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline)
      assert.fail(`never: ${what}; starts ${await startCount()}, reports ${reports.join(' | ')}`);
    await delay(25);
  }
}

async function writeFiles(): Promise<void> {
  for (const name of ['platform.yaml', 'policy.yaml']) await writeFile(join(directory, name), '');
}

test('a crashed worker is started again and the crash is told with its last words', { timeout: 60_000 }, async () => {
  await writeFiles();
  worker = await supervised();
  await until('a first start', async () => (await startCount()) === 1);
  process.kill(worker.pid() ?? 0, 'SIGKILL');
  await until('a second start', async () => (await startCount()) === 2);
  assert.match(reports.join('\n'), /ended by SIGKILL; it starts again in 1 s.*fake worker/s);
});

test('a stopped worker stays stopped', { timeout: 60_000 }, async () => {
  await writeFiles();
  worker = await supervised();
  await until('a start', async () => (await startCount()) === 1);
  const pid = worker.pid() ?? 0;
  await worker.stop();
  assert.equal(processAlive(pid), false);
  assert.equal(worker.pid(), null);
  assert.deepEqual(reports, []);
});

test('the worker starts once its files appear', { timeout: 60_000 }, async () => {
  worker = await supervised();
  await until('a report', async () => reports.length === 1);
  assert.equal(await startCount(), 0);
  await writeFiles();
  await until('a start', async () => (await startCount()) === 1);
});
