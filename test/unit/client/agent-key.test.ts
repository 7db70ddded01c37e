/** A key that only an agent holds: its private half is nowhere on disk, and it signs all the same. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifySshsig } from '../../../approvals/sshsig.js';
import { openSigner, sign } from '../../../client/sign.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { keyRing } from '../../support/ssh.js';
import { eventually } from '../../support/workflow-test.js';

const ring = keyRing();
after(() => ring.remove());

test('signs with a key that only an agent holds, named by its .pub file', async (t) => {
  const socket = join(ring.directory, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const before = process.env['SSH_AUTH_SOCK'];
  t.after(async () => {
    if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
    else process.env['SSH_AUTH_SOCK'] = before;
    agent.kill();
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
  });
  await eventually('the agent', async () => existsSync(socket), Boolean);
  process.env['SSH_AUTH_SOCK'] = socket;
  const { file, line } = ring.key('held');
  execFileSync('ssh-add', ['-q', file], { timeout: 10_000, stdio: 'ignore' });
  unlinkSync(file);
  const signer = await openSigner(`${file}.pub`);
  const armored = await sign(signer, NAMESPACES.approve, 'a statement');
  const check = verifySshsig({ message: 'a statement', armored, namespace: NAMESPACES.approve });
  assert.equal(check.kind === 'valid' && check.key.line, line);
});
