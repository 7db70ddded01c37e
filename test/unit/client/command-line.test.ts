/** What a person meets before anything runs: help, bad input, nothing listening. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../../workflows/contract/errors.js';
import { sluice } from './run-cli.js';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
});
after(() => rm(directory, { recursive: true, force: true }));

test('shows the eight verbs of every day first, each on one line', async () => {
  const { code, out } = await sluice(['--help']);
  assert.equal(code, EXIT.done);
  const first = out.slice(out.indexOf('Every day:'), out.indexOf('More:'));
  const verbs = [...first.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]);
  assert.deepEqual(verbs, ['dev', 'init', 'plan', 'start', 'watch', 'why', 'approve', 'rollback']);
});

test('lists every verb there is', async () => {
  const { out } = await sluice(['--help']);
  const more =
    'reject revoke lint list status log wait hold resume extend reconcile judge bundle verify keys review worker doctor'.split(
      ' ',
    );
  for (const verb of more) assert.match(out, new RegExp(`^ {2}${verb}\\b`, 'm'));
});

test('says where it looked for Temporal and what to do, with exit code 4 and no stack', async () => {
  for (const verb of [['status', 'm'], ['why', 'm'], ['list'], ['wait', 'm'], ['hold', 'm'], ['log', 'm']]) {
    const { code, err } = await sluice(verb, { cwd: directory });
    assert.equal(code, EXIT.unreachable, `${verb.join(' ')}: ${err}`);
    assert.match(err, /No Temporal server answers at 127\.0\.0\.1:1\./);
    assert.match(err, /sluice dev/);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test('offers the direct way back when the rollback cannot be told to anybody', async () => {
  const { code, err } = await sluice(['rollback', 'spam-filter', '--tenant', 'mail'], { cwd: directory });
  assert.equal(code, EXIT.unreachable);
  assert.match(err.replace(/\s+/g, ' '), /sluice rollback spam-filter --direct --tenant mail/);
});

test('prints errors as one JSON document with --json', async () => {
  const { code, out, err } = await sluice(['status', 'm', '--json'], { cwd: directory });
  assert.equal(code, EXIT.unreachable);
  assert.equal(err, '');
  const { version, error } = JSON.parse(out) as { version: number; error: { code: string; remedy: string } };
  assert.equal(version, 1);
  assert.equal(error.code, 'temporalUnreachable');
  assert.ok(error.remedy.length > 0);
});

test('refuses unknown verbs and options as bad input, with a suggestion', async () => {
  const verb = await sluice(['statis']);
  assert.equal(verb.code, EXIT.badInput);
  assert.match(verb.err, /Did you mean status\?/);
  assert.equal((await sluice(['list', '--limit', 'many'])).code, EXIT.badInput);
  assert.equal((await sluice(['wait', '--timeout', 'soon'])).code, EXIT.badInput);
});

test('shows the stack only when asked to', async () => {
  const { err } = await sluice(['status', 'm'], { cwd: directory, env: { SLUICE_DEBUG: '1' } });
  assert.match(err, /\n\s+at /);
});

test('lint points at file, line and column of every problem, with exit code 2', async () => {
  const file = join(directory, 'bad.rollout.yaml');
  await writeFile(file, 'version: 1\nmodel: spam-filter\ntennant: mail\nstages: []\n');
  const { code, err } = await sluice(['lint', file]);
  assert.equal(code, EXIT.badInput);
  assert.match(err, /bad\.rollout\.yaml:3:1: .*did you mean `tenant`/);
  assert.match(err, /bad\.rollout\.yaml:4:9: /);
  const json = JSON.parse((await sluice(['lint', file, '--json'])).out) as { error: { findings: { line: number }[] } };
  assert.ok(json.error.findings.some((finding) => finding.line === 3));
});

test('init writes files that lint clean, and overwrites nothing unasked', async () => {
  const cwd = await mkdtemp(join(directory, 'init-'));
  assert.equal((await sluice(['init', 'my-model'], { cwd })).code, EXIT.done);
  assert.equal((await sluice(['lint', 'my-model.rollout.yaml'], { cwd })).code, EXIT.done);
  const again = await sluice(['init', 'my-model'], { cwd });
  assert.equal(again.code, EXIT.badInput);
  assert.match(again.err, /would be overwritten/);
  assert.equal((await sluice(['init', 'my-model', '--force'], { cwd })).code, EXIT.done);
});

test('doctor names each thing that is wrong with its remedy and goes on to the next', async () => {
  const cwd = await mkdtemp(join(directory, 'doctor-'));
  await sluice(['init', 'my-model'], { cwd });
  const { code, out } = await sluice(['doctor'], { cwd });
  assert.equal(code, EXIT.unreachable);
  assert.match(out, /✘ temporal +No Temporal server answers/);
  assert.match(out, /✔ policy +policy\.yaml, 2 people/);
  assert.match(out, /✘ default store flags/);
});

test('ends quietly when the reader of its output goes away', async () => {
  const main = fileURLToPath(new URL('../../../client/cli/main.ts', import.meta.url));
  const command = `"${process.execPath}" --import "${import.meta.resolve('tsx')}" "${main}" --help | true; echo "\${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  assert.equal(err, '');
});
