/** Size of the workflow code and the time until `sluice --help` has answered. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../../dev/root.js';
import { BUNDLE_BUDGET, bundleCode } from './bundle-size.js';
import { atMost, type Benchmark, median, type Row, type Size } from './row.js';

const HELP_PROMISE_MS = 300;

export const program: Benchmark = {
  name: 'program',
  title: 'Workflow code and command line',
  limitMs: 90_000,
  run: measure,
};

async function measure({ quick }: Size): Promise<Row[]> {
  return [...(await bundleRows()), ...(await helpRows(quick ? 3 : 10))];
}

async function bundleRows(): Promise<Row[]> {
  const code = await bundleCode();
  const row = {
    method: 'Built as `npm run build` does, the source map taken out; gzip at level 9.',
    limits: 'the memory it takes once it is compiled.',
  };
  return [
    {
      what: 'workflow bundle',
      target: atMost(BUNDLE_BUDGET / 1_000),
      measured: Buffer.byteLength(code) / 1_000,
      unit: 'kB',
      ...row,
    },
    {
      what: 'workflow bundle, gzip',
      target: null,
      measured: gzipSync(code, { level: 9 }).length / 1_000,
      unit: 'kB',
      ...row,
    },
  ];
}

async function helpRows(times: number): Promise<Row[]> {
  const built = await compiled();
  const [help, empty]: [number[], number[]] = [[], []];
  try {
    // By turns, so that a busy moment hits both.
    for (let time = 0; time < times; time += 1) {
      help.push(await startOf([join(built, 'client/cli/main.js'), '--help']));
      empty.push(await startOf(['-e', '0']));
    }
  } finally {
    await rm(built, { recursive: true, force: true });
  }
  const row = {
    unit: 'ms',
    method: `Compiled JavaScript started as a process, from start to exit with output thrown away; median of ${times}, by turns.`,
    limits: 'the first start after an installation, with cold file caches; verbs that load the Temporal client.',
  };
  return [
    { what: '`sluice --help`', target: atMost(HELP_PROMISE_MS), measured: median(help), ...row },
    { what: '`node -e 0`, for comparison', target: null, measured: median(empty), ...row },
  ];
}

/** What stands in dist may be older than the sources. Inside the package, so that node finds the dependencies. */
async function compiled(): Promise<string> {
  const root = packageRoot();
  await mkdir(join(root, '.sluice'), { recursive: true });
  const built = await mkdtemp(join(root, '.sluice', 'bench-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.build.json', '--outDir', built, '--sourceMap', 'false'];
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options], {
    cwd: root,
    timeout: 60_000,
    encoding: 'utf8',
  });
  if (status === 0) return built;
  await rm(built, { recursive: true, force: true });
  throw new Error(`the sources do not compile: ${stdout.slice(0, 300)}`);
}

function startOf(args: string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore', timeout: 30_000 });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) =>
      code === 0 ? done(performance.now() - began) : fail(new Error(`${args[0]} ended with ${code}`)),
    );
  });
}
