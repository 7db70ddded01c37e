/** `sluice --help` loads neither Temporal nor schema libraries, so that it is there at once. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const LIMIT_MS = 300;
/** A bare `node` on an idle machine; where it takes longer the machine is busy, and the limit grows in proportion. */
const IDLE_NODE_MS = 80;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
let built = '';
before(async () => {
  await mkdir(join(ROOT, '.sluice'), { recursive: true });
  // Inside the package, so that node finds the dependencies.
  built = await mkdtemp(join(ROOT, '.sluice', 'help-'));
  const tsc = resolve(ROOT, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', built, '--sourceMap', 'false'], {
    cwd: ROOT,
    timeout: 120_000,
  });
});
after(() => rm(built, { recursive: true, force: true }));

test('shows its help in less than 0.3 s, median of five', async () => {
  const help = [join(built, 'client/cli/main.js'), '--help'];
  const bare: number[] = [];
  const took: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    bare.push(await time(['-e', '0']));
    took.push(await time(help));
  }
  const limit = LIMIT_MS * Math.max(1, median(bare) / IDLE_NODE_MS);
  const seen = `${took.map((ms) => ms.toFixed(0)).join(', ')} ms; bare node ${median(bare).toFixed(0)} ms`;
  assert.ok(median(took) < limit, `over ${limit.toFixed(0)} ms: ${seen}`);
});

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function time(args: string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((done, fail) => {
    child.once('close', (code) =>
      code === 0 ? done(performance.now() - began) : fail(new Error(`exit ${code}: ${err}`)),
    );
  });
}
