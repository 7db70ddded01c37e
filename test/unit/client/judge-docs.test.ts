/** Every command of docs/judge.md is run as written, from source, in a directory that looks like the first rollout's. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { aPlan, STAGE } from '../../support/plans.js';
import { pageOf } from '../../support/shell-blocks.js';
import { pastRollout } from './judge-world.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(root, 'docs/judge.md'), 'utf8');
const { commands } = pageOf(page, 'docs/judge.md');

/** As `sluice init ranker` writes it, in short. */
const PLAN = `version: 1
model: ranker
tenant: default
owner: ranker
candidate: { registry: models, version: v2 }
target: { store: flags, flag: ranker, stickyBy: userId }
sources: { traffic: { scrape: ranker-servers, window: 1s } }
metrics: { errors: { from: traffic, kind: rate, units: requests_total, events: failed_total, better: lower } }
gates: { errors: { promoteWhen: { provenWithin: 2pp } } }
stages:
  - { name: beta, exposure: { share: 25% }, gates: [errors] }
  - { name: general, exposure: { share: [50%, 100%] }, gates: [errors] }
`;

let base = '';
let first = '';
before(async () => {
  const plan = aPlan({ model: 'ranker', tenant: 'default', stages: [STAGE.beta(), STAGE.general()] });
  base = await pastRollout(plan, [{ key: 'windows/beta-0-1', share: 0.25, seconds: 40, failures: 60 }], []);
  first = join(base, 'checkout', '.sluice', 'first');
  await mkdir(join(base, 'checkout', '.sluice'), { recursive: true });
  await mkdir(first);
  for (const name of ['evidence', 'platform.yaml']) await rename(join(base, name), join(first, name));
  await symlink(join(root, 'examples'), join(base, 'checkout', 'examples'));
  await writeFile(join(first, 'ranker.rollout.yaml'), PLAN);
});
after(() => rm(base, { recursive: true, force: true }));

function typed(text: string): Promise<{ code: number | null; said: string }> {
  const main = join(root, 'client/cli/main.ts');
  const script = `sluice() { "${process.execPath}" --import "${import.meta.resolve('tsx')}" "${main}" "$@"; }\n${text}`;
  const child = spawn('bash', ['-c', script], { cwd: first, timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
}

test('the page has commands', () => assert.ok(commands.length >= 3));

for (const { place, text, ends } of commands)
  test(`${place}: ${text}`, async () => {
    assert.ok(ends.kind === 'exits');
    const { code, said } = await typed(text);
    assert.equal(code, ends.code, said);
  });

test('the verdict the page quotes is the one the example comes to', async () => {
  const quoted = /^✘ FAIL at window .*$/m.exec(page)?.[0] ?? 'nothing';
  const { said } = await typed(commands[0]?.text ?? '');
  assert.ok(said.split('\n').includes(quoted), `${quoted} is not in:\n${said}`);
});
