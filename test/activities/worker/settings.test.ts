/** A worker that could not keep its promises does not start, and says what to do about it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { openLogKey } from '../../../worker/log-key.js';
import { readSettings } from '../../../worker/settings.js';
import { SettingsError } from '../../../worker/settings-error.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { keyRing } from '../../support/ssh.js';

const ring = keyRing();
after(() => ring.remove());

const POLICY = `version: 1
serial: 1
people:
  - { id: ada, kind: human, roles: [modelOwner] }
models:
  - { model: spam-filter, tier: low, tenant: mail, target: flags/spam-filter, registry: models }
floor: {}
logs:
  - { name: main, key: "${ring.key('log').line}" }
`;

interface Files {
  directory: string;
  policy: string;
  args: string[];
  roots: (lines: string[]) => string;
  sign: (...names: string[]) => void;
}

function files(t: TestContext, mode = 'development'): Files {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [platform, policy, roots] = ['platform.yaml', 'policy.yaml', 'roots.pub'].map((name) => join(directory, name));
  if (!platform || !policy || !roots) assert.fail();
  writeFileSync(
    platform,
    `version: 1\nmode: ${mode}\ntenants:\n  mail:\n    stores: {}\n    sources: {}\n    registries: {}\n    evidence: { root: "${directory}/evidence" }\n`,
  );
  writeFileSync(policy, POLICY);
  return {
    directory,
    policy,
    args: ['--platform', platform, '--policy', policy],
    roots: (lines) => {
      writeFileSync(roots, `# who may change the rules\n${lines.join('\n')}\n`);
      return roots;
    },
    sign: (...names) => {
      const text = readFileSync(policy, 'utf8');
      const signatures = names.map((name) => ring.key(name).sign(NAMESPACES.policy, text));
      writeFileSync(`${policy}.sig`, signatures.join(''));
    },
  };
}

const ROOTS = ['root-a', 'root-b'];
const lines = (...names: string[]) => names.map((name) => ring.key(name).line);

/** The sentence that the worker ends with. */
function refusalOf(args: string[]): string {
  try {
    readSettings(args);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return assert.fail('the settings were taken');
}

test('a policy that two roots signed is trusted, with the text they signed', (t) => {
  const { args, roots, sign } = files(t);
  sign(...ROOTS);
  const { trust, serve, logKey } = readSettings([...args, '--trust-roots', roots(lines(...ROOTS))]);
  assert.equal(trust?.policyText, POLICY);
  assert.equal(trust.policySignatures.length, 2);
  assert.deepEqual(
    trust.roots.map(({ line }) => line),
    lines(...ROOTS),
  );
  assert.deepEqual([serve, logKey], ['all', null]);
});

test('a policy without enough signatures of its roots is refused, with what to run', (t) => {
  const { args, roots, sign, policy } = files(t);
  const asked = [...args, '--trust-roots', roots(lines(...ROOTS))];
  assert.match(refusalOf(asked), /no signature in .*policy\.yaml\.sig/);
  const wrong: Record<string, string[]> = {
    'one root': ['root-a'],
    'one root twice': ['root-a', 'root-a'],
    'a root and a stranger': ['root-a', 'stranger'],
  };
  for (const [what, names] of Object.entries(wrong)) {
    sign(...names);
    const said = refusalOf(asked);
    assert.match(said, /1 of 2/, what);
    assert.ok(said.includes(`ssh-keygen -Y sign -n policy.v1@sluice -f ROOTKEY ${policy}`), said);
    assert.ok(said.includes(`cat a.sig b.sig > ${policy}.sig`), said);
  }
});

test('a policy that was changed after it was signed is refused', (t) => {
  const { args, roots, sign, policy } = files(t);
  sign(...ROOTS);
  writeFileSync(policy, POLICY.replace('roles: [modelOwner]', 'roles: [modelOwner, risk]'));
  assert.match(refusalOf([...args, '--trust-roots', roots(lines(...ROOTS))]), /0 of 2/);
});

test('roots that could not protect anything are refused where they are named', (t) => {
  const { args, roots, sign, directory } = files(t);
  sign(...ROOTS);
  assert.match(refusalOf([...args, '--trust-roots', join(directory, 'none.pub')]), /none\.pub cannot be read/);
  assert.match(refusalOf([...args, '--trust-roots', roots(lines('root-a'))]), /1 distinct root, and 2 are needed/);
  assert.match(refusalOf([...args, '--trust-roots', roots(lines('root-a', 'root-a'))]), /1 distinct root/);
  // The neutral element: a signature under it fits any text.
  const neutral = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32, 1]),
    Buffer.alloc(31),
  ]);
  const weak = `ssh-ed25519 ${neutral.toString('base64')}`;
  assert.match(refusalOf([...args, '--trust-roots', roots([...lines(...ROOTS), weak])]), /roots\.pub:4: .*small order/);
});

test('production without roots of trust does not start', (t) => {
  const { args, roots, sign } = files(t, 'production');
  assert.match(refusalOf(args), /mode: production.*--trust-roots/);
  sign(...ROOTS);
  assert.ok(readSettings([...args, '--trust-roots', roots(lines(...ROOTS))]).trust);
});

test('a policy made for a demonstration does not serve in production, whoever signed it', (t) => {
  const { args, policy, roots, sign } = files(t, 'production');
  writeFileSync(policy, `${POLICY}demo: true\n`);
  sign(...ROOTS);
  assert.match(refusalOf([...args, '--trust-roots', roots(lines(...ROOTS))]), /demo: true.*anybody may have them/);
});

test('development without roots of trust starts, and trusts nobody', (t) => {
  assert.equal(readSettings(files(t).args).trust, null);
});

test('a part that is not served is refused by name', (t) => {
  const { args } = files(t);
  assert.match(refusalOf([...args, '--serve', 'bakes']), /--serve takes all, workflows, actuator/);
  assert.equal(readSettings([...args, '--serve', 'actuator']).serve, 'actuator');
});

function logOf(name: string): { name: string; key: string; fingerprint: string } {
  const reading = parsePublicKey(ring.key(name).line);
  const { line: key, fingerprint } = reading.kind === 'key' ? reading.key : assert.fail(reading.why);
  return { name, key, fingerprint };
}

const logs = [logOf('log')];

test('a log key that the policy does not list is refused before any rollout is signed with it', async () => {
  const sign = await openLogKey(ring.key('log').file, { logs });
  assert.match(await sign('{}'), /BEGIN SSH SIGNATURE/);
  await assert.rejects(openLogKey(ring.key('other').file, { logs }), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /lists no log key SHA256:.*it has log SHA256:/);
    return true;
  });
});

test('a log key that cannot sign is found out at the start', async () => {
  const gone = ring.key('gone').file;
  unlinkSync(gone);
  await assert.rejects(openLogKey(gone, { logs }), (error) => error instanceof SettingsError);
});
