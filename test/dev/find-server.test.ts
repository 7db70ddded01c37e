/** How a Temporal server is found, and what is said when there is no way to one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../dev/root.js';
import { findServer } from '../../dev/server/find.js';

const run = promisify(execFile);
const quiet = (): void => {};
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-find-'));
  const program = join(directory, 'temporal');
  await writeFile(program, '#!/bin/sh\necho "temporal version 9.9.9 (Server 9.8.7, UI 1.2.3)"\n');
  await chmod(program, 0o755);
});
after(() => rm(directory, { recursive: true, force: true }));

test('an address that is given is used and nothing is looked for', async () => {
  const found = await findServer(quiet, { TEMPORAL_ADDRESS: 'temporal.example:7233', PATH: directory });
  assert.deepEqual(found, { kind: 'address', address: 'temporal.example:7233' });
});

test('a program on PATH comes before the cache and is asked for its server version', async () => {
  const found = await findServer(quiet, { PATH: `/nowhere:${directory}`, SLUICE_CACHE: directory });
  assert.deepEqual(found, { kind: 'program', path: join(directory, 'temporal'), from: 'PATH', serverVersion: '9.8.7' });
});

test('SLUICE_TEMPORAL comes first, and one that does not run is an error, not a reason to look elsewhere', async () => {
  await assert.rejects(findServer(quiet, { SLUICE_TEMPORAL: '/nowhere/temporal', PATH: directory }), {
    code: 'noServer',
    message: /SLUICE_TEMPORAL names \/nowhere\/temporal, which does not run/,
  });
});

test('with no way to a server the error comes soon and names every way out', { timeout: 90_000 }, async () => {
  const script = `import { findServer } from ${JSON.stringify(join(packageRoot(), 'dev/server/find.ts'))};
    await findServer(() => {}).catch((error) => console.log(error.code + ' ' + error.message));`;
  // Downloads go to a port where nobody listens and there is no Go, whatever this machine has.
  const env = {
    PATH: '/nowhere',
    HOME: directory,
    SLUICE_CACHE: join(directory, 'cache'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
  };
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script];
  const started = Date.now();
  const { stdout } = await run(process.execPath, args, { env, cwd: packageRoot(), timeout: 60_000 });
  assert.match(stdout, /^noServer /);
  for (const way of ['TEMPORAL_ADDRESS=', 'on PATH', 'SLUICE_TEMPORAL=', 'HTTPS_PROXY', 'GOPROXY']) {
    assert.ok(stdout.includes(way), `${way} is missing in: ${stdout}`);
  }
  assert.ok(Date.now() - started < 20_000, `took ${Date.now() - started} ms`);
});
