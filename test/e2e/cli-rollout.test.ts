/** A rollout by command line alone, on a real server with a real worker: started with none up, held, approved, finished, rolled back. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';
import type { Standing } from '../../client/standing.js';
import { EXIT } from '../../workflows/contract/errors.js';
import { type OwnTemporal, ownTemporal } from '../support/temporal.js';
import { type Ran, sluice as run } from '../unit/client/run-cli.js';
import { type CliWorld, startCliWorld } from './cli-world.js';

/** Queue names are fixed, so this file needs a server of its own. */
let temporal: OwnTemporal;
let world: CliWorld;
let worker: ChildProcess | null = null;
let workerSaid = '';

before(async () => {
  [temporal, world] = await Promise.all([ownTemporal(), startCliWorld()]);
});
after(async () => {
  await stopWorker();
  await world.stop();
  await temporal.stop();
});

function sluice(...args: string[]): Promise<Ran> {
  return run(args, { cwd: world.directory, env: { TEMPORAL_ADDRESS: temporal.address } });
}

function startWorker(): void {
  const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
  const env = { ...process.env, TEMPORAL_ADDRESS: temporal.address };
  worker = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'worker'], {
    cwd: world.directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [worker.stdout, worker.stderr])
    stream?.on('data', (chunk: Buffer) => (workerSaid += chunk.toString()));
}

async function stopWorker(): Promise<void> {
  const child = worker;
  worker = null;
  if (!child || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
  if (child.exitCode === null) child.kill('SIGKILL');
}

/** Waits for a condition on `status --json`; says what was seen last when it does not come. */
async function until(what: string, condition: (standing: Standing) => boolean, withinMs = 60_000): Promise<Standing> {
  const deadline = Date.now() + withinMs;
  let last = '';
  while (Date.now() < deadline) {
    if (worker?.exitCode != null) throw new Error(`the worker ended: ${workerSaid.slice(-3_000)}`);
    const { code, out } = await sluice('status', 'spam', '--json');
    last = out;
    if (code === EXIT.done) {
      const standing = JSON.parse(out) as Standing;
      if (condition(standing)) return standing;
    }
  }
  throw new Error(`${what} did not come; last seen: ${last.slice(0, 3_000)}\nworker: ${workerSaid.slice(-3_000)}`);
}

test('plan finds arms, flag and the way back in order', async () => {
  const { code, out, err } = await sluice('plan', 'spam.rollout.yaml');
  assert.equal(code, EXIT.done, out + err);
  assert.match(out, /✔ way back +tried without taking it: works/);
});

test('start without a worker says so; the rollout waits and messages are kept', async () => {
  const started = await sluice('start', 'spam.rollout.yaml', '--yes', '--as', 'ana');
  assert.equal(started.code, EXIT.done, started.err);
  assert.match(started.out, /No worker is up/);
  const held = await sluice('hold', 'spam', '--as', 'ana', '--reason', 'not before lunch');
  assert.equal(held.code, EXIT.waiting);
  const { out } = await sluice('status', 'spam');
  assert.match(out, /No worker answers/);
});

test('a worker takes up what was kept, and resume lifts it', async () => {
  startWorker();
  const held = await until('the hold', (standing) => standing.status === 'held');
  assert.equal(held.view?.holds[0]?.reason, 'not before lunch');
  const resumed = await sluice('resume', 'spam', '--as', 'ana');
  assert.equal(resumed.code, EXIT.done, resumed.out + resumed.err);
});

test('a second start is refused with the rollout that runs', async () => {
  const { rolloutId } = await until('the rollout', (standing) => standing.rolloutId !== null);
  const { code, err } = await sluice('start', 'spam.rollout.yaml', '--yes', '--as', 'ana');
  assert.equal(code, EXIT.refused);
  assert.ok(err.includes(rolloutId ?? 'nobody'), err);
});

test('approve is refused with the reason for the wrong person, asks the right one, and takes the yes', async () => {
  await until('the request', (standing) => standing.view?.request != null);
  const why = await sluice('why', 'spam');
  assert.match(why.out, /sluice approve spam --tenant mail --request \S+ --as NAME/);
  const stranger = await sluice('approve', 'spam', '--as', 'eve', '--yes');
  assert.equal(stranger.code, EXIT.refused);
  assert.match(stranger.out, /refused \[unknownPerson\]/);
  const unasked = await sluice('approve', 'spam', '--as', 'grace');
  assert.equal(unasked.code, EXIT.refused);
  assert.match(unasked.err, /--yes/);
  const yes = await sluice('approve', 'spam', '--as', 'grace', '--yes');
  assert.equal(yes.code, EXIT.done, yes.out + yes.err);
});

test('watch in a pipe prints each change and ends with the rollout', async () => {
  const { code, out, err } = await sluice('watch', 'spam');
  assert.equal(code, EXIT.done, out + err + workerSaid.slice(-2_000));
  assert.match(out, /asked 100 %/);
  assert.match(out, /ended: /);
  assert.equal((await sluice('wait', 'spam')).code, EXIT.done);
});

test('log tells the whole story, and list shows the rollout as closed', async () => {
  const { code, out, err } = await sluice('log', 'spam');
  assert.equal(code, EXIT.done, err);
  for (const event of ['started', 'admitted', 'held', 'resumed', 'requested', 'decided', 'raised', 'promoted']) {
    assert.match(out, new RegExp(`^ +\\d+ .*\\b${event}\\b`, 'm'));
  }
  assert.match((await sluice('list', '--all')).out, /spam +mail +completed/);
  assert.match((await sluice('list')).out, /No rollouts/);
});

test('rollback of a finished rollout says that it takes nothing back', async () => {
  const { code, err } = await sluice('rollback', 'spam');
  assert.equal(code, EXIT.refused);
  assert.match(err, /has ended \(completed\)/);
});

test('rollback blocks until zero is observed, and the flag serves the baseline', async () => {
  await resetFlag();
  const again = await sluice('start', 'spam.rollout.yaml', '--yes', '--as', 'ana');
  assert.equal(again.code, EXIT.done, again.err);
  const exposed = await until(
    'an exposure',
    (standing) => standing.status === 'baking' && standing.flag?.state.mode === 'exposing',
  );
  const { code, out, err } = await sluice('rollback', 'spam', '--as', 'ana', '--reason', 'seen enough');
  assert.equal(code, EXIT.done, out + err);
  assert.match(out, /^ *rolled back /m);
  assert.match(out, /safe .* after the decision/);
  const ended = await until('the end', (standing) => standing.ending !== null);
  assert.equal(ended.ending?.exit, EXIT.rolledBack);
  assert.equal(ended.rolloutId, exposed.rolloutId);
  assert.deepEqual(ended.flag?.served, { share: 0, cohorts: [] });
  assert.equal((await sluice('wait', 'spam')).code, EXIT.rolledBack);
});

/** Back to the first version, as the owner of flag and registry would. */
async function resetFlag(): Promise<void> {
  const flag = { state: 'ENABLED', variants: { v1: 'v1' }, defaultVariant: 'v1' };
  await writeFile(`${world.directory}/flags.json`, JSON.stringify({ flags: { spam: flag } }));
  await writeFile(`${world.directory}/models/spam/aliases.json`, '{"production": "v1"}\n');
}
