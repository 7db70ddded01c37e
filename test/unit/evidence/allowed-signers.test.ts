/** The allowed_signers of a bundle let ssh-keygen believe exactly what the policy lets Sluice believe. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { PolicyKey, PolicyPerson } from '../../../approvals/policy.js';
import { allowedSigners, stamp } from '../../../evidence/signers.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { keyRing } from '../../support/ssh.js';
import { fingerprintOf } from './keeping.js';

const ring = keyRing();
after(() => ring.remove());
const FROM = Date.UTC(2027, 0, 1);
const TO = Date.UTC(2027, 6, 1);
const DAY = 86_400_000;

function keyOf(name: string, change: Partial<PolicyKey> = {}): PolicyKey {
  const always = { validFromMs: null, validToMs: null, revokedAtMs: null, revokedWhy: null };
  const { line } = ring.key(name);
  return { key: line, fingerprint: fingerprintOf(ring, name), hardware: false, ...always, ...change };
}

function ada(...keys: PolicyKey[]): PolicyPerson {
  return { id: 'p-ada', kind: 'human', roles: ['modelOwner'], keys };
}

/** Does `ssh-keygen -Y verify` take a signature of this key, as p-ada's? */
function takes(signers: string, key: string, namespace: string, atMs: number): boolean {
  const [list, signature] = [join(ring.directory, 'signers'), join(ring.directory, 'text.sig')];
  writeFileSync(list, signers);
  writeFileSync(signature, ring.key(key).sign(namespace, 'text'));
  const args = [
    '-Y',
    'verify',
    '-f',
    list,
    '-I',
    'p-ada',
    '-n',
    namespace,
    `-Overify-time=${stamp(atMs)}`,
    '-s',
    signature,
  ];
  return spawnSync('ssh-keygen', args, { input: 'text', timeout: 10_000 }).status === 0;
}

describe('allowed_signers', () => {
  it('takes a key between its dates and not outside them', () => {
    const signers = allowedSigners({ people: [ada(keyOf('ada', { validFromMs: FROM, validToMs: TO }))], logs: [] });
    const at = [FROM - DAY, FROM + DAY, TO - DAY, TO + DAY];
    assert.deepEqual(
      at.map((atMs) => takes(signers, 'ada', NAMESPACES.approve, atMs)),
      [false, true, true, false],
    );
  });

  it('takes a revoked key up to its revocation only', () => {
    const signers = allowedSigners({ people: [ada(keyOf('ada', { validToMs: TO, revokedAtMs: FROM }))], logs: [] });
    assert.deepEqual(
      [FROM - DAY, FROM + DAY].map((atMs) => takes(signers, 'ada', NAMESPACES.approve, atMs)),
      [true, false],
    );
  });

  it('lets a log key sign checkpoints and no decision, and a person decisions and no checkpoint', () => {
    const log = { name: 'p-ada', key: ring.key('log').line, fingerprint: fingerprintOf(ring, 'log') };
    const signers = allowedSigners({ people: [ada(keyOf('ada'))], logs: [log] });
    assert.equal(takes(signers, 'log', NAMESPACES.approve, FROM), false);
    assert.equal(takes(signers, 'ada', NAMESPACES.checkpoint, FROM), false);
    assert.equal(takes(signers, 'ada', NAMESPACES.revoke, FROM), true);
  });

  it('lets a service start rollouts and decide nothing', () => {
    const service: PolicyPerson = { ...ada(keyOf('ada')), kind: 'service' };
    const signers = allowedSigners({ people: [service], logs: [] });
    assert.equal(takes(signers, 'ada', NAMESPACES.start, FROM), true);
    assert.equal(takes(signers, 'ada', NAMESPACES.approve, FROM), false);
  });

  it('leaves out ids that are patterns and keys that carry options', () => {
    const people = [
      { ...ada(keyOf('ada')), id: '*' },
      { ...ada(keyOf('ada')), id: 'p-ada,p-eve' },
      ada(keyOf('ada', { key: `cert-authority ${ring.key('ada').line}` })),
      ada(keyOf('ada', { key: `${ring.key('ada').line}\n* ${ring.key('eve').line}` })),
    ];
    const lines = allowedSigners({ people, logs: [] }).trim().split('\n');
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^p-ada namespaces="[^"]+" ssh-ed25519 \S+$/);
  });
});
