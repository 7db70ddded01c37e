/** Keys of a policy: possession is proven before one is taken in, one key is one person, and a change voids the roots' signatures. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Policy, readPolicy } from '../../../approvals/policy.js';
import { parsePublicKey, type PublicKey } from '../../../approvals/ssh-key.js';
import { challenge, checkProof, ENROL_NAMESPACE, enrolled, revoked } from '../../../client/enrol.js';
import { keyChecks } from '../../../client/key-checks.js';
import { Problem } from '../../../client/problem.js';
import { plain } from '../../../client/render/paint.js';
import { keyTable } from '../../../client/render/keys.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import { keyRing, type SshKey } from '../../support/ssh.js';
import { sluice } from './run-cli.js';

const ring = keyRing();
after(() => ring.remove());
const NOW = Date.parse('2026-06-01T12:00:00Z');
const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

function publicKey({ line }: SshKey): PublicKey {
  const reading = parsePublicKey(line);
  assert.ok(reading.kind === 'key');
  return reading.key;
}

const TEXT = `# rules of the test
version: 1
serial: 4
people:
  - { id: ada, kind: human, roles: [modelOwner] }   # ada
  - { id: bo, kind: human, roles: [risk] }
models:
  - { model: spam-filter, tier: medium, tenant: mail, target: flags/spam-filter, registry: models }
floor:
  medium: { general: [{ role: modelOwner }, { role: risk }] }
`;

function policyOf(text: string): Policy {
  const reading = readPolicy(text, 'policy.yaml');
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  return reading.policy;
}

const states = (text: string, signatures: string[] = [], roots: PublicKey[] | null = null): Record<string, string> =>
  Object.fromEntries(
    keyChecks(policyOf(text), { text, armored: signatures, roots }, NOW).map(({ name, state }) => [name, state]),
  );

test('a key is taken in only with a signature of its own over person and key', () => {
  const key = publicKey(ring.key('ada'));
  const sign = (signer: SshKey, namespace: string, person: string) => signer.sign(namespace, challenge(person, key));
  checkProof('ada', key, sign(ring.key('ada'), ENROL_NAMESPACE, 'ada'));
  assert.throws(() => checkProof('ada', key, sign(ring.key('eve'), ENROL_NAMESPACE, 'ada')), code('badSignature'));
  assert.throws(() => checkProof('ada', key, sign(ring.key('ada'), ENROL_NAMESPACE, 'bo')), code('badSignature'));
  assert.throws(() => checkProof('ada', key, sign(ring.key('ada'), NAMESPACES.approve, 'ada')), code('wrongNamespace'));
});

test('one key is one person: a fingerprint that somebody has is refused, also to the same person again', () => {
  const key = publicKey(ring.key('ada'));
  const text = enrolled(TEXT, policyOf(TEXT), 'ada', key, {});
  assert.deepEqual(
    policyOf(text).people[0]?.keys.map(({ fingerprint }) => fingerprint),
    [key.fingerprint],
  );
  for (const person of ['bo', 'ada']) {
    assert.throws(() => enrolled(text, policyOf(text), person, key, {}), code('badPolicy'));
  }
  assert.throws(() => enrolled(text, policyOf(text), 'eve', key, {}), code('unknownPerson'));
});

test('a revoked key stays in the file, counts no more, and cannot be taken in again', () => {
  const key = publicKey(ring.key('ada'));
  const text = enrolled(TEXT, policyOf(TEXT), 'ada', key, {});
  const gone = revoked(text, policyOf(text), 'ada', key.fingerprint, { atMs: NOW - 1, reason: 'laptop lost' });
  const [listed] = policyOf(gone).people[0]?.keys ?? [];
  assert.deepEqual([listed?.revokedAtMs, listed?.revokedWhy], [NOW - 1, 'laptop lost']);
  assert.equal(states(gone)['person ada'], 'problem');
  assert.throws(() => enrolled(gone, policyOf(gone), 'ada', key, {}), code('badPolicy'));
  const again = { atMs: NOW, reason: 'again' };
  assert.throws(() => revoked(gone, policyOf(gone), 'ada', key.fingerprint, again), code('keyRevoked'));
  assert.throws(() => revoked(gone, policyOf(gone), 'bo', key.fingerprint, again), code('unknownKey'));
});

test('names the people who are asked and cannot sign, and the rules nobody can fill', () => {
  const one = enrolled(TEXT, policyOf(TEXT), 'ada', publicKey(ring.key('ada')), { validTo: '2026-06-01T12:00:00Z' });
  assert.deepEqual(states(one), {
    signatures: 'skipped',
    'person ada': 'problem',
    'person bo': 'problem',
    'medium general': 'problem',
  });
  const two = enrolled(TEXT, policyOf(TEXT), 'ada', publicKey(ring.key('ada')), { validTo: '2026-06-01T12:00:01Z' });
  const both = enrolled(two, policyOf(two), 'bo', publicKey(ring.key('bo')), {});
  assert.deepEqual(states(both), {
    signatures: 'skipped',
    'person ada': 'ok',
    'person bo': 'ok',
    'medium general': 'ok',
  });
});

test('a tier that asks for security keys is not content with others', () => {
  const tiers = 'tiers: { medium: { assurance: hardware } }\n';
  const text = enrolled(TEXT + tiers, policyOf(TEXT + tiers), 'ada', publicKey(ring.key('ada')), {});
  const both = enrolled(text, policyOf(text), 'bo', publicKey(ring.key('bo')), {});
  assert.equal(states(both)['medium general'], 'problem');
});

test('the file counts as signed when two roots have signed these very bytes', () => {
  const [r1, r2] = [ring.key('root-1'), ring.key('root-2')];
  const roots = [publicKey(r1), publicKey(r2)];
  const signatures = [r1, r2].map((root) => root.sign(NAMESPACES.policy, TEXT));
  assert.equal(states(TEXT, signatures, roots)['signatures'], 'ok');
  assert.equal(states(TEXT, signatures.slice(0, 1), roots)['signatures'], 'problem');
  assert.equal(states(`${TEXT}# more\n`, signatures, roots)['signatures'], 'problem');
});

test('lists person, roles, fingerprint, type and what has become of each key', () => {
  const key = publicKey(ring.key('ada'));
  const text = enrolled(TEXT, policyOf(TEXT), 'ada', key, { validTo: '2027-01-01T00:00:00Z' });
  const lines = keyTable(policyOf(text).people, { paint: plain, width: 120, nowMs: NOW });
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/)),
    [
      ['person', 'roles', 'key', 'type', 'validity'],
      ['ada', 'modelOwner', key.fingerprint, 'ssh-ed25519', 'valid until 2027-01-01T00:00Z'],
      ['bo', 'risk', '-', '-', 'no key'],
    ],
  );
});

test('from challenge to policy at the command line: prove, add, refuse the same to another, revoke', async () => {
  const cwd = ring.directory;
  writeFileSync(join(cwd, 'policy.yaml'), TEXT);
  const cy = ring.key('cy');
  const printed = await sluice(['keys', 'add', 'bo', 'cy.pub', '--challenge'], { cwd });
  assert.equal(printed.out, challenge('bo', publicKey(cy)));
  writeFileSync(join(cwd, 'bo.json'), printed.out);
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', ENROL_NAMESPACE, '-f', cy.file, 'bo.json'], {
    cwd,
    stdio: 'ignore',
  });
  assert.equal((await sluice(['keys', 'add', 'bo', 'cy.pub'], { cwd })).code, EXIT.refused);
  const added = await sluice(['keys', 'add', 'bo', 'cy.pub', '--proof', 'bo.json.sig'], { cwd });
  assert.equal(added.code, EXIT.done, added.err);
  assert.match(added.out, /serial 5 now\n.*No signature fits the file any more/s);
  const text = readFileSync(join(cwd, 'policy.yaml'), 'utf8');
  assert.ok(text.includes('# ada') && text.startsWith('# rules of the test\n'));
  const { fingerprint } = publicKey(cy);
  const gone = await sluice(['keys', 'revoke', 'bo', fingerprint, '--reason', 'lost'], { cwd });
  assert.equal(gone.code, EXIT.done, gone.err);
  const { out } = await sluice(['keys', 'list', '--json'], { cwd });
  const { serial, people } = JSON.parse(out) as { serial: number; people: { keys: { state: string }[] }[] };
  assert.deepEqual([serial, people[1]?.keys[0]?.state], [6, 'revoked']);
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', join(cwd, 'rsa')]);
  const weak = await sluice(['keys', 'add', 'ada', 'rsa.pub', '--challenge'], { cwd });
  assert.equal(weak.code, EXIT.refused);
  assert.match(weak.err, /\[weakKey\]/);
});
