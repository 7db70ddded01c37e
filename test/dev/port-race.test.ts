/** Ports that others take do not make a server start fail for no reason people can see. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startServer } from '../../dev/server/start.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-ports-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Stands in for a server that fails at once, with these words; counts its starts. */
async function failing(words: string): Promise<string> {
  const program = join(directory, 'temporal');
  await writeFile(program, `#!/bin/sh\necho start >> '${join(directory, 'starts')}'\necho '${words}'\nexit 2\n`);
  await chmod(program, 0o755);
  return program;
}

const starts = async (): Promise<number> =>
  (await readFile(join(directory, 'starts'), 'utf8')).trim().split('\n').length;

test('a server that lost a port to somebody is started again, and the error tells its words', async () => {
  const program = await failing('listen tcp: bind: address already in use');
  await assert.rejects(startServer({ program, directory, database: join(directory, 'db') }), {
    code: 'noServer',
    message: /ended with exit code 2 before it was ready\nlisten tcp: bind: address already in use\nIts log: /,
  });
  assert.equal(await starts(), 4);
});

test('a server that fails for another reason is not started again', async () => {
  const program = await failing('disk full');
  await assert.rejects(startServer({ program, directory, database: join(directory, 'db') }), /disk full/);
  assert.equal(await starts(), 1);
});

test('a port that was asked for and is taken is named', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const program = await failing('never started');
  const start = startServer({ program, directory, database: join(directory, 'db'), port });
  await assert.rejects(start, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`));
  taken.close();
});
