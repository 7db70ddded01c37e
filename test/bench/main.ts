/**
 * `npm run bench`: measures everything and writes docs/numbers.md. `npm run bench -- NAME...` measures those alone and
 * `--quick` with few repetitions; both print and write nothing, so that the page is always one whole run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { packageRoot } from '../../dev/root.js';
import { ownTemporal, SHARED_ADDRESS } from '../support/temporal.js';
import { benchmarks } from './benchmarks.js';
import type { Told } from './one.js';
import { type Machine, missed, numbersPage, type Result, section } from './page.js';
import type { Benchmark } from './row.js';

const QUICK = '--quick';
/** Of all together; what is left when it is over is not measured. */
const TOTAL_LIMIT_MS = 18 * 60_000;
/** From being told to end to being made to. */
const GRACE_MS = 5_000;

async function main(argv: string[]): Promise<number> {
  const names = argv.filter((argument) => argument !== QUICK);
  const unknown = names.filter((name) => !benchmarks.some((each) => each.name === name));
  if (unknown.length > 0) {
    say(`no benchmark ${unknown.join(', ')}; there are ${benchmarks.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const quick = argv.includes(QUICK);
  const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
  const server = await temporal();
  const results: Result[] = [];
  const untilMs = Date.now() + TOTAL_LIMIT_MS;
  try {
    const machine = await describe(server.address);
    // The last of the page are the cheapest: should time run out, the fewest numbers are lost.
    for (const benchmark of chosen.toReversed()) {
      const limitMs = Math.max(0, Math.min(benchmark.limitMs, untilMs - Date.now()));
      results.unshift(await measure({ ...benchmark, limitMs }, quick));
    }
    if (chosen.length === benchmarks.length && !quick) publish(results, machine);
  } finally {
    await server.stop();
  }
  for (const line of missed(results)) say(`missed: ${line}`);
  return results.some(({ kind }) => kind === 'failed') ? 1 : 0;
}

async function temporal(): Promise<{ address: string; stop(): Promise<void> }> {
  const given = process.env[SHARED_ADDRESS]?.split(',')[0];
  if (given) return { address: given, stop: async () => {} };
  const own = await ownTemporal();
  process.env[SHARED_ADDRESS] = `${own.address},${own.ui}`;
  return { address: own.address, stop: () => own.stop() };
}

async function describe(address: string): Promise<Machine> {
  const connection = await Connection.connect({ address });
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return { cores: cpus().length, node: process.versions.node, temporal: serverVersion ?? 'of unknown version' };
  } finally {
    await connection.close();
  }
}

async function measure(benchmark: Benchmark, quick: boolean): Promise<Result> {
  const { name, title } = benchmark;
  say(`# ${name}: ${title}, at most ${Math.round(benchmark.limitMs / 1_000)} s`);
  const told = await inChild(benchmark, quick);
  const result: Result =
    told.kind === 'rows'
      ? { kind: 'measured', name, title, rows: told.rows }
      : { kind: 'failed', name, title, reason: told.reason };
  say(`${section(result)}\n`);
  return result;
}

async function inChild({ name, limitMs }: Benchmark, quick: boolean): Promise<Told> {
  const child = fork(join(import.meta.dirname, 'one.ts'), [name, ...(quick ? [QUICK] : [])], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let told: Told = { kind: 'failed', reason: 'it ended without a result' };
  child.on('message', (message: Told) => (told = message));
  const late = (signal: NodeJS.Signals): void => {
    told = { kind: 'failed', reason: `it took longer than ${Math.round(limitMs / 1_000)} s` };
    child.kill(signal);
  };
  const timers = [
    setTimeout(late, limitMs, 'SIGTERM' as const),
    setTimeout(late, limitMs + GRACE_MS, 'SIGKILL' as const),
  ];
  await once(child, 'exit');
  timers.forEach(clearTimeout);
  return told;
}

function publish(results: Result[], machine: Machine): void {
  writeFileSync(join(packageRoot(), 'docs', 'numbers.md'), numbersPage(results, machine));
  say('docs/numbers.md is written');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exit(await main(process.argv.slice(2)));
